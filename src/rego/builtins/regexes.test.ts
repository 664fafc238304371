import { expect, test } from 'vitest';
import { charged, testRecorded } from './testing.ts';

testRecorded('regexes');

test.each([
  ['regex.match("a", "short")', 0],
  [
    'regex.match("a", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")',
    300,
  ],
  ['regex.split(",", "a,b")', 4],
  ['regex.find_n("a", "aa", -1)', 4],
])('%s charges %d units', (call, units) => {
  expect(charged(call, 'opa')).toBe(units);
});
