/** Texts are those of Go's regexp/syntax. */
import { expect, test } from 'vitest';
import { parseRegex } from './parse.ts';

test.each([
  ['[', 'missing closing ]: `[`'],
  ['a(b', 'missing closing ): `a(b`'],
  ['a)', 'unexpected ): `a)`'],
  ['*a', 'missing argument to repetition operator: `*`'],
  ['a**', 'invalid nested repetition operator: `**`'],
  ['a{1001}', 'invalid repeat count: `{1001}`'],
  ['a{2,1}', 'invalid repeat count: `{2,1}`'],
  ['(?P<n', 'invalid named capture: `(?P<n`'],
])('%s is refused', (pattern, message) => {
  expect(() => parseRegex(pattern, 'go')).toThrow(`error parsing regexp: ${message}`);
});

test('groups are numbered from the left, and named', () => {
  const { groupCount, names } = parseRegex('(a)(?P<n>b)(?:c)', 'go');
  expect(groupCount).toBe(3);
  expect([...names]).toEqual([['n', 2]]);
});

test.each([
  ['a*', 0, Infinity, true],
  ['a+?', 1, Infinity, false],
  ['a{2,5}', 2, 5, true],
  ['(?U)a?', 0, 1, false],
])('%s repeats', (pattern, min, max, greedy) => {
  expect(parseRegex(pattern, 'go').root).toMatchObject({ kind: 'repeat', min, max, greedy });
});

test('braces that are no count are text in Go, an error in Rust', () => {
  expect(parseRegex('a{', 'go').root.kind).toBe('concat');
  expect(() => parseRegex('a{', 'rust')).toThrow('invalid repeat count');
});
