/**
 * regorus' sprintf: a smaller set of verbs, its own text of numbers, and errors where Go prints a
 * complaint. Source: regorus strings.rs, and what it does on each verb, odd ones included.
 */
import {
  isNumeric,
  plainDecimal,
  type RegoNumber,
  regorusArithmetic,
  toDouble,
  toInteger,
} from '../number.ts';
import type { Value } from '../value.ts';
import { type BuiltinFault, builtinFault } from './define.ts';

type Width =
  | { readonly kind: 'none' }
  | { readonly kind: 'zeros' | 'cell' | 'decimals'; readonly size: number };

const NO_WIDTH: Width = { kind: 'none' };

/** u32 arithmetic overflows (and panics in debug builds) beyond this. */
const MAX_WIDTH = 0xffffffff;

interface Verb {
  readonly verb: string;
  readonly width: Width;
  readonly next: number;
}

const DIGIT = /^\p{N}$/u;

/** The verb at `at`, just behind a percent sign. */
function readVerb(chars: readonly string[], at: number): Verb | BuiltinFault {
  const first = chars[at];
  if (first === undefined) {
    return builtinFault('missing format verb after `%` at end of format string');
  }
  if (first !== '.' && !DIGIT.test(first)) return { verb: first, width: NO_WIDTH, next: at + 1 };
  let size = first === '.' ? 0 : Number(first);
  let next = at + 1;
  for (; DIGIT.test(chars[next] ?? ''); next++) size = size * 10 + Number(chars[next]);
  if (!(size <= MAX_WIDTH)) return builtinFault('format width out of range');
  const verb = chars[next];
  if (verb === undefined) {
    return builtinFault('missing format verb after `%width` at end of format string');
  }
  const kind = first === '0' ? 'zeros' : first === '.' ? 'decimals' : 'cell';
  return { verb, width: { kind, size }, next: next + 1 };
}

export interface RegorusFormat {
  readonly format: string;
  readonly args: readonly Value[];
  /** Text of a composite inside a format. */
  readonly text: (value: Value) => string;
  readonly charge: (units: number) => void;
}

export function regorusSprintf({
  format,
  args,
  text,
  charge,
}: RegorusFormat): string | BuiltinFault {
  const chars = Array.from(format);
  const out: string[] = [];
  let used = 0;
  for (let at = 0; at < chars.length;) {
    const char = chars[at++] ?? '';
    if (char !== '%') {
      out.push(char);
      continue;
    }
    if (chars[at] === '%') {
      out.push('%');
      at++;
      continue;
    }
    const verb = readVerb(chars, at);
    if (!('verb' in verb)) return verb;
    at = verb.next;
    const arg = args[used];
    if (arg === undefined) return builtinFault(`no argument specified for format verb ${used}`);
    used++;
    if (verb.width.kind !== 'none') charge(verb.width.size);
    const piece = formatVerb(verb, arg, text);
    if (typeof piece !== 'string') return piece;
    charge(piece.length);
    out.push(piece);
    if (verb.verb === '+' && !isNumeric(arg)) {
      // The engine swallows the next character while it looks for `%+v`.
      if (chars[at++] === 'v') {
        return builtinFault('Go-syntax fields names format verm %#v is not supported.');
      }
    }
  }
  if (used < args.length) {
    return builtinFault(
      `extra arguments (${args.length - used}) specified for ${used} format verbs.`,
    );
  }
  return out.join('');
}

function formatVerb({ verb, width }: Verb, arg: Value, text: (value: Value) => string) {
  if (verb === 's' || verb === 'v') return typeof arg === 'string' ? arg : text(arg);
  if (isNumeric(arg)) return formatNumber(verb, arg, width);
  if ('T#qp'.includes(verb)) {
    return builtinFault('Go-syntax format verbs %#v. %q, %p and %T are not supported.');
  }
  return '';
}

function applyWidth(width: Width, text: string): string {
  if (width.kind === 'zeros') return text.padStart(width.size, '0');
  return width.kind === 'cell' ? text.padStart(width.size, ' ') : text;
}

type IntegerText = (value: bigint, width: Width) => string;

/** A negative number gets its sign twice: once before and once in the padded text. */
const signed =
  (digits: (value: bigint) => string): IntegerText =>
  (value, width) =>
    (value < 0n ? '-' : '') + applyWidth(width, digits(value));

const INTEGER_VERBS: Readonly<Record<string, IntegerText>> = {
  b: (value) => (value < 0n ? '-' : '') + value.toString(2),
  d: signed((value) => value.toString()),
  o: signed((value) => `0O${value.toString(8)}`),
  O: signed((value) => `0o${value.toString(8)}`),
  x: signed((value) => value.toString(16)),
  X: signed((value) => value.toString(16).toUpperCase()),
};

function formatNumber(verb: string, n: RegoNumber, width: Width): string | BuiltinFault {
  const unsupported = builtinFault(`number specified for format verb ${verb}.`);
  const integer = toInteger(n);
  if (integer !== undefined) {
    const form = Object.hasOwn(INTEGER_VERBS, verb) ? INTEGER_VERBS[verb] : undefined;
    if (form !== undefined) return form(integer, width);
    if (verb === 'c') return character(integer);
  }
  switch (verb) {
    case 'e':
      return scientific(n);
    case 'E':
      return scientific(n).replace('e', 'E');
    case 'f':
    case 'F':
      return width.kind === 'decimals' ? fixed(n, width.size) : applyWidth(width, plainDecimal(n));
    case 'g':
    case 'G':
      return general(n, verb);
    default:
      return unsupported;
  }
}

function character(value: bigint): string | BuiltinFault {
  const valid = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  if (valid) return String.fromCodePoint(Number(value));
  return builtinFault(`invalid value ${value} for format verb c.`);
}

/** Rust's `{:e}`; an integer keeps all its digits. */
function scientific(n: RegoNumber): string {
  const integer = toInteger(n);
  if (integer === undefined) return toDouble(n).toExponential().replace('e+', 'e');
  const sign = integer < 0n ? '-' : '';
  const digits = integer.toString().replace('-', '');
  if (digits.length <= 1) return `${sign}${digits}e0`;
  return `${sign}${digits.charAt(0)}.${digits.slice(1)}e${digits.length - 1}`;
}

function fixed(n: RegoNumber, decimals: number): string {
  if (typeof n !== 'number' || Number.isInteger(n)) return plainDecimal(n);
  const factor = 10 ** decimals;
  const scaled = regorusArithmetic.round(n * factor);
  const rounded = toDouble(scaled) / factor;
  return rounded.toFixed(Math.min(decimals, 100)).padEnd(0);
}

/** The engine looks at the raw exponent bits, so nearly everything prints with an exponent. */
function general(n: RegoNumber, verb: string): string | BuiltinFault {
  const value = toDouble(n);
  const exact = typeof n === 'number' || Math.abs(value) <= 2 ** 53;
  if (!exact || !Number.isFinite(value)) {
    return builtinFault('cannot print large float using g format specified');
  }
  const sign = value < 0 ? '-' : '';
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  if (((bits.getUint16(0) >> 4) & 0x7ff) <= 32) return sign + plainDecimal(value);
  const text = value.toExponential().replace('e+', 'e');
  return sign + (verb === 'G' ? text.replace('e', 'E') : text);
}
