import { expect, test } from 'vitest';
import { bytesOf, milliCpus, parseQuantity, wholeMib, wholeUnits } from './quantity.ts';

test.each([
  ['500m', 500_000_000n],
  ['2', 2_000_000_000n],
  ['1.5', 1_500_000_000n],
  ['.5', 500_000_000n],
  ['128Mi', 134_217_728_000_000_000n],
  ['1G', 1_000_000_000_000_000_000n],
  ['1e3', 1_000_000_000_000n],
  ['250u', 250_000n],
  ['0.1n', 1n],
  ['-1', -1_000_000_000n],
  ['', undefined],
  ['1 Gi', undefined],
  ['lots', undefined],
  ['1KB', undefined],
])('the quantity %j is %s nano-units', (text, expected) => {
  expect(parseQuantity(text)).toBe(expected);
});

test('whole units and MiB are rounded up', () => {
  expect([wholeUnits(1n), wholeUnits(2_000_000_000n), wholeMib(1_000_000_000n)]).toEqual([
    1n,
    2n,
    1n,
  ]);
});

test('CPUs and bytes are rounded up, without noise of the last digit', () => {
  expect([milliCpus('0.1'), milliCpus('1.0001'), bytesOf('1.5Ki'), bytesOf('0.1')]).toEqual([
    100, 1001, 1536, 1,
  ]);
});
