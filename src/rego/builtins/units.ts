/** Quantities with a unit: Kubernetes' resource quantities and byte sizes. */
import { fromScientific, mul, truncate } from '../big-float.ts';
import { Decimal, scientificOf } from '../decimal.ts';
import { fromInteger, NumberFault, regorusArithmetic, type RegoNumber } from '../number.ts';
import { numberOf, type Value } from '../value.ts';
import {
  builtinFault,
  type BuiltinFault,
  type BuiltinResult,
  defineBuiltin,
  fatalFault,
} from './define.ts';

const BINARY: Readonly<Record<string, bigint>> = {
  ki: 1n << 10n,
  mi: 1n << 20n,
  gi: 1n << 30n,
  ti: 1n << 40n,
  pi: 1n << 50n,
  ei: 1n << 60n,
};

const DECIMAL: Readonly<Record<string, bigint>> = {
  k: 10n ** 3n,
  m: 10n ** 6n,
  g: 10n ** 9n,
  t: 10n ** 12n,
  p: 10n ** 15n,
  e: 10n ** 18n,
};

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** Exponents beyond this many digits are refused. Source: OPA parse_bytes.go. */
const MAX_EXPONENT_DIGITS = 6;

interface Quantity {
  readonly amount: string;
  readonly unit: string;
}

/** Splits "1.5e3Ki" where the number ends; undefined: the exponent is too long. */
function splitQuantity(text: string): Quantity | undefined {
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (/[eE]/.test(char)) {
      if (!/[0-9+-]/.test(text.charAt(at + 1)))
        return { amount: text.slice(0, at), unit: text.slice(at) };
      if (/[+-]/.test(text.charAt(at + 1))) at++;
      const digits = /^\d*/.exec(text.slice(at + 1))?.[0].length ?? 0;
      if (digits > MAX_EXPONENT_DIGITS) return undefined;
    } else if (!/[0-9.+-]/.test(char)) {
      return { amount: text.slice(0, at), unit: text.slice(at) };
    }
  }
  return { amount: text, unit: '' };
}

/** What Go reads as a decimal number. */
const GO_NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

const plain = (amount: string): string => amount.replace(/^\+/, '');

/** m is a thousandth and M a million, so the first letter keeps its case. */
function resourceUnit(unit: string): { readonly by: bigint; readonly over: bigint } | undefined {
  const name = unit.charAt(0) + unit.slice(1).toLowerCase();
  if (name === '') return { by: 1n, over: 1n };
  if (name === 'm') return { by: 1n, over: 1000n };
  const binary = own(BINARY, name.charAt(0).toLowerCase() + name.slice(1));
  if (binary !== undefined) return { by: binary, over: 1n };
  if (name.length !== 1) return undefined;
  const decimal = own(DECIMAL, name.toLowerCase());
  return decimal === undefined ? undefined : { by: decimal, over: 1n };
}

/** Ten decimals, halves away from zero, as Go's Rat.FloatString(10) prints. */
const FRACTION_DIGITS = 10;

function rationalText(numerator: bigint, denominator: bigint): Value {
  if (numerator % denominator === 0n) return fromInteger(numerator / denominator);
  const negative = numerator < 0n;
  const scaled = (negative ? -numerator : numerator) * 10n ** BigInt(FRACTION_DIGITS);
  const rounded = (scaled * 2n + denominator) / (denominator * 2n);
  const digits = rounded.toString().padStart(FRACTION_DIGITS + 1, '0');
  const whole = digits.slice(0, -FRACTION_DIGITS);
  return new Decimal(`${negative ? '-' : ''}${whole}.${digits.slice(-FRACTION_DIGITS)}`);
}

/** 0.001 as the double Go starts from; its exact value is what gets multiplied. */
const MILLI = { numerator: 1152921504606847n, denominator: 1n << 60n };

