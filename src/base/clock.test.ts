import { expect, test } from 'vitest';
import { randomHex, randomUuid, seededRandom, steppingClock, systemClock } from './clock.ts';

test('one seed gives one sequence, another seed another', () => {
  const id = (seed: number) => randomHex(seededRandom(seed), 32);
  expect(id(1)).toBe(id(1));
  expect(id(1)).not.toBe(id(2));
  expect(id(0)).toMatch(/^[0-9a-f]{64}$/);
});

test('randomUuid makes version 4 of RFC 4122', () => {
  expect(randomUuid(seededRandom(7))).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test('a stepping clock moves by its step with each reading', () => {
  const clock = steppingClock(1000, 5);
  expect([clock.now(), clock.now()]).toEqual([1000, 1005]);
  expect([clock.monotonicNs(), clock.monotonicNs()]).toEqual([5_000_000n, 10_000_000n]);
});

test('the monotonic counter of the system never goes back', () => {
  const first = systemClock.monotonicNs();
  expect(systemClock.monotonicNs() >= first).toBe(true);
});
