import { expect, test } from 'vitest';
import { charged, testRecorded } from './testing.ts';

testRecorded('objects');

test.each([
  ['object.union({"a": {"b": 1}}, {"a": {"c": 2}})', 4],
  ['object.union({}, {"a": 1})', 0],
  ['object.union_n([{"a": 1}, {"b": 2}, {"c": 3}])', 5],
])('%s charges %d units', (call, units) => {
  expect(charged(call, 'opa')).toBe(units);
});
