import { describe, expect, test } from 'vitest';
import { formatModule, type FormatOptions } from './format-module.ts';
import { format } from './testing.ts';

describe('imports', () => {
  test('are sorted within their group', () => {
    expect(format('import input.b\nimport data.a as z\n\nimport data.c')).toBe(
      'import data.a as z\nimport input.b\n\nimport data.c',
    );
  });

  test('keep the comments behind and above them', () => {
    expect(format('# one\nimport input.b # b\nimport data.a # a')).toBe(
      '# one\nimport data.a # a\nimport input.b # b',
    );
  });
});

describe('dialects', () => {
  const v0 = { regoVersion: 'v0' } as const;
  const toV1 = { regoVersion: 'v0', target: 'v1' } as const;

  test.each<[string, FormatOptions, string]>([
    ['x = 1 { y }', v0, 'x = 1 {\n\ty\n}'],
    ['p[x] { x := 1 }', v0, 'p[x] {\n\tx := 1\n}'],
    ['x { true }', v0, 'x = true'],
    ['x = 1 { y }', toV1, 'x := 1 if y'],
    ['p[x] { x := 1 }', toV1, 'p contains x if x := 1'],
    ['p.a { b }', toV1, 'p contains "a" if b'],
    ['x = 1 { y } { z }', toV1, 'x := 1 if y\n\nx := 1 if z'],
    ['x { y }', { regoVersion: 'v0', target: 'v0v1' }, 'import rego.v1\n\nx if y'],
    ['import future.keywords.if\nx if { y }', { ...toV1, dropV0Imports: true }, 'x if y'],
    ['import rego.v1\nx if y', { dropV0Imports: true }, 'x if y'],
    ['import future.keywords.if\nx if { y }', v0, 'import future.keywords.if\n\nx if y'],
  ])('%j with %j', (text, options, want) => {
    expect(format(text, options)).toBe(want);
  });
});

test('a text with errors is not formatted', () => {
  const { text, errors } = formatModule({ name: 'p', text: 'package p\nx := )' });
  expect(text).toBeUndefined();
  expect(errors[0]?.message).toBe('unexpected ) token');
});
