import { expect, test } from 'vitest';
import { format, testFormat } from './testing.ts';

// Each was put to `opa fmt` of OPA 1.19.0.
testFormat([
  ['x:=[ 1,2 , 3]', 'x := [1, 2, 3]'],
  ['x:=[1,\n2]', 'x := [\n\t1,\n\t2,\n]'],
  ['x := [\n1, 2,\n3]', 'x := [\n\t1, 2,\n\t3,\n]'],
  ['x := {"a":1,\n"b":2}', 'x := {\n\t"a": 1,\n\t"b": 2,\n}'],
  ['x := {1,\n2}', 'x := {\n\t1,\n\t2,\n}'],
  ['x := set( )', 'x := set()'],
  ['x := { }', 'x := {}'],
  ['x := {y|y:=1}', 'x := {y | y := 1}'],
  ['x := {y |\ny := 1\nz}', 'x := {y |\n\ty := 1\n\tz\n}'],
  ['x := [y|y:=1;y>0]', 'x := [y | y := 1; y > 0]'],
  ['x := {k:v|some k,v in input}', 'x := {k: v | some k, v in input}'],
  ['x := a+b*c', 'x := a + (b * c)'],
  ['x := (a+b)*c', 'x := (a + b) * c'],
  ['x if a+1==b', 'x if a + 1 == b'],
  ['x := a["b"]["c d"][e]', 'x := a.b["c d"][e]'],
  ['x := a["if"]', 'x := a["if"]'],
  ['x := f( 1,"a" )[0]', 'x := f(1, "a")[0]'],
  ['x := f(\n1,\n2)', 'x := f(\n\t1,\n\t2,\n)'],
  ['x := `raw\n  text`', 'x := `raw\n  text`'],
  ['x := "a\\u00e9\\n"', 'x := "a\\u00e9\\n"'],
  ['x := 1e3', 'x := 1e3'],
  ['x := {"a": (b|c)}', 'x := {"a": (b | c)}'],
  ['x := {(a|b)}', 'x := {(a | b)}'],
  ['x := input[_]["a"]', 'x := input[_].a'],
  ['x := [[1],[\n2]]', 'x := [[1], [\n\t2,\n]]'],
  ['x := (1 in [1])', 'x := 1 in [1]'],
  ['x := a in b', 'x := a in b'],
]);

// Where we keep the text: OPA writes `0 - a`, and formats inside templates.
test.each([
  ['x := -a', 'x := -a'],
  ['x := $"a {b+1}"', 'x := $"a {b+1}"'],
  ['x := {"a":1,\n"b":[\n2]}', 'x := {\n\t"a": 1,\n\t"b": [\n\t\t2,\n\t],\n}'],
])('%j', (text, want) => {
  expect(format(text)).toBe(want);
});