function parseResource(raw: string): BuiltinResult {
  const text = raw.replaceAll('"', '');
  const fault = (reason: string) => builtinFault(`units.parse: ${reason}`);
  if (text.includes(' ')) return fault('spaces not allowed in resource strings');
  const quantity = splitQuantity(text);
  if (quantity === undefined) return fault('exponent too large');
  if (quantity.amount === '') return fault('no amount provided');
  const unit = resourceUnit(quantity.unit);
  if (unit === undefined) {
    const name = quantity.unit.charAt(0) + quantity.unit.slice(1).toLowerCase();
    return fault(`unit ${name} not recognized`);
  }
  if (!GO_NUMBER.test(quantity.amount)) return fault('could not parse amount to a number');
  const { negative, digits, exponent } = scientificOf(plain(quantity.amount));
  if (digits === '') return 0;
  const magnitude = BigInt(digits) * (negative ? -1n : 1n);
  const ten = 10n ** BigInt(Math.abs(exponent));
  const milli = unit.over !== 1n;
  const numerator = magnitude * (milli ? MILLI.numerator : unit.by) * (exponent > 0 ? ten : 1n);
  const denominator = (milli ? MILLI.denominator : 1n) * (exponent < 0 ? ten : 1n);
  return rationalText(numerator, denominator);
}

function byteUnit(unit: string): bigint | undefined {
  const name = unit.replace(/b$/, '');
  if (unit === '') return 1n;
  if (name === '') return undefined;
  return own(BINARY, name) ?? own(DECIMAL, name);
}

function parseBytes(raw: string): BuiltinResult {
  const text = raw.toLowerCase().replaceAll('"', '');
  const fault = (reason: string) => builtinFault(`units.parse_bytes: ${reason}`);
  if (text.includes(' ')) return fault('spaces not allowed in resource strings');
  const quantity = splitQuantity(text);
  if (quantity === undefined) return fault('exponent too large');
  if (quantity.amount === '') return fault('no byte amount provided');
  const unit = byteUnit(quantity.unit);
  if (unit === undefined) return fault(`byte unit ${quantity.unit} not recognized`);
  if (!GO_NUMBER.test(quantity.amount)) return fault('could not parse byte amount to a number');
  const amount = fromScientific(scientificOf(plain(quantity.amount)));
  const factor = fromScientific({ negative: false, digits: unit.toString(), exponent: 0 });
  return fromInteger(truncate(mul(amount, factor)));
}

/** regorus knows more SI prefixes. Source: regorus units.rs. */
const GUEST_TEN: Readonly<Record<string, number>> = {
  E: 18,
  e: 18,
  P: 15,
  p: 15,
  T: 12,
  t: 12,
  G: 9,
  g: 9,
  M: 6,
  K: 3,
  k: 3,
  m: -3,
  Q: 30,
  R: 27,
  Y: 24,
  Z: 21,
  h: 2,
  da: 1,
  d: -1,
  c: -2,
  μ: -6,
  n: -9,
  f: -15,
  a: -18,
  z: -21,
  y: -24,
  r: -27,
  q: -30,
  '': 0,
};
const GUEST_TWO: Readonly<Record<string, number>> = {
  ki: 10,
  mi: 20,
  gi: 30,
  ti: 40,
  pi: 50,
  ei: 60,
  zi: 70,
  yi: 80,
};
const GUEST_BYTES_TEN: Readonly<Record<string, number>> = {
  q: 30,
  r: 27,
  y: 24,
  z: 21,
  e: 18,
  p: 15,
  t: 12,
  g: 9,
  m: 6,
  k: 3,
};

interface RegorusQuantity {
  readonly amount: string;
  readonly unit: string;
}

function regorusQuantity(raw: string): RegorusQuantity | BuiltinFault {
  const quoted = raw.length >= 2 && raw.startsWith('"') && raw.endsWith('"');
  const text = quoted ? raw.slice(1, -1) : raw;
  if (/\p{White_Space}/u.test(text)) return builtinFault('spaces not allowed in resource strings');
  const last = /^[^]*[0-9]/.exec(text)?.[0] ?? text;
  return {
    amount: last.replace(/^([+-]?)\./, '$10.'),
    unit: text.slice(last.length),
  };
}

