/** Expected texts are those of Go's strconv.FormatFloat (Go 1.24). */
import { expect, test } from 'vitest';
import { floatDigits, goFloatText } from './float-text.ts';
import { noFlags } from './sprintf-flags.ts';

const format = (value: number, style: string, precision?: number): string =>
  floatDigits(value, style, { ...noFlags(), precision });

test.each([
  [0, '0'],
  [-0, '-0'],
  [0.5, '0.5'],
  [100, '100'],
  [123456, '123456'],
  [1234567, '1.234567e+06'],
  [1e21, '1e+21'],
  [0.00001234, '1.234e-05'],
  [0.0001, '0.0001'],
  [1 / 3, '0.3333333333333333'],
  [-1.5, '-1.5'],
  [5e-324, '5e-324'],
])('the shortest text of %d is %s', (value, want) => {
  expect(goFloatText(value)).toBe(want);
});

test.each([
  [0.5, 'f', 0, '0'],
  [1.5, 'f', 0, '2'],
  [2.5, 'f', 0, '2'],
  [9.995, 'f', 2, '9.99'],
  [0.125, 'f', 2, '0.12'],
  [1e21, 'f', 0, '1000000000000000000000'],
  [1.5, 'f', undefined, '1.500000'],
  [123456, 'e', 3, '1.235e+05'],
  [0, 'e', 3, '0.000e+00'],
  [5e-324, 'e', 3, '4.941e-324'],
  [9.995, 'E', 1, '1.0E+01'],
  [123456, 'G', 3, '1.23E+05'],
  [100, 'G', 3, '100'],
  [9.995, 'G', 3, '9.99'],
  [0.00001234, 'G', 3, '1.23E-05'],
  [0.5, 'b', undefined, '4503599627370496p-53'],
  [1e21, 'b', undefined, '7629394531250000p+17'],
  [0, 'b', undefined, '0p-1074'],
  [123456, 'x', undefined, '0x1.e24p+16'],
  [9.995, 'x', undefined, '0x1.3fd70a3d70a3dp+03'],
  [1 / 3, 'x', 1, '0x1.5p-02'],
  [Number.MAX_VALUE, 'x', 1, '0x1.0p+1024'],
  [5e-324, 'x', undefined, '0x1p-1074'],
  [0, 'x', 1, '0x0.0p+00'],
  [255, 'X', undefined, '0X1.FEP+07'],
])('%d under %%%s with precision %s is %s', (value, style, precision, want) => {
  expect(format(value, style, precision)).toBe(want);
});

test('# keeps the zeros of %g', () => {
  expect(floatDigits(1, 'g', { ...noFlags(), sharp: true })).toBe('1.00000');
});
