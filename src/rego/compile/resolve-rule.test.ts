/** Names inside a rule. Answers are those of OPA 1.19.0 and regorus 0.9.1. */
import { expect, test } from 'vitest';
import { answerOf } from '../testing.ts';

test.each<[note: string, rules: string, want: string, input?: string]>([
  [
    'assigned twice',
    'x if { a := 1; a := 2 }',
    '1 error occurred: p:2: rego_compile_error: var a assigned above',
  ],
  [
    'declared after its use',
    'x if { a == 1; some a }',
    '1 error occurred: p:2: rego_compile_error: var a referenced above',
  ],
  [
    'declared twice',
    'x if { some a; some a; a = 1 }',
    '1 error occurred: p:2: rego_compile_error: var a declared above',
  ],
  [
    'an argument assigned again',
    'f(a) := 1 if { a := 2 }\nx := f(1)',
    '1 error occurred: p:2: rego_compile_error: arg a redeclared',
  ],
  [
    'an assignment under not',
    'x if { not a := 1 }',
    '1 error occurred: p:2: rego_compile_error: cannot assign vars inside negated expression',
  ],
  [
    'to a call',
    'x if { count([1]) := 1 }',
    '1 error occurred: p:2: rego_compile_error: cannot assign to call',
  ],
  [
    'a variable called',
    'x := y if { f := 1; y := f(2) }',
    '1 error occurred: p:2: rego_compile_error: called function f shadowed',
  ],
  [
    'twice in one pattern',
    'x if { [a, a] := [1, 1] }',
    '1 error occurred: p:2: rego_compile_error: var a assigned above',
  ],
  ['a closure shadows', 'x := [a, b] if { a := 1; b := [a | a := 2] }', '[1,[2]]'],
  ['a closure sees what is around it', 'x := [b | some b in [a]] if { a := 3 }', '[3]'],
  ['each wildcard for itself', 'x := [1 | [_, _] = [1, 2]]', '[1]'],
  ['a rule of the package', 'y := 1\nx := y', '1'],
  ['a local above a rule of that name', 'y := 1\nx := y if { y := 2 }', '2'],
  ['an imported name', 'import input.a as b\nx := b', '4', '{"a": 4}'],
  ['every binds its own', 'x := v if { v := 1; every v in [2] { v == 2 } }', '1'],
])('opa: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'opa', ...(input && { input }) })).toBe(want);
});

test.each<[note: string, rules: string, want: string, input?: string]>([
  ['some gives its variable a value in place', 'x := a if { some a; a := 1 }', '1'],
  [
    'assigned twice',
    'x := a if { a := 1; a := 2 }',
    '2:13 var `a` used before definition below.\n--> p:2:21\n  |\n2 | x := a if { a := 1; a := 2 }\n  |                     ^\ndefinition: ',
  ],
  ['a closure shadows', 'x := [a, b] if { a := 1; b := [a | a := 2] }', '[1,[2]]'],
  ['a local above a rule of that name', 'y := 1\nx := y if { y := 2 }', '2'],
])('regorus: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'kata', ...(input && { input }) })).toBe(want);
});
