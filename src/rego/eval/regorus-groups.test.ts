/** Definitions as regorus evaluates them. Answers are those of OPA 1.19.0 and regorus 0.9.1. */
import { expect, test } from 'vitest';
import { answerOf } from '../testing.ts';

test.each<[note: string, rules: string, want: string, input?: string]>([
  ['equal definitions are one', 'x := 1 if true\nx := 1 if true', '1'],
  [
    'different ones are refused',
    'x := 1 if true\nx := 2 if true',
    '3:1 rule conflicts with the following rule:\n\n--> p:2:1\n  |\n2 | x := 1 if true\n  | ^\n: defined here',
  ],
  [
    'one definition with two values',
    'x := v if { some v in [1, 2] }',
    '2:1 rules must not produce multiple outputs',
  ],
  [
    'an error in a later definition counts',
    `x := 1
x := 1 if 1 + "a"`,
    '3:16 `add` expects numeric argument. Got `"a"` instead',
  ],
  [
    'an error in one clause is forgiven',
    `f(a) := 1 if a + "a"
f(a) := 2
x := f(1)`,
    '2',
  ],
  [
    'an error in the only clause is not',
    `f(a) := 1 if a + "a"
x := f(1)`,
    '2:19 `add` expects numeric argument. Got `"a"` instead',
  ],
  [
    'one clause with two values',
    'f(a) := v if { some v in [1, 2] }\nx := f(1)',
    '3:7 function produced multiple outputs Set({Number(1), Number(2)})',
  ],
  [
    'a default that is no literal',
    'default x := input\nx := 1 if false',
    '2:14 invalid `var` in default value',
    '1',
  ],
  [
    'a default that calls',
    'default x := count([1])\nx := 1 if false',
    '2:19 invalid `call` in default value',
  ],
  [
    'an undefined default of a list',
    `default x := [1, {"a": -input}]
x := 1 if false`,
    '2:24 invalid `unaryexpr` in default value',
    '1',
  ],
  ['a default function', 'default f(_) := 3\nf(a) := a if a > 1\nx := [f(1), f(2)]', '[3,2]'],
  ['a set of nothing', 'x contains v if { some v in [] }', '[]'],
  ['a set of several definitions', 'x contains v if { some v in [1, 1] }\nx contains 2', '[1,2]'],
  ['an element that is undefined', 'x contains v.a if { some v in [{"a": 1}, {"b": 2}] }', '[]'],
])('regorus: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'kata', ...(input && { input }) })).toBe(want);
});
