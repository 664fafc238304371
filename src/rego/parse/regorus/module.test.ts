import { describe, expect, test } from 'vitest';
import type { RegoVersion } from '../../ast.ts';
import { parseModule } from '../parse-module.ts';
import { errorOf, parse } from './testing.ts';

test('an error has the layout of the engine', () => {
  expect(parse('package a\nx := [,]').errors[0]?.regorusText).toBe(
    '\n--> agent_policy:2:7\n  |\n2 | x := [,]\n  |       ^\nerror: expecting expression',
  );
});

test.each<[string, string, RegoVersion?]>([
  ['', '1:1 expecting `package` Missing package declaration.'],
  ['package a\nimport future.x', '2:8 invalid import, must be `future.keywords`'],
  ['package a\nimport data.b as _', '2:18 `_` cannot be used as alias'],
])('%j is refused as the engine refuses it', (text, want, version) => {
  expect(errorOf(text, version)).toBe(want);
});

test('a second import of a keyword shows the first', () => {
  const text = 'package a\nimport rego.v1\nimport future.keywords.if\nx := 1';
  expect(errorOf(text)).toBe(
    '3:24 this import shadows previous import of `if` defined at:\n--> agent_policy:2:1\n  |\n2 | import rego.v1\n  | ^\n: this import is shadowed.',
  );
});

test.each([
  [{ maxLength: 10 }, 'agent_policy exceeds maximum allowed policy file size 10 bytes'],
  [{ maxLines: 1 }, 'agent_policy exceeds maximum allowed line count 1'],
  [
    { maxColumns: 9 },
    '\n--> agent_policy:1:9\n  |\n1 | package long_name\n  |         ^\nerror: line exceeds maximum column width of 9',
  ],
])('%j', (limits, want) => {
  const source = { name: 'agent_policy', text: 'package long_name\nx := 1' };
  const [error] = parseModule(source, { engine: 'regorus', limits }).errors;
  expect(error?.regorusText).toBe(want);
});

describe('the trap of `if` without its import in v0', () => {
  test('the rule has no body, another rule called `if` follows, and there is a warning', () => {
    const { module, warnings } = parse('package a\nx if { false }', 'v0');
    expect(module?.rules.map(({ head, body }) => [head.name, body?.length])).toEqual([
      ['x', undefined],
      ['if', 1],
    ]);
    expect(warnings[0]).toMatchObject({
      severity: 'warning',
      message: '`if` will be treated as identifier due to missing `import future.keywords.if`',
      span: { start: 12 },
    });
    expect(warnings[0]?.hint).toContain('always holds');
  });

  test.each(['import rego.v1', 'import future.keywords.if', 'import future.keywords'])(
    'with %s there is none',
    (imported) => {
      const { module, warnings } = parse(`package a\n${imported}\nx if { false }`, 'v0');
      expect(warnings).toEqual([]);
      expect(module?.rules).toHaveLength(1);
    },
  );
});
