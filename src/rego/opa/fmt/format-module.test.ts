import { describe, expect, test } from 'vitest';
import { formatModule, type FormatOptions } from './format-module.ts';

function format(body: string, options?: FormatOptions): string {
  const { text, errors } = formatModule(
    { name: 'p.rego', text: `package p\n\n${body}\n` },
    options,
  );
  if (text === undefined) throw new Error(errors[0]?.message);
  return text.replace('package p\n\n', '').trimEnd();
}

describe('layout', () => {
  test.each([
    ['x:=1', 'x := 1'],
    ['x if{y}', 'x if y'],
    ['x if { y; z }', 'x if {\n\ty\n\tz\n}'],
    ['x if {\n  y\n\n\n  z\n}', 'x if {\n\ty\n\n\tz\n}'],
    ['x := [1,2 , 3]', 'x := [1, 2, 3]'],
    ['x := [1,\n2]', 'x := [\n\t1,\n\t2,\n]'],
    [
      'x := {"a":1,\n"b":[\n2]}',
      'x := {\n\t"a": 1,\n\t"b": [2],\n}'.replace('[2]', '[\n\t\t2,\n\t]'),
    ],
    ['x := {y|y:=1}', 'x := {y | y := 1}'],
    ['x := {y |\ny := 1\nz}', 'x := {y |\n\ty := 1\n\tz\n}'],
    ['x := a+b*c', 'x := a + (b * c)'],
    ['x if a+1==b', 'x if a + 1 == b'],
    ['x := -a', 'x := -a'],
    ['x := a["b"]["c d"][e]', 'x := a.b["c d"][e]'],
    ['x := a["if"]', 'x := a["if"]'],
    ['x if { every k,v in d { v } }', 'x if every k, v in d { v }'],
    ['x if some y in z', 'x if some y in z'],
    ['x if a with input as 1 with data.b as 2', 'x if a with input as 1 with data.b as 2'],
    [
      'x if {\na with input as 1\nwith data.b as 2\n}',
      'x if {\n\ta with input as 1\n\t\twith data.b as 2\n}',
    ],
    ['x if { y } else := 2 if { z }', 'x if y\n\nelse := 2 if z'],
    ['x if {\ny\n} else := 2 if {\nz\n}', 'x if {\n\ty\n} else := 2 if {\n\tz\n}'],
    ['default x:=false', 'default x := false'],
    ['x := 1\ny := 2\n\n\nz := 3', 'x := 1\ny := 2\n\nz := 3'],
    ['x if { {1} }', 'x if {\n\t{1}\n}'],
    ['x := `raw\n  text`', 'x := `raw\n  text`'],
    ['x := $"a {b+1}"', 'x := $"a {b+1}"'],
    ['f( x,y ):=x', 'f(x, y) := x'],
    ['a.b := 1', 'a["b"] := 1'],
    ['a.b.c := 1', 'a.b.c := 1'],
    ['x if { y; z }\nq := 1', 'x if {\n\ty\n\tz\n}\n\nq := 1'],
    ['x := 1 if y else := 2\nq := 1', 'x := 1 if y\n\nelse := 2\n\nq := 1'],
    ['x if every y in z { y; 1 }', 'x if every y in z { y; 1}'],
    ['x if every y in z { y }', 'x if every y in z { y }'],
  ])('%j', (text, want) => {
    expect(format(text)).toBe(want);
  });
});

// What `opa fmt` of OPA 1.19 makes of each, and leaves as it is.
describe('comments in bodies', () => {
  test.each([
    ['x if {\n\ta\n\t# c\n\tb\n}', 'x if {\n\ta\n\n\t# c\n\tb\n}'],
    ['x if {\n\ta\n\n\t# c\n\tb\n}', 'x if {\n\ta\n\n\t# c\n\tb\n}'],
    ['x if {\n\ta # c\n\tb\n}', 'x if {\n\ta # c\n\tb\n}'],
    ['x if {\n\t# c\n\ta\n\tb\n}', 'x if {\n\t# c\n\ta\n\tb\n}'],
    ['x if {\n\ta\n\tb\n\t# c\n}', 'x if {\n\ta\n\tb\n\t# c\n}'],
    [
      'x if {\n\tevery y in z {\n\t\ty\n\t\t# c\n\t\tb\n\t}\n\tc\n}',
      'x if {\n\tevery y in z {\n\t\ty\n\n\t\t# c\n\t\tb\n\t}\n\tc\n}',
    ],
    ['x if {\n\ttrue # c\n}\ny := 1', 'x := true\n\n# c\n\ny := 1'],
    ['x := 1 if a\nelse := 2 if {\n\ttrue # c\n}', 'x := 1 if a\n\nelse := 2\n\n# c'],
  ])('%j', (text, want) => {
    expect(format(text)).toBe(want);
    expect(format(want)).toBe(want);
  });
});

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

describe('comments', () => {
  test.each([
    '# above\nx := 1 # behind',
    'x if {\n\t# first\n\ty # of y\n\n\t# between\n\tz\n\t# last\n}',
    'x := [\n\t# one\n\t1,\n\t2, # two\n\t# end\n]',
    'x := {\n\t"a": 1, # one\n\t# two\n\t"b": 2,\n}',
    'x := [y |\n\t# why\n\ty := 1 # because\n]',
    'f(\n\ta, # first\n\tb,\n) := 1',
    'x := 1\n\n# the end',
    '# METADATA\n# title: t\nx := 1',
  ])('stay where they are: %j', (text) => {
    expect(format(text)).toBe(text);
  });

  test.each([
    ['in an expression', 'x if {\n  a + # why\n  b == c\n}', 'x if {\n\ta + # why\n  b == c\n}'],
    ['between a key and its value', 'x := {"a": # why\n1}', 'x := {"a": # why\n1}'],
    ['in a head', 'x[ # why\n"a"] := 1', 'x[ # why\n"a"] := 1'],
  ])('%s leave the text as it was', (_note, text, want) => {
    expect(format(text)).toBe(want);
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
