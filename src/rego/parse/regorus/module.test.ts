import { describe, expect, test } from 'vitest';
import type { RegoVersion } from '../../ast.ts';
import { valueBuilder } from '../../value.ts';
import { parseModule } from '../parse-module.ts';

const parse = (text: string, regoVersion: RegoVersion = 'v1') =>
  parseModule(
    { name: 'agent_policy', text },
    { engine: 'regorus', regoVersion, builder: valueBuilder('double') },
  );

/** `row:col words` of the engine's text. */
function errorOf(text: string, version?: RegoVersion): string | undefined {
  const full = parse(text, version).errors[0]?.regorusText;
  if (full === undefined) return undefined;
  const place = /--> agent_policy:(\d+:\d+)/.exec(full)?.[1] ?? '-';
  return `${place} ${full.slice(full.indexOf('error: ') + 'error: '.length)}`;
}

test('an error has the layout of the engine', () => {
  expect(parse('package a\nx := [,]').errors[0]?.regorusText).toBe(
    '\n--> agent_policy:2:7\n  |\n2 | x := [,]\n  |       ^\nerror: expecting expression',
  );
});

describe('errors are those of the engine, with place', () => {
  test.each<[string, string, RegoVersion?]>([
    ['', '1:1 expecting `package` Missing package declaration.'],
    ['package a\nx := 1; y := 2', '2:7 expecting identifier. Failed to parse rule-ref.'],
    ['package a\nx := 1 if { true true }', '2:18 expecting `}` while parsing query'],
    ['package a\nx := 1.', '2:7 invalid number'],
    ['package a\nx := 1e400', '2:6 invalid number. serde_json cannot parse number: out of range'],
    ['package a\nx := .5', '2:6 invalid number. serde_json cannot parse number: expected value'],
    [
      'package a\nx := 1e',
      '2:6 invalid number. serde_json cannot parse number: EOF while parsing a value at line 1 column 2',
    ],
    ['package a\nx := "a', '2:6 unmatched "'],
    ['package a\nx := `a', '2:7 unmatched `'],
    ['package a\nx := "é\\q"', '2:9 invalid escape sequence'],
    ['package a\nx := "\\u12g4"', '2:11 invalid hex escape sequence'],
    ['package a\nx := "a\tb"', '2:8 invalid character in string'],
    ["package a\nx := 'a'", '2:6 invalid character'],
    ['package a\n\tx := )', '2:10 expecting expression'],
    ['package a\nx := "é" )', '2:11 expecting identifier. Failed to parse rule-ref.'],
    ['package a\rx := 1', '1:10 \\r must be followed by \\n'],
    ['package a\nx := input .b', '2:12 invalid whitespace before .'],
    ['package a\nx := input. b', '2:12 invalid whitespace between . and identifier'],
    ['package a\nx := "abc"[0]', '2:11 invalid whitespace before ['],
    ['package a\n[x] := 1', '2:0 invalid whitespace before ['],
    ['package a\nx := input.if', '2:12 unexpected keyword `if`'],
    ['package a\nx if { input := 1 }', '2:14 input cannot be shadowed'],
    ['package a\nx { true }', '2:3 `if` keyword is required before rule body'],
    ['package a\nx if { true } else { true }', '2:15 `if` keyword is required before rule body'],
    ['package a\nx if { some a.b }', '- encountered `a` while expecting identifier'],
    ['package a\nx contains 1 if { y } else := 2', '2:23 else cannot be used with set rules'],
    ['package a\nx.a', '2:1 `contains` keyword is required for partial set rules'],
    ['package a\ndefault f(b, b) := 1', '2:14 repeating parameter name'],
    ['package a\nimport future.x', '2:8 invalid import, must be `future.keywords`'],
    ['package a\nimport data.b as _', '2:18 `_` cannot be used as alias'],
    ['package a\nx = 1 { a, b }', '2:7 expecting }', 'v0'],
    ['package a\nx = 1 if true', '2:10 unexpected keyword `true`', 'v0'],
  ])('%j', (text, want, version) => {
    const found = errorOf(text, version);
    if (want.startsWith('- ')) expect(found).toContain(want.slice(2));
    else expect(found).toBe(want);
  });

  test('a second import of a keyword shows the first', () => {
    const text = 'package a\nimport rego.v1\nimport future.keywords.if\nx := 1';
    expect(errorOf(text)).toBe(
      '3:24 this import shadows previous import of `if` defined at:\n--> agent_policy:2:1\n  |\n2 | import rego.v1\n  | ^\n: this import is shadowed.',
    );
  });
});

describe('limits', () => {
  const nested = (levels: number): string =>
    `package a\nx := ${'('.repeat(levels)}1${')'.repeat(levels)}`;

  test('31 parentheses fit into 32 expressions, 32 do not', () => {
    expect(errorOf(nested(31))).toBeUndefined();
    expect(errorOf(nested(32))).toBe('2:38 expression nesting too deep (>32)');
  });

  test('engines before the limit take more', () => {
    const limits = { maxExpressionDepth: Infinity };
    const source = { name: 'p', text: nested(200) };
    expect(parseModule(source, { engine: 'regorus', limits }).errors).toEqual([]);
  });

  test('arrays and objects are not counted as expressions', () => {
    const text = `package a\nx := ${'[{"k": '.repeat(100)}1${'}]'.repeat(100)}`;
    expect(errorOf(text)).toBeUndefined();
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

  test.each([
    ['brackets', '['.repeat(100_000)],
    ['braces', '{'.repeat(100_000)],
    ['comprehensions', '[a | '.repeat(100_000)],
    ['a sum', `1${' + 1'.repeat(10_000)}`],
  ])('100,000 %s: a located error', (_note, text) => {
    const limits = { maxColumns: 10_000_000 };
    const source = { name: 'p', text: `package a\nx := ${text}` };
    const [error] = parseModule(source, { engine: 'regorus', limits }).errors;
    expect(error?.message).toBe('expression nesting too deep (>400)');
  });

  test('collections that look like comprehensions are read in linear time', () => {
    const text = `package a\nx := ${'[a | b, '.repeat(190)}1${']'.repeat(190)}`;
    expect(errorOf(text)).toBeUndefined();
  });
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

describe('readings that differ from OPA', () => {
  const value = (text: string) => parse(`package a\nx := ${text}`).module?.rules[0]?.head.value;

  test.each([
    ['-x + 1', { kind: 'unary', operand: { infix: '+' } }],
    ['1 -2 * 3', undefined],
    ['1 -2', { infix: '-', args: [{ text: '1' }, { text: '2' }] }],
    ['f (1)', { kind: 'call', name: 'f' }],
    ['set()', { kind: 'constant', shape: 'set' }],
    ['set(1)', { kind: 'call', name: 'set' }],
    ['{1 | 2 | 3}', { kind: 'set' }],
    ['{1 | 2}', { kind: 'comprehension' }],
  ])('%s', (text, want) => {
    if (want === undefined) expect(value(text)).toBeUndefined();
    else expect(value(text)).toMatchObject(want);
  });

  test('a NUL ends the text', () => {
    expect(parse('package a\nx := 1\0 ( garbage').errors).toEqual([]);
  });

  test('a reference points at its last accessor, a call at its parenthesis', () => {
    expect(value('input.a.b')).toMatchObject({ at: 22 });
    expect(value('f(1)')).toMatchObject({ at: 16 });
  });
});