/** Far beyond what a double holds; regorus expands such a number digit by digit. */
const MAX_GUEST_EXPONENT = 100_000;

/** Rust's Number::from_str; underscores are dropped, whole numbers stay exact. */
function regorusNumber(text: string): RegoNumber | BuiltinFault {
  const clean = text.trim().replaceAll('_', '').replace(/^\+/, '');
  if (!/^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(clean)) {
    return builtinFault('could not parse number');
  }
  const parts = scientificOf(clean);
  const exponent = /[eE]/.test(clean);
  if (Math.abs(parts.exponent) > MAX_GUEST_EXPONENT) {
    return fatalFault(`regorus fails on an exponent of ${parts.exponent}`);
  }
  if (parts.exponent >= 0 && (exponent || !clean.includes('.')) && parts.exponent < 10_000) {
    const whole = BigInt(parts.digits === '' ? '0' : parts.digits) * 10n ** BigInt(parts.exponent);
    return fromInteger(parts.negative ? -whole : whole);
  }
  return numberOf(clean, 'double') as RegoNumber;
}

function scaleByTen(amount: string, power: number): RegoNumber | BuiltinFault {
  if (power === 0) return regorusNumber(amount);
  const form = /^([^eE]*)(?:[eE]([+-]?\d+))?$/.exec(amount);
  const mantissa = form?.[1] ?? amount;
  if (mantissa === '') return builtinFault('could not parse number');
  const total = Number(form?.[2] ?? 0) + power;
  return regorusNumber(total === 0 ? mantissa : `${mantissa}e${total}`);
}

function scaleByTwo(amount: string, power: number): BuiltinResult {
  const number = regorusNumber(amount);
  if (typeof number === 'object' && !(number instanceof Decimal)) return number;
  const result = regorusArithmetic.mul(number, fromInteger(1n << BigInt(power)));
  return result instanceof NumberFault ? builtinFault(result.message) : result;
}

const isNumber = (value: BuiltinResult): value is RegoNumber =>
  typeof value === 'number' || typeof value === 'bigint';

const rounded = (value: BuiltinResult): BuiltinResult =>
  isNumber(value) ? regorusArithmetic.round(value) : value;

export const units = [
  defineBuiltin({
    name: 'units.parse',
    summary: 'Number of a quantity with an SI or binary suffix, "10Gi", "100m".',
    args: ['string'],
    result: 'number',
    impl: parseResource,
    regorusImpl(raw: string) {
      const quantity = regorusQuantity(raw);
      if (!('unit' in quantity)) return quantity;
      const ten = own(GUEST_TEN, quantity.unit);
      if (ten !== undefined) return scaleByTen(quantity.amount, ten);
      const two = own(GUEST_TWO, quantity.unit.toLowerCase());
      return two === undefined ? undefined : scaleByTwo(quantity.amount, two);
    },
  }),
  defineBuiltin({
    name: 'units.parse_bytes',
    summary: 'Whole number of bytes of a size, "10KB", "1.5GiB".',
    args: ['string'],
    result: 'number',
    impl: parseBytes,
    regorusImpl(raw: string) {
      const quantity = regorusQuantity(raw);
      if (!('unit' in quantity)) return quantity;
      const unit = quantity.unit.toLowerCase();
      const name = unit.replace(/b$/, '');
      if (unit === '') return rounded(regorusNumber(quantity.amount));
      const two = own(GUEST_TWO, name);
      if (two !== undefined) return rounded(scaleByTwo(quantity.amount, two));
      const ten = own(GUEST_BYTES_TEN, name);
      return ten === undefined ? undefined : rounded(scaleByTen(quantity.amount, ten));
    },
  }),
];
