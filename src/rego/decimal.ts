/**
 * A number that keeps the text it was written with: OPA prints `1.0` and `1e3` as they came, yet
 * compares them by value. Only the `opa` number model makes these, and only for what a plain
 * integer cannot say (`number.ts` holds the rule). The value is digits * 10^exponent, split on first
 * use, so that a literal nobody computes with costs one small object.
 */

const JSON_NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Sign, significant digits without zeros at either end, and the power of ten of the last digit. */
export interface Scientific {
  readonly negative: boolean;
  /** Empty for zero. */
  readonly digits: string;
  readonly exponent: number;
}

export class Decimal {
  readonly text: string;
  #parts: Scientific | undefined;

  constructor(text: string) {
    this.text = text;
  }

  scientific(): Scientific {
    return (this.#parts ??= scientificOf(this.text));
  }

  /** Signed digits, without zeros at the end; `0` for zero. With `exponent`, canonical. */
  get digits(): string {
    const { negative, digits } = this.scientific();
    return digits === '' ? '0' : negative ? `-${digits}` : digits;
  }

  /** Power of ten of the last digit. */
  get exponent(): number {
    return this.scientific().exponent;
  }

  /** The exact integer, or undefined when there is a fraction (or more digits than we expand). */
  asInteger(): bigint | undefined {
    return scientificToBigInt(this.scientific());
  }

  toString(): string {
    return this.text;
  }
}

/** Splits decimal text; the caller has checked that it is a number. */
export function scientificOf(text: string): Scientific {
  const [, sign = '', whole = '', fraction = '', power = '0'] = JSON_NUMBER.exec(text) ?? [];
  const all = whole + fraction;
  let start = 0;
  let end = all.length;
  while (start < end && all.charCodeAt(start) === 48) start++;
  while (end > start && all.charCodeAt(end - 1) === 48) end--;
  const digits = all.slice(start, end);
  if (digits === '') return { negative: false, digits: '', exponent: 0 };
  return {
    negative: sign === '-',
    digits,
    exponent: Number(power) - fraction.length + (all.length - end),
  };
}

export const compareDecimals = (a: Decimal, b: Decimal): number =>
  compareScientific(a.scientific(), b.scientific());

/** By value; no digits are padded out, so `1e100000` against `1` costs nothing. */
export function compareScientific(a: Scientific, b: Scientific): number {
  const signA = signOf(a);
  const signB = signOf(b);
  if (signA !== signB) return signA < signB ? -1 : 1;
  if (signA === 0) return 0;
  const topA = a.digits.length + a.exponent;
  const topB = b.digits.length + b.exponent;
  if (topA !== topB) return topA < topB === signA > 0 ? -1 : 1;
  // Digit strings without trailing zeros, aligned at the top: text order is value order.
  if (a.digits === b.digits) return 0;
  return a.digits < b.digits === signA > 0 ? -1 : 1;
}

function signOf(s: Scientific): number {
  return s.digits === '' ? 0 : s.negative ? -1 : 1;
}

/** Whole numbers longer than this many decimal digits are not expanded. */
const MAX_INTEGER_DIGITS = 400_000;

function scientificToBigInt(s: Scientific): bigint | undefined {
  if (s.digits === '') return 0n;
  if (s.exponent < 0 || s.digits.length + s.exponent > MAX_INTEGER_DIGITS) return undefined;
  const magnitude = BigInt(s.digits + '0'.repeat(s.exponent));
  return s.negative ? -magnitude : magnitude;
}
