/** Expected texts are those of Go's fmt.Sprintf (Go 1.24). */
import { expect, test } from 'vitest';
import { goSprintf } from './sprintf-go.ts';
import type { GoArgument } from './sprintf-value.ts';

const argument = (value: number | string): GoArgument => {
  if (typeof value === 'string') return { kind: 'string', value };
  return Number.isInteger(value)
    ? { kind: 'int', value: BigInt(value), big: false }
    : { kind: 'float', value };
};

const sprintf = (format: string, args: readonly (number | string)[]): string =>
  goSprintf(format, args.map(argument), () => undefined);

test.each<[string, (number | string)[], string]>([
  ['a%%b', [], 'a%b'],
  ['%d %d', [1], '1 %!d(MISSING)'],
  ['%d', [1, 2, 'x'], '1%!(EXTRA int64=2, string=x)'],
  ['100%', [], '100%!(NOVERB)'],
  ['%5', [1], '%!(NOVERB)%!(EXTRA int64=1)'],
  ['%[2]d %[1]d', [1, 2], '2 1'],
  ['%[1]d', [1, 2], '1'],
  ['%[3]d', [1], '%!d(BADINDEX)'],
  ['%[x]d', [1], '%!d(BADINDEX)'],
  ['%[1]5d', [3], '%!d(BADINDEX)'],
  ['%*d|', [5, 42], '   42|'],
  ['%*d|', [-5, 42], '42   |'],
  ['%*d', ['w', 42], '%!(BADWIDTH)42'],
  ['%.*f', [2, 3.14159], '3.14'],
  ['%.*f', [-2, 3.14159], '%!(BADPREC)3.141590'],
  ['%[1]*d', [3, 4], '  4'],
  ['%z', [1], '%!z(int64=1)'],
  ['%é', [1], '%!é(int64=1)'],
  ['%+v', [1], '1'],
  ['%+d|% d|%-4d|%04d|%#x', [1, 2, 3, 4, 255], '+1| 2|3   |0004|0xff'],
])('%j with %j is %j', (format, args, want) => {
  expect(sprintf(format, args)).toBe(want);
});

test('a width is charged before the text is made', () => {
  let charged = 0;
  goSprintf('%1000d', [argument(1)], (units) => (charged += units));
  expect(charged).toBe(2000);
});

test('a width above one million is none, as in Go', () => {
  expect(sprintf('%1000001d', [1])).toBe('1');
});
