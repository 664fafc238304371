import { describe, expect, test } from 'vitest';
import { moduleToJson } from './ast-json.ts';
import type { RegoVersion } from '../ast.ts';
import { parseModule } from './parse/parse-module.ts';
import { valueBuilder } from '../value.ts';

function json(text: string, regoVersion: RegoVersion = 'v1'): Record<string, unknown> {
  const source = { name: 'p.rego', text: `package p\n${text}` };
  // Constants expand on the way out, so the tree is the same with them.
  const { module, errors } = parseModule(source, { regoVersion, builder: valueBuilder('decimal') });
  if (module === undefined) throw new Error(errors[0]?.message);
  return JSON.parse(moduleToJson(module)) as Record<string, unknown>;
}

/** The value of `x := ...`. */
function valueOf(text: string): unknown {
  const { rules } = json(`x := ${text}`) as { rules: { head: { value: unknown } }[] };
  return rules[0]?.head.value;
}

const number = (value: number) => ({ type: 'number', value });
const string = (value: string) => ({ type: 'string', value });
const variable = (value: string) => ({ type: 'var', value });
const ref = (...value: unknown[]) => ({ type: 'ref', value });

describe('terms', () => {
  test.each<[string, unknown]>([
    ['1', number(1)],
    ['null', { type: 'null', value: {} }],
    ['input', ref(variable('input'))],
    ['a.b[c]', ref(variable('a'), string('b'), variable('c'))],
    ['{2, 1, 2}', { type: 'set', value: [number(1), number(2)] }],
    [
      '{"b": 1, "a": 2, "b": 3}',
      {
        type: 'object',
        value: [
          [string('a'), number(2)],
          [string('b'), number(3)],
        ],
      },
    ],
    ['a + 1', { type: 'call', value: [ref(variable('plus')), variable('a'), number(1)] }],
    ['f.g(1)', { type: 'call', value: [ref(variable('f'), string('g')), number(1)] }],
    ['-a', { type: 'call', value: [ref(variable('minus')), number(0), variable('a')] }],
    [
      '$"a{b}"',
      {
        type: 'templatestring',
        value: { parts: [string('a'), { index: 0, terms: variable('b') }], multi_line: false },
      },
    ],
    ['[_, _]', { type: 'array', value: [variable('$0'), variable('$1')] }],
    [
      '[y | y := 1]',
      {
        type: 'arraycomprehension',
        value: {
          term: variable('y'),
          body: [{ index: 0, terms: [ref(variable('assign')), variable('y'), number(1)] }],
        },
      },
    ],
  ])('%s', (text, want) => {
    expect(valueOf(text)).toEqual(want);
  });

  test('numbers keep their spelling', () => {
    const source = { name: 'p', text: 'package p\nx := [1.50, 12345678901234567890, .5]' };
    const { module } = parseModule(source);
    if (module === undefined) throw new Error('no module');
    expect(moduleToJson(module)).toContain(
      '[{"type":"number","value":1.50},{"type":"number","value":12345678901234567890},{"type":"number","value":0.5}]',
    );
  });
});

describe('rules', () => {
  test('what is implied is written out', () => {
    expect(json('p contains 1\nf(x) if x\nx := 1 if y else := 2')['rules']).toEqual([
      {
        body: [{ index: 0, terms: { type: 'boolean', value: true } }],
        head: { name: 'p', key: number(1), ref: [variable('p')] },
      },
      {
        body: [{ index: 0, terms: variable('x') }],
        head: {
          name: 'f',
          args: [variable('x')],
          value: { type: 'boolean', value: true },
          ref: [variable('f')],
        },
      },
      {
        body: [{ index: 0, terms: variable('y') }],
        head: { name: 'x', value: number(1), assign: true, ref: [variable('x')] },
        else: {
          body: [{ index: 0, terms: { type: 'boolean', value: true } }],
          head: { name: 'x', value: number(2), assign: true, ref: [variable('x')] },
        },
      },
    ]);
  });

  test('two-part heads have the name and key of old', () => {
    const heads = (text: string, version?: RegoVersion) =>
      (json(text, version)['rules'] as { head: object }[]).map(({ head }) => Object.keys(head));
    expect(heads('a[b] if b := 1')).toEqual([['key', 'value', 'ref']]);
    expect(heads('a.b = 1 { c }', 'v0')).toEqual([['name', 'key', 'value', 'ref']]);
    expect(heads('a.b.c := 1')).toEqual([['value', 'assign', 'ref']]);
  });

  test('imports, comments and annotations come along', () => {
    const tree = json('# hi\nimport data.a as b\n# METADATA\n# title: t\nx := 1');
    expect(tree['imports']).toEqual([{ alias: 'b', path: ref(variable('data'), string('a')) }]);
    expect(tree['annotations']).toEqual([{ scope: 'rule', title: 't' }]);
    expect((tree['comments'] as unknown[])[0]).toEqual({
      Text: 'IGhp',
      Location: { file: 'p.rego', row: 2, col: 1 },
    });
  });
});
