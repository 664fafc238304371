import { expect, test } from 'vitest';
import { format, testFormat } from './testing.ts';

// Each was put to `opa fmt` of OPA 1.19.0.
testFormat([
  ['x if{y}', 'x if y'],
  ['x if { y; z }', 'x if {\n\ty\n\tz\n}'],
  ['x if {\n  y\n\n\n  z\n}', 'x if {\n\ty\n\n\tz\n}'],
  ['x if { every k,v in d { v } }', 'x if every k, v in d { v }'],
  ['x if every y in z { y; 1 }', 'x if every y in z { y; 1}'],
  ['x if every y in z { y }', 'x if every y in z { y }'],
  ['x if some y in z', 'x if some y in z'],
  ['x if some k,v in z', 'x if some k, v in z'],
  ['x if { some a,b;a==b }', 'x if {\n\tsome a, b\n\ta == b\n}'],
  ['x if not y', 'x if not y'],
  ['x if a with input as 1 with data.b as 2', 'x if a with input as 1 with data.b as 2'],
  [
    'x if {\na with input as 1\nwith data.b as 2\n}',
    'x if {\n\ta with input as 1\n\t\twith data.b as 2\n}',
  ],
  ['x if { y := 1;not y with input as {} }', 'x if {\n\ty := 1\n\tnot y with input as {}\n}'],
  ['x if { f(1) with g as h }', 'x if f(1) with g as h'],
  ['x if { a == \n b }', 'x if a == b'],
  ['x if { every y in z {\n y\n w } }', 'x if every y in z {\n\ty\n\tw\n}'],
]);

// OPA writes `x if {1}`, which reads as a set.
test('a set as the only literal keeps its body', () => {
  expect(format('x if { {1} }')).toBe('x if {\n\t{1}\n}');
});
