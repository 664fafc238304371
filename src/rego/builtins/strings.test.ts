import { expect, test } from 'vitest';
import { charged, testRecorded } from './testing.ts';

testRecorded('strings');

test.each([
  ['replace("aaaa", "a", "bbb")', 8],
  ['replace("aa", "aa", "b")', 0],
  ['replace("ab", "", "--")', 6],
  ['concat(", ", ["a", "bc", "d"])', 8],
  ['upper("abc")', 3],
  ['split("a,b", ",")', 3],
  ['strings.any_prefix_match(["a", "b"], ["c", "d", "e"])', 6],
  ['strings.replace_n({"a": "xyz", "b": "y"}, "ab")', 8],
])('%s charges %d units', (call, units) => {
  expect(charged(call, 'opa')).toBe(units);
});
