import { describe, expect, test } from 'vitest';
import { format, testFormat } from './testing.ts';

// Each was put to `opa fmt` of OPA 1.19.0.
testFormat([
  ['# above\nx := 1 # behind', '# above\nx := 1 # behind'],
  [
    'x if {\n\t# first\n\ty # of y\n\n\t# between\n\tz\n\t# last\n}',
    'x if {\n\t# first\n\ty # of y\n\n\t# between\n\tz\n\t# last\n}',
  ],
  [
    'x := [\n\t# one\n\t1,\n\t2, # two\n\t# end\n]',
    'x := [\n\t# one\n\t1,\n\t2, # two\n\t# end\n]',
  ],
  [
    'x := {\n\t"a": 1, # one\n\t# two\n\t"b": 2,\n}',
    'x := {\n\t"a": 1, # one\n\t# two\n\t"b": 2,\n}',
  ],
  ['x := [y |\n\t# why\n\ty := 1 # because\n]', 'x := [y |\n\t# why\n\ty := 1 # because\n]'],
  ['f(\n\ta, # first\n\tb,\n) := 1', 'f(\n\ta, # first\n\tb,\n) := 1'],
  ['x := 1\n\n# the end', 'x := 1\n\n# the end'],
  ['# METADATA\n# title: t\nx := 1', '# METADATA\n# title: t\nx := 1'],
  ['x := 1 # a\n\n\n# b\n\ny := 2', 'x := 1 # a\n\n# b\n\ny := 2'],
  ['#a\n\n#b\nx := 1', '#a\n\n#b\nx := 1'],
  ['x if {\n\ta\n\t# c\n\tb\n}', 'x if {\n\ta\n\n\t# c\n\tb\n}'],
  ['x if {\n\ta # c\n\tb\n}', 'x if {\n\ta # c\n\tb\n}'],
  ['x if {\n\ta\n\tb\n\t# c\n}', 'x if {\n\ta\n\tb\n\t# c\n}'],
  ['x if { # c\n\ta\n\tb\n}', 'x if { # c\n\ta\n\tb\n}'],
  ['x if {\n\ttrue # c\n}\ny := 1', 'x := true\n\n# c\n\ny := 1'],
  ['x if {\n\ta\n\n\t# c\n\tb\n}', 'x if {\n\ta\n\n\t# c\n\tb\n}'],
  ['x if {\n\t# c\n\ta\n\tb\n}', 'x if {\n\t# c\n\ta\n\tb\n}'],
  [
    'x if {\n\tevery y in z {\n\t\ty\n\t\t# c\n\t\tb\n\t}\n\tc\n}',
    'x if {\n\tevery y in z {\n\t\ty\n\n\t\t# c\n\t\tb\n\t}\n\tc\n}',
  ],
  ['x := 1 if a\nelse := 2 if {\n\ttrue # c\n}', 'x := 1 if a\n\nelse := 2\n\n# c'],
]);

describe('comments without a place in the canonical form', () => {
  test.each([
    ['in an expression', 'x if {\n  a + # why\n  b == c\n}', 'x if {\n\ta + # why\n  b == c\n}'],
    ['between a key and its value', 'x := {"a": # why\n1}', 'x := {"a": # why\n1}'],
    ['in a head', 'x[ # why\n"a"] := 1', 'x[ # why\n"a"] := 1'],
    ['behind a bracket', 'x := [ # c\n\t1,\n]', 'x := [ # c\n\t1,\n]'],
  ])('%s leave the text as it was', (_note, text, want) => {
    expect(format(text)).toBe(want);
  });
});
