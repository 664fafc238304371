/**
 * Numbers as the two engines have them. `opa`: exact integers of any size, everything else as
 * decimal text computed with a 64-bit mantissa. `regorus`: 64-bit integers growing into big ones,
 * everything else an IEEE double. Both hold an integer as `number` while it is safe and as
 * `bigint` beyond, so policies that only count pay for neither.
 * Source: OPA v1/topdown/arithmetic.go and builtins.go; regorus src/number.rs.
 */
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
import { Decimal, scientificOf } from './decimal.ts';

export type RegoNumber = number | bigint | Decimal;

/** Why an operation has no result; the builtin's name is put in front by whoever reports it. */
export class NumberFault {
  readonly message: string;
  /** A limit of ours was hit: fatal, never just undefined. */
  readonly limit: boolean;

  constructor(message: string, limit = false) {
    this.message = message;
    this.limit = limit;
  }
}

/** Results above this many bits are refused: repeated squaring must not eat the memory. */
export const MAX_INTEGER_BITS = 1 << 20;

export const numberFaults = {
  divideByZero: new NumberFault('divide by zero'),
  moduloByZero: new NumberFault('modulo by zero'),
  moduloFloat: new NumberFault('modulo on floating-point number'),
  tooBig: new NumberFault(`number exceeds ${MAX_INTEGER_BITS} bits`, true),
};

export const isNumeric = (value: unknown): value is RegoNumber =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof Decimal;

