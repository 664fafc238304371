/** Semantic versions as OPA reads them: a leading `v` is fine, numbers may have leading zeros. */
import { compareStrings } from '../../order.ts';
import type { Value } from '../../value.ts';
import { builtinFault, defineBuiltin } from '../../builtins/define.ts';

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly preRelease: string;
}

const FORM =
  /^v?([+-]?\d+)\.([+-]?\d+)\.([+-]?\d+)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?$/;
const INT64_MAX = 2n ** 63n - 1n;

function parse(text: string): Version | undefined {
  const form = FORM.exec(text);
  if (form === null) return undefined;
  const [major = 0n, minor = 0n, patch = 0n] = form
    .slice(1, 4)
    .map((part) => BigInt(part.replace(/^\+/, '')));
  if ([major, minor, patch].some((n) => n > INT64_MAX || n < -INT64_MAX - 1n)) return undefined;
  return { numbers: [major, minor, patch], preRelease: form[4] ?? '' };
}

const sign = (n: number): number => (n < 0 ? -1 : n > 0 ? 1 : 0);

function compare(a: Version, b: Version): number {
  for (let i = 0; i < 3; i++) {
    const [left = 0n, right = 0n] = [a.numbers[i], b.numbers[i]];
    if (left !== right) return left < right ? -1 : 1;
  }
  if (a.preRelease === b.preRelease) return 0;
  // A release comes after its pre-releases.
  if (a.preRelease === '') return 1;
  if (b.preRelease === '') return -1;
  return comparePreRelease(a.preRelease.split('.'), b.preRelease.split('.'));
}

/** Numbers before words; of equal beginnings the shorter first. */
function comparePreRelease(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [left = '', right = ''] = [a[i], b[i]];
    const [leftNumber, rightNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (leftNumber !== rightNumber) return leftNumber ? -1 : 1;
    const order = leftNumber
      ? sign(Number(BigInt(left) - BigInt(right)))
      : sign(compareStrings(left, right));
    if (order !== 0) return order;
  }
  return sign(a.length - b.length);
}

export const semver = [
  defineBuiltin({
    name: 'semver.compare',
    summary: '-1, 0 or 1 as the first version is before, equal to or after the second.',
    args: ['string', 'string'],
    result: 'number',
    impl(a: string, b: string) {
      const left = parse(a);
      if (left === undefined) return builtinFault(`operand 1: string "${a}" is not a valid SemVer`);
      const right = parse(b);
      if (right === undefined)
        return builtinFault(`operand 2: string "${b}" is not a valid SemVer`);
      return compare(left, right);
    },
  }),
  defineBuiltin({
    name: 'semver.is_valid',
    summary: 'The value is text of a semantic version.',
    args: ['any'],
    result: 'boolean',
    impl: (text: Value) => typeof text === 'string' && parse(text) !== undefined,
  }),
];
