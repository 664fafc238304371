import { expect, test } from 'vitest';
import { charged, testRecorded } from './testing.ts';

testRecorded('json-text');

test.each([
  ['json.marshal({"a": 1})', 7],
  ['json.marshal_with_options([1, 2], {"pretty": true})', 10],
  ['json.unmarshal("[1]")', 3],
])('%s charges %d units', (call, units) => {
  expect(charged(call, 'opa')).toBe(units);
});
