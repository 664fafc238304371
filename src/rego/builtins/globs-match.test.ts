/** Verdicts are those of OPA 1.19.0; texts those of its glob-intersection library. */
import { expect, test } from 'vitest';
import { isBuiltinFault } from './define.ts';
import { globsIntersect } from './globs-match.ts';

function intersect(first: string, second: string): boolean | string {
  const result = globsIntersect(first, second, () => undefined);
  return isBuiltinFault(result) ? result.message : result;
}

// The procedure is not symmetric.
test.each([
  ['a*b*', 'a', false],
  ['a.c', 'abc', true],
  ['[a-c]x', 'bx', true],
  ['[a-c]x', 'dx', false],
  ['a+', 'aaa', true],
  ['a+', 'b', false],
  ['a*', '', false],
  ['ab*c', 'abbbc', true],
  ['ab*c', 'ac', true],
  ['.*', 'anything', true],
  ['x[0-9]+y', 'x12y', true],
  ['x[0-9]+y', 'xy', false],
  ['ab', 'abc', false],
  ['.*b', 'a+b', true],
  ['[ab]*c', '[cd]*c', true],
  ['[cd]*c', '[ab]*c', false],
  ['a*b*c', 'c*', false],
])('%s and %s have a text in common: %s', (first, second, want) => {
  expect(intersect(first, second)).toBe(want);
});

test.each([
  ['[a-', 3, "range character '-' must be followed by a Unicode character"],
  ['[-a]', 2, "range character '-' must be preceded by a Unicode character"],
  ['[a--]', 4, "range character '-' cannot be followed by a special symbol"],
  ['[z-a]', 4, "range is out of order: 'a' comes before 'z' in Unicode"],
  ['*a', 1, "flag '*' must be preceded by a non-flag"],
  ['a]', 2, "set-close ']' with no preceding '['"],
  ['[ab', 3, 'found [ without matching ]'],
  ['a\\', 1, 'input ends with a \\ (escape) character'],
])('%s is refused at %d', (glob, at, why) => {
  const message = `input:${glob}, pos:${String(at)}, ${why}: the input provided is invalid`;
  expect(intersect(glob, 'a')).toBe(message);
  expect(intersect('a', glob)).toBe(message);
});

test('stars that explode in the library take polynomial work', () => {
  let charged = 0;
  globsIntersect(
    'a*'.repeat(2) + 'b.*'.repeat(30),
    'a*.*'.repeat(30),
    (units) => (charged += units),
  );
  expect(charged).toBeGreaterThan(0);
  expect(charged).toBeLessThan(20_000);
});
