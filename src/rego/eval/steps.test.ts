/** Iteration, negation and every. Answers are those of OPA 1.19.0 and regorus 0.9.1. */
import { expect, test } from 'vitest';
import { answerOf } from '../testing.ts';

test.each<[note: string, rules: string, want: string, input?: string]>([
  ['every goes on to the end and fails', 'x if { every v in [1, 2, 3] { v < 3 } }', 'undefined'],
  ['every over nothing holds', 'x if { every v in [] { false } }', 'true'],
  ['every over what is no collection', 'x if { every v in 5 { true } }', 'undefined'],
  [
    'some over what is no collection',
    'x if { some v in 5 }',
    '2:18 `some .. in collection` expects array/set/object. Got `5`',
  ],
  ['some over undefined', 'x if { some v in input.nope }', 'undefined', '{}'],
  ['a reference over what is no collection', 'x if { input[_] == 1 }', 'undefined', '5'],
  [
    'keys and values of an object',
    'x := [[k, v] | some k, v in {"b": 1, "a": 2}]',
    '[["a",2],["b",1]]',
  ],
  ['not of undefined holds', 'x if { not input.nope }', 'true', '{}'],
])('regorus: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'kata', ...(input && { input }) })).toBe(want);
});

test.each<[note: string, rules: string, want: string, input?: string]>([
  ['every fails at one element', 'x if { every v in [1, 2, 3] { v < 3 } }', 'undefined'],
  ['every over nothing holds', 'x if { every _ in [] { false } }', 'true'],
  ['every over undefined', 'x if { every _ in input.nope { true } }', 'undefined', '{}'],
  ['every with key and value', 'x if { every k, v in {"a": 1} { k == "a"; v == 1 } }', 'true'],
  ['some over what is no collection', 'x if { some v in input }', 'undefined', '5'],
  ['walk gives every path', 'x := [p | walk({"a": [1]}, [p, _])]', '[[],["a"],["a",0]]'],
  [
    'keys and values of an object',
    'x := [[k, v] | some k, v in {"b": 1, "a": 2}]',
    '[["a",2],["b",1]]',
  ],
  [
    'a pattern chooses',
    'x := [v | some {"id": 2, "v": v} in [{"id": 1, "v": 8}, {"id": 2, "v": 9}]]',
    '[9]',
  ],
  ['a set iterates its members', 'x := [[k, v] | some k, v in {2, 1}]', '[[1,1],[2,2]]'],
])('opa: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'opa', ...(input && { input }) })).toBe(want);
});
