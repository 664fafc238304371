import { expect, test } from 'vitest';
import { answer, contextFor, charged, testRecorded } from './testing.ts';

testRecorded('numbers');

test.each([
  ['numbers.range(1, 10)', 10],
  ['numbers.range(3, 1)', 3],
  ['numbers.range_step(0, 10, 5)', 3],
])('%s charges %d units', (call, units) => {
  expect(charged(call, 'opa')).toBe(units);
});

test('a range longer than ten million numbers is refused', () => {
  expect(answer('numbers.range(1, 10000001)', contextFor('opa'))).toEqual({ panic: true });
});

test('random numbers depend on seed and key, and are the same for a whole query', () => {
  const draw = (key: string, seed: number): unknown =>
    answer(`rand.intn("${key}", 1000000)`, { ...contextFor('opa'), seed });
  expect(draw('a', 1)).toEqual(draw('a', 1));
  expect(draw('a', 1)).not.toEqual(draw('b', 1));
  expect(draw('a', 1)).not.toEqual(draw('a', 2));
});
