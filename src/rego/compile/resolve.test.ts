/** Rules of a module. Answers are those of OPA 1.19.0 and regorus 0.9.1. */
import { expect, test } from 'vitest';
import { answerOf } from '../testing.ts';

test.each<[note: string, rules: string, want: string, input?: string]>([
  ['a head below a name', 'x.a.b := 1', '{"a":{"b":1}}'],
  ['a computed head', 'x[k] := 1 if some k in ["a"]', '{"a":1}'],
  ['an else sees its own variables', 'x := a if { a := 1; a > 1 } else := b if { b := 2 }', '2'],
  [
    'an else with a computed head is refused',
    'x[k] := 1 if { some k in ["a"]; false } else := 2 if { k = "b" }',
    `1 error occurred: p:2: rego_parse_error: else keyword cannot be used on rules with variables in head
	x[k] := 1 if { some k in ["a"]; false } else := 2 if { k = "b" }
	                                        ^`,
  ],
  ['an argument holds in every else', 'f(a) := 1 if a > 5 else := a if a > 1\nx := f(3)', '3'],
  [
    'a template as an argument pattern',
    `f($"v{1}") := 1
x := f("v1")`,
    '1',
  ],
  [
    'patterns in arguments',
    `f([a, {"k": b}]) := [a, b]
x := f([1, {"k": 2}])`,
    '[1,2]',
  ],
  ['one argument twice', 'f(a, a) := 1\nx := [f(1, 1)]', '[1]'],
  ['default before and after', 'x := 1 if false\ndefault x := 2', '2'],
])('opa: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'opa', ...(input && { input }) })).toBe(want);
});

test.each<[note: string, rules: string, want: string, input?: string]>([
  ['a head below a name', 'x.a.b := 1', '{"a":{"b":1}}'],
  ['a computed head', 'x[k] := 1 if some k in ["a"]', '{"a":1}'],
  [
    'a computed head with else',
    'x[k] := 1 if { some k in ["a"]; false } else := 2 if { k := "b" }',
    '{"b":2}',
  ],
  ['one argument twice', 'f(a, a) := 1\nx := f(1, 1)', '1'],
  [
    'patterns in arguments',
    `f([a, {"k": b}]) := [a, b]
x := f([1, {"k": 2}])`,
    '[1,2]',
  ],
])('regorus: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'kata', ...(input && { input }) })).toBe(want);
});
