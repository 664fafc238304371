/**
 * Floats as Go's strconv writes them, exactly: fixed, exponential, shortest, binary and hexadecimal.
 * Source: Go strconv ftoa.go.
 */
import { noFlags, type Flags } from './sprintf-flags.ts';

/** Go's FormatFloat(value, 'g', -1, 64). */
export function goFloatText(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return sign + generalFloat(Math.abs(value), noFlags());
}

/** Without its sign, which the caller puts in front. */
export function floatDigits(value: number, style: string, flags: Flags): string {
  switch (style) {
    case 'f':
      return exactFixed(value, flags.precision ?? 6);
    case 'e':
    case 'E': {
      const text = exactExponential(value, flags.precision ?? 6);
      return style === 'E' ? text.toUpperCase() : text;
    }
    case 'g':
    case 'G': {
      const text = generalFloat(value, flags);
      return style === 'G' ? text.toUpperCase() : text;
    }
    case 'b':
      return binaryFloat(value);
    default:
      return hexFloat(value, style, flags.precision);
  }
}

/** Exact decimal digits of a double: 0.digits * 10^point. JavaScript's own forms round ties up. */
function exactDecimal(value: number): { readonly digits: string; readonly point: number } {
  if (value === 0) return { digits: '', point: 0 };
  const [mantissa, exponent] = splitDouble(value);
  const whole = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const text = whole.toString();
  return { digits: text, point: text.length - (exponent < 0 ? -exponent : 0) };
}

/** The first `count` digits, rounded half to even; one more when the rounding carries. */
function roundDigits(digits: string, count: number): string {
  if (count < 0) return '';
  if (count >= digits.length) return digits.padEnd(count, '0');
  const head = digits.slice(0, count);
  const rest = digits.slice(count);
  const half = /^50*$/.test(rest);
  const odd = (head.charCodeAt(count - 1) & 1) === 1;
  const up = half ? odd : rest.charCodeAt(0) >= 53;
  return up ? (BigInt(`0${head}`) + 1n).toString().padStart(count, '0') : head;
}

function exactFixed(value: number, precision: number): string {
  const { digits, point } = exactDecimal(value);
  const shown = roundDigits(digits, point + precision).padStart(precision + 1, '0');
  const cut = shown.length - precision;
  return precision === 0 ? shown : `${shown.slice(0, cut)}.${shown.slice(cut)}`;
}

/** `count` significant digits and the exponent of the first. */
function significant(value: number, count: number): { digits: string; exponent: number } {
  const { digits, point } = exactDecimal(value);
  if (digits === '') return { digits: '0'.repeat(count), exponent: 0 };
  const shown = roundDigits(digits, count);
  const carried = shown.length - count;
  return { digits: shown.slice(0, count), exponent: point - 1 + carried };
}

function exponentForm(digits: string, exponent: number): string {
  const rest = digits.slice(1);
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits.charAt(0)}${rest === '' ? '' : `.${rest}`}e${exponent < 0 ? '-' : '+'}${power}`;
}

function exactExponential(value: number, precision: number): string {
  const { digits, exponent } = significant(value, precision + 1);
  return exponentForm(digits, exponent);
}

/** %g decides as for this many digits when it prints the shortest form. Source: Go strconv ftoa.go. */
const SHORTEST_LIMIT = 6;

function generalFloat(value: number, { precision, sharp }: Flags): string {
  let digits: string;
  let exponent: number;
  let limit: number;
  if (precision === undefined) {
    const [mantissa = '0', power = '0'] = value.toExponential().split('e');
    digits = mantissa.replace('.', '');
    exponent = Number(power);
    limit = SHORTEST_LIMIT;
  } else {
    limit = Math.max(precision, 1);
    ({ digits, exponent } = significant(value, limit));
    const used = digits.replace(/0+$/, '').length;
    if (limit > used && used >= exponent + 1) limit = used;
  }
  digits = sharp ? digits.padEnd(precision ?? 6, '0') : digits.replace(/0+$/, '') || '0';
  if (exponent < -4 || exponent >= limit) return exponentForm(digits, exponent);
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? whole + (sharp ? '.' : '') : `${whole}.${fraction}`;
}

/** The double as mantissa * 2^exponent with an integer mantissa. */
function splitDouble(value: number): readonly [bigint, number] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return exponent === 0 ? [fraction, -1074] : [fraction | (1n << 52n), exponent - 1075];
}

function binaryFloat(value: number): string {
  const [mantissa, exponent] = splitDouble(value);
  return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`;
}

function hexFloat(value: number, style: string, precision: number | undefined): string {
  const [raw, power] = splitDouble(value);
  let mantissa = raw;
  let exponent = value === 0 ? 0 : power + 52;
  while (mantissa !== 0n && mantissa < 1n << 52n) {
    mantissa <<= 1n;
    exponent--;
  }
  if (precision !== undefined && precision < 13) {
    const drop = BigInt(52 - 4 * precision);
    const half = 1n << (drop - 1n);
    const rest = mantissa & ((1n << drop) - 1n);
    mantissa >>= drop;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++;
    mantissa <<= drop;
    if (mantissa >> 53n !== 0n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  let fraction = (mantissa & ((1n << 52n) - 1n)).toString(16).padStart(13, '0');
  fraction =
    precision === undefined
      ? fraction.replace(/0+$/, '')
      : fraction.slice(0, precision).padEnd(precision, '0');
  const lead = (mantissa >> 52n).toString();
  const sign = exponent < 0 ? '-' : '+';
  const point = fraction === '' ? '' : `.${fraction}`;
  const text = `0x${lead}${point}p${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  return style === 'X' ? text.toUpperCase() : text;
}
