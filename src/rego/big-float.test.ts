/** Expected texts are those of Go's big.Float at 64 bits (Go 1.24), as OPA writes its numbers. */
import { expect, test } from 'vitest';
import {
  add,
  type BigFloat,
  bitLength,
  fromBigInt,
  fromScientific,
  isInteger,
  isZero,
  mul,
  negate,
  quo,
  toText,
  truncate,
} from './big-float.ts';
import { scientificOf } from './decimal.ts';

const float = (text: string): BigFloat => fromScientific(scientificOf(text));

test.each([
  ['0.1', '0.1'],
  ['0.30', '0.3'],
  ['1e-7', '1e-07'],
  ['1e-300', '1e-300'],
  ['0.00001', '1e-05'],
  ['0.0001', '0.0001'],
  ['-2.5', '-2.5'],
  ['12345.6789', '12345.6789'],
  ['123456.5', '123456.5'],
  ['1234567.5', '1.2345675e+06'],
  ['3.14159265358979323846264338327950288', '3.1415926535897932385'],
  ['18446744073709551617.5', '18446744073709551618'],
  ['1e25', `1${'0'.repeat(25)}`],
  ['1.5e300', `15${'0'.repeat(299)}`],
  ['0', '0'],
])('%s reads as %s', (text, want) => {
  expect(toText(float(text))).toBe(want);
});

test.each([
  ['1', '3', '0.33333333333333333334'],
  ['-1', '3', '-0.33333333333333333334'],
  ['2', '3', '0.6666666666666666667'],
  ['1', '7', '0.14285714285714285714'],
  ['10', '4', '2.5'],
  ['0.1', '0.2', '0.5'],
  ['1e20', '3', '33333333333333333334'],
  ['1e-20', '1e20', '1e-40'],
  ['9007199254740993', '2', '4.5035996273704965e+15'],
])('%s / %s is %s', (a, b, want) => {
  expect(toText(quo(float(a), float(b)))).toBe(want);
});

test.each([
  ['0.1', '0.2', '0.020000000000000000001'],
  ['1.1', '2.2', '2.42'],
  ['0.1', '-0.1', '-0.010000000000000000001'],
  ['1e-20', '1e20', '1'],
])('%s * %s is %s', (a, b, want) => {
  expect(toText(mul(float(a), float(b)))).toBe(want);
});

test.each([
  ['0.1', '0.2', '0.3'],
  ['1.1', '2.2', '3.3000000000000000002'],
  ['1e-20', '1e20', '100000000000000000000'],
  ['0.1', '-0.1', '0'],
  ['-1', '3', '2'],
  ['0', '2.5', '2.5'],
])('%s + %s is %s', (a, b, want) => {
  expect(toText(add(float(a), float(b)))).toBe(want);
  expect(toText(add(float(b), float(a)))).toBe(want);
});

test.each([
  ['2.5', 2n, false],
  ['-2.5', -2n, false],
  ['0.4', 0n, false],
  ['1e-20', 0n, false],
  ['1e20', 10n ** 20n, true],
  ['-7', -7n, true],
  ['0', 0n, true],
])('%s is cut off to %s', (text, whole, integer) => {
  expect(truncate(float(text))).toBe(whole);
  expect(isInteger(float(text))).toBe(integer);
});

test('integers keep all their bits, or as many as are asked for', () => {
  const wide = 2n ** 80n + 1n;
  expect(truncate(fromBigInt(wide))).toBe(wide);
  expect(truncate(fromBigInt(wide, 64))).toBe(2n ** 80n);
  expect(truncate(negate(fromBigInt(5n)))).toBe(-5n);
});

test('ties go to the even mantissa', () => {
  expect(truncate(fromBigInt(2n ** 64n + 1n, 64))).toBe(2n ** 64n);
  expect(truncate(fromBigInt(2n ** 64n + 3n, 64))).toBe(2n ** 64n + 4n);
});

test.each([
  [0n, 0],
  [1n, 1],
  [-255n, 8],
  [256n, 9],
  [2n ** 64n, 65],
])('%s has %d bits', (n, bits) => {
  expect(bitLength(n)).toBe(bits);
  expect(isZero(fromBigInt(n))).toBe(n === 0n);
});
