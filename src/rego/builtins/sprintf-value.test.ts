/** Expected texts are those of Go's fmt.Sprintf (Go 1.24). */
import { expect, test } from 'vitest';
import { noFlags, type Flags } from './sprintf-flags.ts';
import { formatValue, goTypeName, type GoArgument } from './sprintf-value.ts';

const int = (value: number): GoArgument => ({ kind: 'int', value: BigInt(value), big: false });
const big: GoArgument = { kind: 'int', value: 12345678901234567890123n, big: true };
const float = (value: number): GoArgument => ({ kind: 'float', value });
const string = (value: string): GoArgument => ({ kind: 'string', value });

test.each<[GoArgument, string, Partial<Flags>, string]>([
  [int(7), 'd', { plus: true }, '+7'],
  [int(7), 'd', { space: true }, ' 7'],
  [int(-7), 'd', { zero: true, width: 5 }, '-0007'],
  [int(7), 'd', { minus: true, width: 5 }, '7    '],
  [int(7), 'd', { precision: 3 }, '007'],
  [int(0), 'd', { precision: 0 }, ''],
  [int(-255), 'x', {}, '-ff'],
  [int(255), 'X', { sharp: true }, '0XFF'],
  [int(8), 'o', { sharp: true }, '010'],
  [int(8), 'O', {}, '0o10'],
  [int(5), 'b', { sharp: true }, '0b101'],
  [int(0x1f600), 'c', {}, '😀'],
  [int(0xd800), 'c', {}, '\ufffd'],
  [int(39), 'q', {}, "'\\''"],
  [int(10), 'q', {}, "'\\n'"],
  [int(0xe9), 'q', { plus: true }, "'\\u00e9'"],
  [int(0x1f600), 'U', {}, 'U+1F600'],
  [int(65), 'U', { sharp: true }, "U+0041 'A'"],
  [int(3), 's', {}, '%!s(int64=3)'],
  [int(3), 'T', {}, 'int64'],
])('%#: an integer under %%%s', (arg, verb, flags, want) => {
  expect(formatValue(arg, verb, { ...noFlags(), ...flags })).toBe(want);
});

test.each<[string, Partial<Flags>, string]>([
  ['s', {}, '12345678901234567890123'],
  ['x', { sharp: true }, '0x29d42b64e76714244cb'],
  ['q', {}, '%!q(big.Int=12345678901234567890123)'],
  ['d', { zero: true, width: 30 }, '000000012345678901234567890123'],
])('a big integer under %%%s', (verb, flags, want) => {
  expect(formatValue(big, verb, { ...noFlags(), ...flags })).toBe(want);
});

test.each<[number, string, Partial<Flags>, string]>([
  [0.25, 'f', { precision: 1 }, '0.2'],
  [1234.5678, 'e', {}, '1.234568e+03'],
  [1e-7, 'G', {}, '1E-07'],
  [-3.14159, 'f', { zero: true, width: 8, precision: 2 }, '-0003.14'],
  [2, 'f', { plus: true }, '+2.000000'],
  [2.25, 'f', { minus: true, width: 8, precision: 1 }, '2.2     '],
  [2, 'd', {}, '%!d(float64=2)'],
  [1, 'x', {}, '0x1p+00'],
])('the float %d under %%%s', (value, verb, flags, want) => {
  expect(formatValue(float(value), verb, { ...noFlags(), ...flags })).toBe(want);
});

test.each<[string, string, Partial<Flags>, string]>([
  ['hé', 's', { width: 5 }, '   hé'],
  ['éa', 's', { precision: 1 }, 'é'],
  ['ab', 's', { zero: true, width: 5 }, '000ab'],
  ['a"b\n', 'q', {}, '"a\\"b\\n"'],
  ['ab', 'q', { sharp: true }, '`ab`'],
  ['a`b', 'q', { sharp: true }, '"a`b"'],
  ['é😀', 'q', { plus: true }, '"\\u00e9\\U0001f600"'],
  ['hé', 'x', {}, '68c3a9'],
  ['hi', 'X', { sharp: true, space: true }, '0X68 0X69'],
  ['hi', 'x', { precision: 1 }, '68'],
  ['hi', 'v', { sharp: true }, '"hi"'],
  ['hi', 'd', {}, '%!d(string=hi)'],
])('the string %j under %%%s', (value, verb, flags, want) => {
  expect(formatValue(string(value), verb, { ...noFlags(), ...flags })).toBe(want);
});

test('type names are those of Go', () => {
  expect([int(1), big, float(1), string('')].map(goTypeName)).toEqual([
    'int64',
    '*big.Int',
    'float64',
    'string',
  ]);
});
