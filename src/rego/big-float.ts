/**
 * Binary floating point with a mantissa of chosen width, rounding to nearest, ties to even: OPA
 * computes fractions in Go's `big.Float` at its default 64 bits, and policies see the difference
 * (`1 / 3` is 0.33333333333333333334). Only what OPA's arithmetic uses is here.
 * Source: Go math/big (Float, ftoa, floatconv).
 */

import { type Scientific } from './decimal.ts';

/** Precision of a Float parsed from text. Source: Go big.Float.SetString on a zero value. */
export const DEFAULT_PRECISION = 64;

export interface BigFloat {
  readonly negative: boolean;
  /** Exactly `precision` bits long, or 0 for zero. The value is mantissa * 2^exponent. */
  readonly mantissa: bigint;
  readonly exponent: number;
  readonly precision: number;
}

export function bitLength(n: bigint): number {
  if (n === 0n) return 0;
  const hex = (n < 0n ? -n : n).toString(16);
  return hex.length * 4 - Math.clz32(parseInt(hex.charAt(0), 16)) + 28;
}

/** Rounds mantissa * 2^exponent; `sticky` says that non-zero bits were dropped below. */
function make(
  negative: boolean,
  mantissa: bigint,
  exponent: number,
  options: { precision: number; sticky?: boolean },
): BigFloat {
  const { precision, sticky = false } = options;
  if (mantissa === 0n) return { negative, mantissa, exponent: 0, precision };
  const excess = bitLength(mantissa) - precision;
  if (excess <= 0) {
    const up = BigInt(-excess);
    return { negative, mantissa: mantissa << up, exponent: exponent + excess, precision };
  }
  const shift = BigInt(excess);
  let kept = mantissa >> shift;
  const rest = mantissa - (kept << shift);
  const half = 1n << (shift - 1n);
  if (rest > half || (rest === half && (sticky || (kept & 1n) === 1n))) kept += 1n;
  let power = exponent + excess;
  if (bitLength(kept) > precision) {
    kept >>= 1n;
    power += 1;
  }
  return { negative, mantissa: kept, exponent: power, precision };
}

export function fromBigInt(
  n: bigint,
  precision = Math.max(bitLength(n), DEFAULT_PRECISION),
): BigFloat {
  return make(n < 0n, n < 0n ? -n : n, 0, { precision });
}

export function fromScientific(s: Scientific, precision = DEFAULT_PRECISION): BigFloat {
  const digits = s.digits === '' ? 0n : BigInt(s.digits);
  const exact: BigFloat = {
    negative: s.negative,
    mantissa: digits,
    exponent: s.exponent,
    precision,
  };
  if (s.exponent === 0 || digits === 0n) return make(s.negative, digits, 0, { precision });
  // digits * 10^e = digits * 2^e * 5^e; the power of five is itself a float, 64 bits wider.
  const five = powerOfFive(Math.abs(s.exponent), precision + 64);
  return s.exponent < 0 ? quo(exact, five, precision) : mul(exact, five, precision);
}

/** 5^27 is the largest power that fits 64 bits. Source: Go math/big floatconv.go, pow5tab. */
const EXACT_FIVES = 27;

function powerOfFive(n: number, precision: number): BigFloat {
  if (n <= EXACT_FIVES) return make(false, 5n ** BigInt(n), 0, { precision });
  let result = make(false, 5n ** BigInt(EXACT_FIVES), 0, { precision });
  let factor = make(false, 5n, 0, { precision: precision + 64 });
  for (let left = n - EXACT_FIVES; left > 0; left >>>= 1) {
    if ((left & 1) === 1) result = mul(result, factor, precision);
    factor = mul(factor, factor, precision + 64);
  }
  return result;
}

const wider = (a: BigFloat, b: BigFloat) => Math.max(a.precision, b.precision);

export function mul(a: BigFloat, b: BigFloat, precision = wider(a, b)): BigFloat {
  const negative = a.negative !== b.negative;
  return make(negative, a.mantissa * b.mantissa, a.exponent + b.exponent, { precision });
}

/** b is not zero. */
export function quo(a: BigFloat, b: BigFloat, precision = wider(a, b)): BigFloat {
  const negative = a.negative !== b.negative;
  if (a.mantissa === 0n) return make(negative, 0n, 0, { precision });
  const shift = Math.max(0, precision + 2 + bitLength(b.mantissa) - bitLength(a.mantissa));
  const numerator = a.mantissa << BigInt(shift);
  const quotient = numerator / b.mantissa;
  const sticky = quotient * b.mantissa !== numerator;
  return make(negative, quotient, a.exponent - b.exponent - shift, { precision, sticky });
}

