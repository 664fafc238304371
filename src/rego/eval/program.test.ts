/** Groups, functions and calls. Answers are those of OPA 1.19.0 and regorus 0.9.1. */
import { expect, test } from 'vitest';
import { answerOf } from '../testing.ts';

test.each<[note: string, rules: string, want: string, input?: string]>([
  [
    'a definition that disagrees ends the evaluation',
    'x := 1 if true\nx := 2 if true',
    '3:1 rule conflicts with the following rule:\n\n--> p:2:1\n  |\n2 | x := 1 if true\n  | ^\n: defined here',
  ],
  ['a default answers when nothing holds', 'default x := 7\nx := 1 if input.a', '7', '{}'],
  [
    'a call with too few operands fails where it stands',
    'f(a, b) := a\nx := f(1)',
    '3:7 mismatch in number of arguments. supplied 1, expected 2',
  ],
  [
    'a rule that needs itself',
    'x := y\ny := x',
    '2:1 recursion detected when evaluating rule:\n--> p:2:1\n  |\n2 | x := y\n  | ^\ndepends on: \n--> p:3:1\n  |\n3 | y := x\n  | ^\ndepends on: \n--> p:2:1\n  |\n2 | x := y\n  | ^\ndepends on: cyclic evaluation',
  ],
  ['a function that is nowhere', 'x := nope(1)', '2:10 could not find function nope'],
  [
    'clauses that disagree',
    'f(a) := 1\nf(a) := 2\nx := f(1)',
    '4:7 functions must not produce multiple outputs for same inputs',
  ],
  [
    'a function is recursive as deep as it needs',
    'f(n) := 0 if n == 0\nf(n) := n + f(n - 1) if n > 0\nx := f(20)',
    '210',
  ],
  ['a function without operands reads as a rule', 'f() := 5\nx := f', '5'],
  ['called by name, a rule answers with its default', 'default d := 4\nx := d(1)', '4'],
  [
    'a set is collected from all definitions',
    'x contains 1\nx contains 2 if true\nx contains 3 if false',
    '[1,2]',
  ],
  [
    'an undefined operand leaves the call undefined',
    'f(a) := 1\nx := f(input.nope)',
    'undefined',
    '{}',
  ],
])('regorus: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'kata', ...(input && { input }) })).toBe(want);
});

test.each<[note: string, rules: string, want: string, input?: string]>([
  [
    'a definition that disagrees ends the evaluation',
    'x := 1 if true\nx := 2 if true',
    'p:3: eval_conflict_error: complete rules must not produce multiple outputs',
  ],
  [
    'a replaced function calls the original',
    'f(a) := 1\ng(a) := f(a) + 1\nx := v if { v := f(0) with f as g }',
    '2',
  ],
  ['a builtin replaced by a value', 'x := v if { v := count([1]) with count as 9 }', '9'],
  ['a default function', 'default f(_) := 0\nf(a) := 1 if a > 1\nx := [f(1), f(2)]', '[0,1]'],
  ['a failing builtin is undefined', 'x := to_number("a")', 'undefined'],
  ['constants are rules, too', 'y := 3\nx := y + y', '6'],
  [
    'a partial object grows from computed names',
    'x[k] := v if some k, v in {"a": 1, "b": 2}',
    '{"a":1,"b":2}',
  ],
])('opa: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'opa', ...(input && { input }) })).toBe(want);
});
