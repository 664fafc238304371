/** Modifiers. Answers are those of OPA 1.19.0 and regorus 0.9.1. */
import { expect, test } from 'vitest';
import { answerOf } from '../testing.ts';

test.each<[note: string, rules: string, want: string, input?: string]>([
  [
    'input is replaced for one literal',
    `y := input.a
x := [y, z] if { z := y with input as {"a": 2} }`,
    '[1,2]',
    '{"a": 1}',
  ],
  [
    'a field of the input',
    'y := input\nx := z if { z := y with input.b as 2 }',
    '{"a":1,"b":2}',
    '{"a": 1}',
  ],
  [
    'an undefined value fails the literal',
    'x if { true with input as input.nope }',
    'undefined',
    '{}',
  ],
  [
    'a function by a function',
    'f(a) := a\ng(a) := a + 1\nx := y if { y := f(1) with f as g }',
    '2',
  ],
  ['data is hidden', 'y := 1\nx := z if { z := data.t.y with data.t.y as 5 }', '5'],
])('regorus: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'kata', ...(input && { input }) })).toBe(want);
});

test.each<[note: string, rules: string, want: string, input?: string]>([
  [
    'input is replaced for one literal',
    `y := input.a
x := [z, y] if { z := y with input as {"a": 2} }`,
    '[2,1]',
    '{"a": 1}',
  ],
  [
    'a field of the input',
    'y := input\nx := v if { v := y with input.b as 2 }',
    '{"a":1,"b":2}',
    '{"a": 1}',
  ],
  [
    'a field of what is no object',
    'y := input\nx := v if { v := y with input.b as 2 }',
    '{"b":2}',
    '1',
  ],
  [
    'an undefined value fails the literal',
    'x if { true with input as input.nope }',
    'undefined',
    '{}',
  ],
  [
    'one modifier after the other',
    'x := v if { v := input with input as {"a": 1} with input.b as 2 }',
    '{"a":1,"b":2}',
  ],
  [
    'data cannot be merged into what is no object',
    'x := v if { v := data.q.a.b with data.q as 1 with data.q.a.b as 2 }',
    '2',
  ],
  [
    'what follows runs outside',
    'x := [v, input] if { some v in [1, 2] with input as 9; v == 2 }',
    '[2,0]',
    '0',
  ],
])('opa: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'opa', ...(input && { input }) })).toBe(want);
});