export function add(a: BigFloat, b: BigFloat): BigFloat {
  const precision = wider(a, b);
  if (a.mantissa === 0n && b.mantissa === 0n) {
    return make(a.negative && b.negative, 0n, 0, { precision });
  }
  if (a.mantissa === 0n) return make(b.negative, b.mantissa, b.exponent, { precision });
  if (b.mantissa === 0n) return make(a.negative, a.mantissa, a.exponent, { precision });
  const [high, low] = a.exponent >= b.exponent ? [a, b] : [b, a];
  const gap = high.exponent - low.exponent;
  // Far apart, the smaller one only breaks ties: one bit well below the last kept one says it all.
  const near = gap <= 2 * precision + 4;
  const lowMantissa = near ? low.mantissa : 1n;
  const lowExponent = near ? low.exponent : high.exponent - (precision + 2);
  const scaled = high.mantissa << BigInt(high.exponent - lowExponent);
  const sum = (high.negative ? -scaled : scaled) + (low.negative ? -lowMantissa : lowMantissa);
  return make(sum < 0n, sum < 0n ? -sum : sum, lowExponent, { precision });
}

export const negate = (a: BigFloat): BigFloat => ({ ...a, negative: !a.negative });
export const isZero = (a: BigFloat): boolean => a.mantissa === 0n;

export function isInteger(a: BigFloat): boolean {
  if (a.mantissa === 0n || a.exponent >= 0) return true;
  return -a.exponent < a.precision && BigInt.asUintN(-a.exponent, a.mantissa) === 0n;
}

/** Toward zero. */
export function truncate(a: BigFloat): bigint {
  const magnitude =
    a.exponent >= 0
      ? a.mantissa << BigInt(a.exponent)
      : -a.exponent >= a.precision
        ? 0n
        : a.mantissa >> BigInt(-a.exponent);
  return a.negative ? -magnitude : magnitude;
}

/** Go's `Text('g', -1)`, or `Text('f', -1)` for integers: the form in which OPA keeps results. */
export function toText(a: BigFloat): string {
  const sign = a.negative ? '-' : '';
  if (a.mantissa === 0n) return `${sign}0`;
  const { digits, point } = shortestDigits(a);
  if (isInteger(a)) return sign + digits.padEnd(point, '0');
  const exponent = point - 1;
  // Go's %g decides as for six digits when it prints the shortest form.
  if (exponent < -4 || exponent >= 6) {
    const mantissa = digits.length > 1 ? `${digits.charAt(0)}.${digits.slice(1)}` : digits;
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

interface Digits {
  /** Significant digits, no zeros at either end. */
  readonly digits: string;
  /** The value is 0.digits * 10^point. */
  readonly point: number;
}

/** Exact decimal digits of mantissa * 2^exponent. */
function exactDigits(mantissa: bigint, exponent: number): Digits {
  const whole = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const text = whole.toString();
  const point = text.length - (exponent < 0 ? -exponent : 0);
  return { digits: text.replace(/0+$/, ''), point };
}

/** The fewest digits between the two neighbouring half-way points, as Go's roundShortest picks. */
function shortestDigits(a: BigFloat): Digits {
  const d = exactDigits(a.mantissa, a.exponent);
  const doubled = a.mantissa * 2n;
  // The half-way points themselves read back as this number only when its mantissa is even.
  const inclusive = (a.mantissa & 1n) === 0n;
  const lower = exactDigits(doubled - 1n, a.exponent - 1);
  const upper = exactDigits(doubled + 1n, a.exponent - 1);
  for (let i = 0; i < d.digits.length; i++) {
    const m = d.digits.charCodeAt(i);
    const l = lower.digits.charCodeAt(i) || 48;
    const u = upper.digits.charCodeAt(i) || 48;
    const down = l !== m || (inclusive && i + 1 === lower.digits.length);
    const up = m !== u && (inclusive || m + 1 < u || i + 1 < upper.digits.length);
    if (down && up) return cut(d, i + 1, roundsUp(d.digits, i + 1));
    if (down) return cut(d, i + 1, false);
    if (up) return cut(d, i + 1, true);
  }
  return d;
}

function roundsUp(digits: string, n: number): boolean {
  if (n >= digits.length) return false;
  const next = digits.charCodeAt(n);
  // Exactly half way: to even. The digits carry no trailing zeros, so "5" at the end is exact.
  if (next === 53 && n + 1 === digits.length) return (digits.charCodeAt(n - 1) & 1) === 1;
  return next >= 53;
}

function cut(d: Digits, n: number, up: boolean): Digits {
  const head = d.digits.slice(0, n);
  if (!up) return { digits: head.replace(/0+$/, ''), point: d.point };
  const raised = (BigInt(head) + 1n).toString();
  const carried = raised.length > head.length ? 1 : 0;
  return { digits: raised.replace(/0+$/, ''), point: d.point + carried };
}
