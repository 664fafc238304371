/** Expected values are those of OPA 1.19.0 and regorus 0.9.1. */
import { describe, expect, test } from 'vitest';
import { Decimal } from './decimal.ts';
import {
  type Arithmetic,
  fromInteger,
  MAX_INTEGER_BITS,
  numberFaults,
  NumberFault,
  opaArithmetic,
  opaNumberText,
  plainDecimal,
  regorusArithmetic,
  regorusNumberText,
  type RegoNumber,
  toDouble,
  toInteger,
} from './number.ts';

const d = (text: string): Decimal => new Decimal(text);

type Binary = 'add' | 'sub' | 'mul' | 'div' | 'rem';
type Row = [RegoNumber, Binary, RegoNumber, string];

const text = (result: RegoNumber | NumberFault): string =>
  result instanceof NumberFault ? result.message : opaNumberText(result);

const check =
  (arithmetic: Arithmetic) =>
  (a: RegoNumber, operation: Binary, b: RegoNumber, want: string): void => {
    expect(text(arithmetic[operation](a, b))).toBe(want);
  };

describe('opa', () => {
  test.each<Row>([
    [9007199254740991, 'add', 1, '9007199254740992'],
    [2n ** 64n, 'add', -1, '18446744073709551615'],
    [d('0.1'), 'add', d('0.2'), '0.3'],
    [d('1.5'), 'sub', d('0.5'), '1'],
    [1, 'sub', 2n ** 70n, '-1180591620717411303423'],
    [3037000500, 'mul', 3037000500, '9223372037000250000'],
    [0, 'mul', -1, '0'],
    [1, 'div', 3, '0.33333333333333333334'],
    [6, 'div', 3, '2'],
    [1, 'div', 0, 'divide by zero'],
    [-7, 'rem', 2, '-1'],
    [7, 'rem', 0, 'modulo by zero'],
    [7, 'rem', d('2.5'), 'modulo on floating-point number'],
    [2n ** 64n, 'rem', 10, '6'],
  ])('%d %s %d is %s', check(opaArithmetic));

  test.each([
    ['abs', d('-1.5'), '1.5'],
    ['abs', -3, '3'],
    ['round', d('2.5'), '3'],
    ['round', d('-2.5'), '-3'],
    ['round', d('2.4'), '2'],
    ['ceil', d('2.1'), '3'],
    ['ceil', d('-2.1'), '-2'],
    ['floor', d('2.9'), '2'],
    ['floor', d('-2.1'), '-3'],
    ['ceil', d('-0.5'), '1'],
    ['floor', d('-0.5'), '0'],
  ] as const)('%s of %s is %s', (operation, value, want) => {
    expect(text(opaArithmetic[operation](value))).toBe(want);
  });
});

describe('regorus', () => {
  test.each<Row>([
    [9007199254740991, 'add', 1, '9007199254740992'],
    [0.1, 'add', 0.2, '0.30000000000000004'],
    [1.5, 'sub', 0.5, '1'],
    [2n ** 64n, 'mul', 2, '36893488147419103232'],
    [1, 'div', 3, '0.3333333333333333'],
    [2n ** 64n, 'div', 2, '9223372036854775808'],
    [1, 'div', 0, 'divide by zero'],
    [-7, 'rem', 2, '-1'],
    [7, 'rem', 0, 'modulo by zero'],
    [7, 'rem', 2.5, 'modulo on floating-point number'],
  ])('%d %s %d is %s', check(regorusArithmetic));

  test.each([
    ['round', 2.5, 3],
    ['round', -2.5, -3],
    ['round', 2.4, 2],
    ['ceil', 2.1, 3],
    ['ceil', -0.5, 0],
    ['floor', -0.5, -1],
    ['abs', -1.5, 1.5],
  ] as const)('%s of %d is %d', (operation, value, want) => {
    expect(regorusArithmetic[operation](value)).toBe(want);
  });

  test.each([
    [1, '1'],
    [-0, '-0.0'],
    [0.1, '0.1'],
    [1e16, '10000000000000000'],
    [1e19, '10000000000000000000'],
    [1e20, '1e20'],
    [2n ** 64n - 1n, '18446744073709551615'],
    [2n ** 64n, '1.8446744073709552e19'],
    [-(2n ** 63n), '-9223372036854775808'],
    [0.00001, '0.00001'],
    [1e-6, '1e-6'],
    [1.5e300, '1.5e300'],
  ])('%d is written %s', (value, want) => {
    expect(regorusNumberText(value)).toBe(want);
  });

  test.each([
    [1e21, `1${'0'.repeat(21)}`],
    [1.5e-7, '0.00000015'],
    [-12.25, '-12.25'],
    [2n ** 70n, '1180591620717411303424'],
  ])('%d in full is %s', (value, want) => {
    expect(plainDecimal(value)).toBe(want);
  });
});

test('results beyond the bound are refused as a limit', () => {
  const half = 2n ** BigInt(MAX_INTEGER_BITS / 2);
  for (const arithmetic of [opaArithmetic, regorusArithmetic]) {
    expect(arithmetic.mul(half, half)).toBe(numberFaults.tooBig);
    expect(arithmetic.mul(half, 3)).not.toBeInstanceOf(NumberFault);
  }
  expect(numberFaults.tooBig.limit).toBe(true);
  expect(numberFaults.divideByZero.limit).toBe(false);
});

test('an integer is a number while that is exact', () => {
  expect(fromInteger(2n ** 53n - 1n)).toBe(9007199254740991);
  expect(fromInteger(2n ** 53n)).toBe(2n ** 53n);
});

test.each<[RegoNumber, bigint | undefined]>([
  [3, 3n],
  [1.5, undefined],
  [2 ** 53, 2n ** 53n],
  [2 ** 54, undefined],
  [d('1e3'), 1000n],
  [d('1.5'), undefined],
])('the integer in %s is %s', (n, want) => {
  expect(toInteger(n)).toBe(want);
});

test('the nearest double of a decimal and of a big integer', () => {
  expect(toDouble(d('1e-1'))).toBe(0.1);
  expect(toDouble(2n ** 70n)).toBe(2 ** 70);
});
