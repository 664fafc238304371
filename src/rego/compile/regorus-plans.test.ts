/** Patterns against literals, when the policy is prepared. Answers are those of OPA 1.19.0 and regorus 0.9.1. */
import { expect, test } from 'vitest';
import { answerOf } from '../testing.ts';

test.each<[note: string, rules: string, want: string, input?: string]>([
  ['equal lengths', 'x := a if { [a, 2] := [1, 2] }', '1'],
  ['too long', 'x if { [a, b, c] := [1, 2] }', '2:21 mismatch in number of array elements'],
  [
    'nested',
    'x if { [a, [b]] := [input, [2, input]] }',
    '2:28 mismatch in number of array elements',
  ],
  ['equal keys', 'x := v if { {"k": v} := {"k": 1} }', '1'],
  [
    'other keys',
    'x if { {"k": v} := {"z": 1} }',
    '2:20 object literal keys mismatch. Expected keys ["k"] got ["z"].',
  ],
  [
    'more keys',
    'x if { {"k": v} := {"k": 1, "z": 2} }',
    '2:20 object literal keys mismatch. Expected keys ["k"] got ["k", "z"].',
  ],
  [
    'an array for an object',
    'x if { [a] := {"k": 1} }',
    '2:8 incompatible destructuring patterns: both sides must be arrays or objects with matching structure',
  ],
  [
    'nothing to bind',
    'x if { 1 := 1 }',
    '2:8 assignment operator := requires left-hand side to have bindable variables',
  ],
  ['both sides bind', 'x := [a, b] if { [a, 2] = [1, b] }', '[1,2]'],
  [
    'both sides, different lengths',
    'x if { [a, 2, 3] = [1, b] }',
    '2:20 mismatch in number of array elements',
  ],
  ['objects of both sides', 'x := [a, b] if { {"p": a, "q": 2} = {"p": 1, "q": b} }', '[1,2]'],
  [
    'objects of different size',
    'x if { {"p": a} = {"p": 1, "q": b} }',
    '2:8 object field count mismatch in assignment: left has 1 fields, right has 2 fields',
  ],
  [
    'some in a literal without a fit',
    'x if { some [a, b] in [[input], [2]] }',
    '2:24 mismatch in number of array elements',
  ],
  ['some in a literal with one fit', 'x := [a | some [a, b] in [[1], [2, 3]]]', '[2]'],
  ['what is not literal is left to the evaluation', 'x := a if { [a, b] := input }', '1', '[1, 2]'],
  [
    'an argument may not be assigned again',
    'f(a) := b if { b := 1; a := 2 }\nx := f(1)',
    '2:24 var `a` used before definition below',
  ],
])('regorus: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'kata', ...(input && { input }) })).toBe(want);
});
