/** Expressions. Answers are those of OPA 1.19.0 and regorus 0.9.1. */
import { expect, test } from 'vitest';
import { answerOf } from '../testing.ts';

test.each<[note: string, rules: string, want: string, input?: string]>([
  ['membership in undefined is false', 'x := 1 in input.nope', 'false', '{}'],
  [
    'membership of key and value',
    'x := ["a", 1 in {"a": 1}, "a", 2 in {"a": 1}]',
    '["a",true,"a",false]',
  ],
  [
    'an object of a comprehension with a key twice',
    'x := {k: v | some k in ["a"]; some v in [1, 2]}',
    '2:7 value for key `"a"` generated multiple times: `1` and `2`',
  ],
  ['an undefined item leaves the array undefined', 'x := [1, input.nope]', 'undefined', '{}'],
  ['an undefined value leaves the object undefined', 'x := {"a": input.nope}', 'undefined', '{}'],
  ['comparison with undefined is undefined', 'x := input.nope == 1', 'undefined', '{}'],
  [
    'order of kinds',
    'x := [null < true, true < 1, 1 < "a", "a" < [], {1} < {"a": 1}]',
    '[true,true,true,true,true]',
  ],
  ['a key of another kind finds nothing', 'x := [1, 2]["a"]', 'undefined'],
  ['an index beyond the end', 'x := input[5]', 'undefined', '[1]'],
])('regorus: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'kata', ...(input && { input }) })).toBe(want);
});

test.each<[note: string, rules: string, want: string, input?: string]>([
  ['membership in undefined is undefined', 'x := 1 in input.nope', 'undefined', '{}'],
  [
    'membership of key and value',
    'x := [("a", 1 in {"a": 1}), ("a", 2 in {"a": 1}), (0, 5 in [5])]',
    '[true,false,true]',
  ],
  ['values of an object are its members', 'x := [1 in {"a": 1}, "a" in {"a": 1}]', '[true,false]'],
  [
    'an object of a comprehension with a key twice',
    'x := {k: v | some k in ["a"]; some v in [1, 2]}',
    'p:2: eval_conflict_error: object keys must be unique',
  ],
  ['an undefined item leaves the set undefined', 'x := {1, input.nope}', 'undefined', '{}'],
  [
    'order of kinds',
    'x := [null < true, true < 1, 1 < "a", "a" < [], {1} < {"a": 1}]',
    '[true,true,true,true,false]',
  ],
  [
    'all comparisons',
    'x := [1 == 1, 1 != 1, 1 < 2, 2 <= 2, 1 > 2, 2 >= 3]',
    '[true,false,true,true,false,false]',
  ],
  [
    'a template with an undefined part',
    'x := $"a {input.nope} {[1]}"',
    '"a <undefined> [1]"',
    '{}',
  ],
  [
    'comprehensions of each shape',
    'x := [[y | some y in [2, 1]], {y | some y in [2, 1, 2]}, {y: 1 | some y in ["b", "a"]}]',
    '[[2,1],[1,2],{"a":1,"b":1}]',
  ],
])('opa: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'opa', ...(input && { input }) })).toBe(want);
});
