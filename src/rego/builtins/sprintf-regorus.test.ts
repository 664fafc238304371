/** Texts are those of regorus 0.9.1 with strict builtin errors. */
import { expect, test } from 'vitest';
import type { Value } from '../value.ts';
import { isBuiltinFault } from './define.ts';
import { regorusSprintf } from './sprintf-regorus.ts';

function sprintf(format: string, args: readonly Value[]): string {
  const result = regorusSprintf({ format, args, text: String, charge: () => undefined });
  return isBuiltinFault(result) ? `error: ${result.message}` : result;
}

test.each<[string, readonly Value[], string]>([
  ['%d|%5d|%05d', [7, 42, -42], '7|   42|-00-42'],
  ['%x|%X|%o|%O|%b|%c', [255, 255, 8, 8, 5, 128512], 'ff|FF|0O10|0o10|101|😀'],
  ['%x %o %05x', [-255, -8, -255], '--ff -0O-10 -00-ff'],
  ['%s %v', ['a', 'b'], 'a b'],
  ['%v', [1.5], '1.5'],
  ['%e %E %g', [1234.5, 1234, 1.5], '1.2345e3 1.234E3 1.5e0'],
  ['%g %G', [100, 1e-7], '1e2 1E-7'],
  ['%e %e %e', [0, -12, 12345678901234567890n], '0e0 -1.2e1 1.2345678901234567890e19'],
  ['%.2f %f %8f', [3.14159, 2, 2.5], '3.14 2      2.5'],
  ['%.0f|%.1f|%08f|%.3f', [2.5, -0.25, 1.5, 1], '3|-0.3|000001.5|1'],
  ['100%%', [], '100%'],
  ['%d', ['a'], ''],
  ['%+ x|', ['a'], 'x|'],
])('%#: %s', (format, args, want) => {
  expect(sprintf(format, args)).toBe(want);
});

test.each<[string, readonly Value[], string]>([
  ['%d', [], 'no argument specified for format verb 0'],
  ['%', [1], 'missing format verb after `%` at end of format string'],
  ['%5', [1], 'missing format verb after `%width` at end of format string'],
  ['a', [1], 'extra arguments (1) specified for 0 format verbs.'],
  ['%q', ['a'], 'Go-syntax format verbs %#v. %q, %p and %T are not supported.'],
  ['%d', [1.5], 'number specified for format verb d.'],
  ['%+5d', [1], 'number specified for format verb +.'],
  ['%c', [0xd800], 'invalid value 55296 for format verb c.'],
  ['%+vx%s', ['a', 'b'], 'Go-syntax fields names format verm %#v is not supported.'],
])('%s is refused', (format, args, message) => {
  expect(sprintf(format, args)).toBe(`error: ${message}`);
});
