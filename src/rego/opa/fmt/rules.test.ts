import { expect, test } from 'vitest';
import { format, testFormat } from './testing.ts';

// Each was put to `opa fmt` of OPA 1.19.0.
testFormat([
  ['x:=1', 'x := 1'],
  ['default x:=false', 'default x := false'],
  ['default f(_):=1', 'default f(_) := 1'],
  ['f( x,y ):=x', 'f(x, y) := x'],
  ['f(x) if x', 'f(x) if x'],
  ['a.b := 1', 'a["b"] := 1'],
  ['a.b.c := 1', 'a.b.c := 1'],
  ['a[b] := 1 if b := 2', 'a[b] := 1 if b := 2'],
  ['x contains 1', 'x contains 1'],
  ['x contains y if y := 1', 'x contains y if y := 1'],
  ['x if { y } else := 2 if { z }', 'x if y\n\nelse := 2 if z'],
  ['x if {\ny\n} else := 2 if {\nz\n}', 'x if {\n\ty\n} else := 2 if {\n\tz\n}'],
  ['x := 1 if y else := 2', 'x := 1 if y\n\nelse := 2'],
  ['x if y else := false', 'x if y\n\nelse := false'],
  ['x := 1\ny := 2\n\n\nz := 3', 'x := 1\ny := 2\n\nz := 3'],
  ['x if { y; z }\nq := 1', 'x if {\n\ty\n\tz\n}\n\nq := 1'],
  ['x := true if y', 'x if y'],
  ['x = 1 if y', 'x := 1 if y'],
  ['x if true', 'x := true'],
  ['x := 1 if { true }', 'x := 1'],
  ['f(x) := 1 if { true } else := 2', 'f(x) := 1 if true\n\nelse := 2'],
  ['x = 1 { y }', 'x = 1 {\n\ty\n}', 'v0'],
  ['p[x] { x := 1 }', 'p[x] {\n\tx := 1\n}', 'v0'],
  ['x { true }', 'x = true', 'v0'],
  ['x { y } { z }', 'x {\n\ty\n}\n\nx {\n\tz\n}', 'v0'],
  ['p.a { b }', 'p["a"] {\n\tb\n}', 'v0'],
  ['f(x) = y { y := x }', 'f(x) = y {\n\ty := x\n}', 'v0'],
  ['default x = 1', 'default x = 1', 'v0'],
  ['p[x] = y { x := 1; y := 2 }', 'p[x] = y {\n\tx := 1\n\ty := 2\n}', 'v0'],
]);

// OPA puts the next rule right below an `else` of one line; `opa fmt` leaves the blank line, too.
test('a rule behind an else', () => {
  expect(format('x := 1 if y else := 2\nq := 1')).toBe('x := 1 if y\n\nelse := 2\n\nq := 1');
});
