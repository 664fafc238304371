/** Operators on values. Answers are those of OPA 1.19.0 and regorus 0.9.1. */
import { expect, test } from 'vitest';
import { answerOf } from '../testing.ts';

test.each<[note: string, rules: string, want: string, input?: string]>([
  [
    'text is no number',
    'x := 1 + input',
    '2:10 `add` expects numeric argument. Got `"a"` instead',
    '"a"',
  ],
  [
    'the left operand is shown when it is wrong',
    'x := input - 1',
    '2:6 `sub` expects numeric argument. Got `"a"` instead',
    '"a"',
  ],
  [
    'a set minus a number',
    'x := {1} - input',
    '2:12 `difference` expects set argument. Got `1` instead',
    '1',
  ],
  [
    'union wants sets',
    'x := {1} | input',
    '2:12 `union` expects set argument. Got `1` instead',
    '1',
  ],
  [
    'intersection wants sets',
    'x := input & {1}',
    '2:6 `intersection` expects set argument. Got `[1]` instead',
    '[1]',
  ],
  ['sets', 'x := [{1, 2} - {2}, {1, 2} & {2, 3}, {1} | {2}]', '[[1],[2],[1,2]]'],
  ['division by zero is undefined', 'x := 1 / input', 'undefined', '0'],
  ['remainder of a fraction', 'x := 5 % input', '2:8 modulo on floating-point number', '1.5'],
  ['numbers', 'x := [1 + 2, 1 - 2, 2 * 3.5, 7 / 2, -7 % 3]', '[3,-1,7,3.5,-1]'],
  ['beyond 53 bits', 'x := 9007199254740992 + 1', '9007199254740993'],
])('regorus: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'kata', ...(input && { input }) })).toBe(want);
});

test.each<[note: string, rules: string, want: string, input?: string]>([
  ['text is no number', 'x := 1 + input', 'undefined', '"a"'],
  ['sets', 'x := [{1, 2} - {2}, {1, 2} & {2, 3}, {1} | {2}]', '[[1],[2],[1,2]]'],
  ['division by zero is undefined', 'x := 1 / input', 'undefined', '0'],
  ['numbers', 'x := [1 + 2, 1 - 2, 2 * 3.5, 7 / 2, -7 % 3]', '[3,-1,7,3.5,-1]'],
  [
    'beyond 53 bits',
    'x := [9007199254740992 + 1, 9007199254740993 * 3]',
    '[9007199254740993,27021597764222979]',
  ],
])('opa: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'opa', ...(input && { input }) })).toBe(want);
});