/** The canonical form of an integer: `number` while safe, `bigint` beyond. */
export function fromInteger(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** The exact integer value, or undefined for a fraction (and for regorus doubles above 2^53). */
export function toInteger(n: RegoNumber): bigint | undefined {
  if (typeof n === 'bigint') return n;
  if (typeof n === 'number') {
    return Number.isInteger(n) && Math.abs(n) <= 2 ** 53 ? BigInt(n) : undefined;
  }
  return n.asInteger();
}

/** The nearest double. */
export function toDouble(n: RegoNumber): number {
  return typeof n === 'number' ? n : Number(n instanceof Decimal ? n.text : n);
}

export function toBigFloat(n: RegoNumber): BigFloat {
  if (n instanceof Decimal) return fromScientific(n.scientific());
  if (typeof n === 'bigint') return fromBigInt(n, 64);
  return Number.isInteger(n) ? fromBigInt(BigInt(n)) : fromScientific(scientificOf(String(n)));
}

/** An OPA result: integers become plain, anything else keeps Go's text. */
export function fromBigFloat(f: BigFloat): RegoNumber {
  const text = toText(f);
  return isInteger(f) && text !== '-0' ? fromInteger(BigInt(text)) : new Decimal(text);
}

export interface Arithmetic {
  add(a: RegoNumber, b: RegoNumber): RegoNumber | NumberFault;
  sub(a: RegoNumber, b: RegoNumber): RegoNumber | NumberFault;
  mul(a: RegoNumber, b: RegoNumber): RegoNumber | NumberFault;
  div(a: RegoNumber, b: RegoNumber): RegoNumber | NumberFault;
  rem(a: RegoNumber, b: RegoNumber): RegoNumber | NumberFault;
  abs(a: RegoNumber): RegoNumber;
  round(a: RegoNumber): RegoNumber;
  ceil(a: RegoNumber): RegoNumber;
  floor(a: RegoNumber): RegoNumber;
}

function bounded(value: bigint): RegoNumber | NumberFault {
  return bitLength(value) > MAX_INTEGER_BITS ? numberFaults.tooBig : fromInteger(value);
}

/** Both operands as exact integers, or undefined when either is not one. */
function integers(a: RegoNumber, b: RegoNumber): readonly [bigint, bigint] | undefined {
  const x = toInteger(a);
  if (x === undefined) return undefined;
  const y = toInteger(b);
  return y === undefined ? undefined : [x, y];
}

const bothNumbers = (a: RegoNumber, b: RegoNumber): boolean =>
  typeof a === 'number' && typeof b === 'number';

const HALF = fromScientific(scientificOf('0.5'));

export const opaArithmetic: Arithmetic = {
  add(a, b) {
    if (typeof a === 'number' && typeof b === 'number') {
      const sum = a + b;
      if (Number.isSafeInteger(sum)) return sum;
    }
    const exact = integers(a, b);
    if (exact !== undefined) return bounded(exact[0] + exact[1]);
    return fromBigFloat(add(toBigFloat(a), toBigFloat(b)));
  },
  sub(a, b) {
    if (typeof a === 'number' && typeof b === 'number') {
      const difference = a - b;
      if (Number.isSafeInteger(difference)) return difference;
    }
    const exact = integers(a, b);
    if (exact !== undefined) return bounded(exact[0] - exact[1]);
    return fromBigFloat(add(toBigFloat(a), negate(toBigFloat(b))));
  },
  mul(a, b) {
    if (typeof a === 'number' && typeof b === 'number') {
      const product = a * b;
      // `+ 0` turns JavaScript's -0 into the integer zero.
      if (Number.isSafeInteger(product)) return product + 0;
    }
    const exact = integers(a, b);
    if (exact === undefined) return fromBigFloat(mul(toBigFloat(a), toBigFloat(b)));
    if (bitLength(exact[0]) + bitLength(exact[1]) > MAX_INTEGER_BITS) return numberFaults.tooBig;
    return fromInteger(exact[0] * exact[1]);
  },
  div(a, b) {
    if (typeof a === 'number' && typeof b === 'number' && a !== 0 && b !== 0 && a % b === 0) {
      return a / b;
    }
    const divisor = toBigFloat(b);
    if (isZero(divisor)) return numberFaults.divideByZero;
    return fromBigFloat(quo(toBigFloat(a), divisor));
  },
  rem(a, b) {
    if (typeof a === 'number' && typeof b === 'number') {
      return b === 0 ? numberFaults.moduloByZero : (a % b) + 0;
    }
    const exact = integers(a, b);
    if (exact === undefined) return numberFaults.moduloFloat;
    return exact[1] === 0n ? numberFaults.moduloByZero : fromInteger(exact[0] % exact[1]);
  },
  abs(a) {
    if (typeof a === 'number') return Math.abs(a);
    return fromBigFloat({ ...toBigFloat(a), negative: false });
  },
  round(a) {
    if (typeof a === 'number') return a;
    const f = toBigFloat(a);
    return fromWhole(truncate(add(f, f.negative ? negate(HALF) : HALF)));
  },
  // OPA truncates first and then corrects by the sign of the result, which for values strictly
  // between -1 and 0 is no longer there: ceil gives 1 and floor 0. Kept: verdicts follow.
  ceil(a) {
    if (typeof a === 'number') return a;
    const f = toBigFloat(a);
    const whole = truncate(f);
    return whole < 0n || isInteger(f) ? fromWhole(whole) : fromWhole(whole + 1n);
  },
  floor(a) {
    if (typeof a === 'number') return a;
    const f = toBigFloat(a);
    const whole = truncate(f);
    return whole >= 0n || isInteger(f) ? fromWhole(whole) : fromWhole(whole - 1n);
  },
};

const fromWhole = (value: bigint): RegoNumber => fromBigFloat(fromBigInt(value));

/** regorus turns integral doubles up to 2^53 back into integers, which also drops the sign of -0. */
const normalized = (value: number): number => value + 0;

/** Exact when both are integers, else as doubles. */
function regorusOperation(
  exact: (a: bigint, b: bigint) => bigint,
  inexact: (a: number, b: number) => number,
): (a: RegoNumber, b: RegoNumber) => RegoNumber | NumberFault {
  return (a, b) => {
    if (bothNumbers(a, b)) {
      const result = inexact(a as number, b as number);
      if (Number.isSafeInteger(result) || !Number.isInteger(a) || !Number.isInteger(b)) {
        return normalized(result);
      }
    }
    if (isDouble(a) || isDouble(b)) return normalized(inexact(toDouble(a), toDouble(b)));
    const [x, y] = [BigInt(a as number | bigint), BigInt(b as number | bigint)];
    if (bitLength(x) + bitLength(y) > MAX_INTEGER_BITS) return numberFaults.tooBig;
    return fromInteger(exact(x, y));
  };
}

/** regorus' `Number::Float`, as far as it can be told from an integer: by not being a safe one. */
const isDouble = (n: RegoNumber): boolean => typeof n === 'number' && !Number.isSafeInteger(n);

export const regorusArithmetic: Arithmetic = {
  add: regorusOperation(
    (a, b) => a + b,
    (a, b) => a + b,
  ),
  sub: regorusOperation(
    (a, b) => a - b,
    (a, b) => a - b,
  ),
  mul: regorusOperation(
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  div(a, b) {
    if (toDouble(b) === 0) return numberFaults.divideByZero;
    if (typeof a === 'number' && typeof b === 'number') {
      const quotient = a / b;
      return quotient === 0 && !Object.is(a, -0) ? 0 : quotient;
    }
    const exact = integers(a, b);
    if (exact?.[0] !== undefined && exact[0] % exact[1] === 0n) {
      return fromInteger(exact[0] / exact[1]);
    }
    return toDouble(a) / toDouble(b);
  },
  rem(a, b) {
    if (toDouble(b) === 0) return numberFaults.moduloByZero;
    const exact = integers(a, b);
    if (exact === undefined) return numberFaults.moduloFloat;
    return fromInteger(exact[0] % exact[1]);
  },
  abs: (a) => (typeof a === 'bigint' ? fromInteger(a < 0n ? -a : a) : Math.abs(toDouble(a))),
  round(a) {
    if (typeof a !== 'number' || Number.isInteger(a)) return a;
    // Half away from zero; Math.round goes up.
    const magnitude = Math.floor(Math.abs(a));
    const rounded = Math.abs(a) - magnitude >= 0.5 ? magnitude + 1 : magnitude;
    return normalized(a < 0 ? -rounded : rounded);
  },
  ceil: (a) => (typeof a === 'number' ? normalized(Math.ceil(a)) : a),
  floor: (a) => (typeof a === 'number' ? normalized(Math.floor(a)) : a),
};

/** As OPA writes a number anywhere: its text. */
export const opaNumberText = (n: RegoNumber): string =>
  n instanceof Decimal ? n.text : Object.is(n, -0) ? '-0' : String(n);

const U64_MAX = 2n ** 64n - 1n;
const I64_MIN = -(2n ** 63n);

/**
 * As regorus writes a number in JSON, prints and errors: through a 64-bit integer if it fits, else
 * through a double in shortest form, with an exponent above u64 and below 1e-5.
 */
export function regorusNumberText(n: RegoNumber): string {
  if (typeof n === 'number' && Number.isSafeInteger(n))
    return Object.is(n, -0) ? '-0.0' : String(n);
  const whole =
    typeof n === 'bigint'
      ? n
      : typeof n === 'number' && Number.isInteger(n)
        ? BigInt(plainDecimal(n))
        : undefined;
  if (whole !== undefined && whole <= U64_MAX && whole >= I64_MIN) return whole.toString();
  return rustDouble(toDouble(n));
}

/** serde_json's form of a double: exponent from 1e16 up and below 1e-5, no plus sign. */
function rustDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf';
  const [mantissa = '', power = ''] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -5 || exponent >= 16) return `${mantissa}e${exponent}`;
  return plainDecimal(value);
}

/** As Rust's `{}` writes a number: never an exponent. regorus' sprintf shows this. */
export function plainDecimal(n: RegoNumber): string {
  if (typeof n !== 'number') return n instanceof Decimal ? n.text : n.toString();
  if (Number.isSafeInteger(n)) return Object.is(n, -0) ? '-0' : String(n);
  if (!Number.isFinite(n)) return rustDouble(n);
  const sign = n < 0 ? '-' : '';
  const [mantissa = '', power = ''] = Math.abs(n).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const point = Number(power) + 1;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits.padEnd(point, '0');
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
