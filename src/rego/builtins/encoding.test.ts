import { expect, test } from 'vitest';
import { charged, testRecorded } from './testing.ts';

testRecorded('encoding');

test.each([
  ['base64.encode("hello")', 5],
  ['base64url.encode_no_pad("hi")', 2],
  ['hex.encode("abc")', 6],
  ['urlquery.encode("a b")', 9],
])('%s charges %d units', (call, units) => {
  expect(charged(call, 'opa')).toBe(units);
});
