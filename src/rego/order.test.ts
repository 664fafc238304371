import { expect, test } from 'vitest';
import { Decimal } from './decimal.ts';
import { compareNumbers, compareStrings, compareValues, equalValues, keyOf } from './order.ts';
import { RegoObject, RegoSet, type Value } from './value.ts';

const set = (...members: Value[]): Value => RegoSet.of(members);
const object = (...entries: [Value, Value][]): Value => RegoObject.of(entries);

const ascending: Value[] = [
  null,
  false,
  true,
  -1,
  new Decimal('0.5'),
  1,
  2n ** 64n,
  '',
  'a',
  '\uffff',
  '\u{1f600}',
  [],
  [1],
  [1, 0],
  [2],
  object(),
  object(['a', 1]),
  object(['a', 1], ['b', 0]),
  object(['a', 2]),
  object(['b', 0]),
  set(),
  set(1),
  set(1, 2),
  set(2),
];

test('values of every kind have one total order', () => {
  for (let i = 0; i < ascending.length; i++) {
    for (let j = 0; j < ascending.length; j++) {
      const [a, b] = [ascending[i] ?? null, ascending[j] ?? null];
      expect(Math.sign(compareValues(a, b, 'opa'))).toBe(Math.sign(i - j));
      expect(equalValues(a, b)).toBe(i === j);
      expect(keyOf(a) === keyOf(b)).toBe(i === j);
    }
  }
});

test('sets and objects sort the other way round in regorus', () => {
  expect(compareValues(set(1), object(['a', 1]), 'opa')).toBeGreaterThan(0);
  expect(compareValues(set(1), object(['a', 1]), 'regorus')).toBeLessThan(0);
});

test.each([
  ['\u{10000}', '\ue000', 1],
  ['\ud800', '\ue000', 1],
  ['ab', 'abc', -1],
  ['b', 'abc', 1],
  ['', '', 0],
])('%j against %j: strings compare by code point, not by UTF-16 unit', (a, b, sign) => {
  expect(Math.sign(compareStrings(a, b))).toBe(sign);
});

test.each([
  [9007199254740993n, 9007199254740992, 1],
  [new Decimal('1e100000'), 1, 1],
  [new Decimal('-1e100000'), -1, -1],
  [new Decimal('0.1'), new Decimal('0.10'), 0],
  [2n ** 64n, new Decimal('18446744073709551615.5'), 1],
])('%s against %s: numbers compare exactly', (a, b, sign) => {
  expect(compareNumbers(a, b)).toBe(sign);
});

test.each<[Value, Value]>([
  [1, new Decimal('1.0')],
  [1000, new Decimal('1e3')],
  [new Decimal('0.50'), new Decimal('5e-1')],
  [2n ** 60n, new Decimal(String(2n ** 60n) + '.0')],
  [-0, 0],
  [object(['a', 1], ['b', 2]), object(['b', 2], ['a', 1])],
  [set(set(1), set(2)), set(set(2), set(1))],
  [object([[1], 'x']), object([[new Decimal('1.0')], 'x'])],
])('%#: equal values have equal keys', (a, b) => {
  expect(equalValues(a, b)).toBe(true);
  expect(keyOf(a)).toBe(keyOf(b));
  expect(RegoSet.of([a, b]).size).toBe(1);
});

test.each<[Value, Value]>([
  [1, '1'],
  [['a', 'b'], ['a,"1:b']],
  [set(), object()],
  [set(1), [1]],
  [null, false],
  [9007199254740993n, 9007199254740992],
])('%#: different values have different keys', (a, b) => {
  expect(equalValues(a, b)).toBe(false);
  expect(keyOf(a)).not.toBe(keyOf(b));
});
