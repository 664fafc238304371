import { expect, test } from 'vitest';
import { RegoSet, type Value } from '../value.ts';
import { nearestMember, type Seen, seenLikeness } from './seen.ts';

const span = { source: { name: 'p.rego', text: '' }, start: 0, end: 0 };

const seen = (op: Seen['op'], ...values: readonly (Value | undefined)[]): Seen => ({
  span,
  op,
  name: op,
  value: false,
  origins: [],
  parts: values.map((value) => constant(value)),
});

const constant = (value: Value | undefined): Seen => ({
  span,
  op: 'const',
  name: 'const',
  value,
  origins: [],
  parts: [],
});

test.each([
  { note: 'no member is like the value', seen: seen('member', 'abcd', ['wxyz']), want: 0 },
  { note: 'half of the nearest member', seen: seen('member', 'abcd', ['wxyz', 'abyz']), want: 0.5 },
  { note: 'a set', seen: seen('member', 'abcd', RegoSet.of(['abcz'])), want: 0.75 },
  {
    note: 'the key of `k, v in` counts for nothing',
    seen: seen('member', 'k', 'ab', ['az']),
    want: 0.5,
  },
  { note: 'no collection', seen: seen('member', 'ab', 7), want: 0 },
  { note: 'no text', seen: seen('member', 1, [1]), want: 0 },
  { note: 'the two sides of a comparison', seen: seen('compare', 'ab', 'az'), want: 0.5 },
  { note: 'the plain text of a pattern', seen: seen('builtin', '^a\\.b$', 'a.b'), want: 1 },
  { note: 'other expressions compare nothing', seen: seen('local', 'ab', 'ab'), want: 0 },
])('$note: $want', ({ seen: one, want }) => {
  expect(seenLikeness(one)).toBe(want);
});

test('the first of the nearest members is named', () => {
  expect(nearestMember('ab', ['zz', 'ax', 'ay'])).toEqual({ member: 'ax', likeness: 0.5 });
});
