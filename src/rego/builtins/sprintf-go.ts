/**
 * Go's fmt.Sprintf for the three kinds of argument OPA passes: integers, floats, strings (composites
 * arrive as their Rego text). Wrong verbs do not fail, they print Go's complaint.
 * Source: Go fmt/print.go and fmt/format.go.
 */
import { goQuote } from '../text.ts';

/** A Go int or *big.Int; a float64; a string. */
export type GoArgument =
  | { readonly kind: 'int'; readonly value: bigint; readonly big: boolean }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string };

interface Flags {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
}

/** Source: Go fmt/print.go, tooLarge. */
const MAX_WIDTH = 1_000_000;

const noFlags = (): Flags => ({
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
});

/** `charge` is told of every piece before it is made. */
export function goSprintf(
  format: string,
  args: readonly GoArgument[],
  charge: (units: number) => void,
): string {
  return new GoFormatter(format, args, charge).run();
}

class GoFormatter {
  readonly #format: string;
  readonly #args: readonly GoArgument[];
  readonly #charge: (units: number) => void;
  #at = 0;
  #argument = 0;
  #reordered = false;
  /** An explicit index such as %[2]d is well formed. */
  #goodIndex = true;
  /** What a star that is no number prints. */
  #complaint = '';
  /** The index in force came from %[n]. */
  #afterIndex = false;

  constructor(format: string, args: readonly GoArgument[], charge: (units: number) => void) {
    this.#format = format;
    this.#args = args;
    this.#charge = charge;
  }

  run(): string {
    const out: string[] = [];
    while (this.#at < this.#format.length) {
      const percent = this.#format.indexOf('%', this.#at);
      const text = this.#format.slice(this.#at, percent < 0 ? undefined : percent);
      if (text !== '') out.push(text);
      if (percent < 0) break;
      this.#at = percent + 1;
      const piece = this.#verb();
      this.#charge(piece.length);
      out.push(piece);
    }
    if (!this.#reordered && this.#argument < this.#args.length) {
      const extra = this.#args
        .slice(this.#argument)
        .map((arg) => `${goTypeName(arg)}=${formatValue(arg, 'v', noFlags())}`);
      out.push(`%!(EXTRA ${extra.join(', ')})`);
    }
    return out.join('');
  }

  #reset(): void {
    this.#goodIndex = true;
    this.#afterIndex = false;
    this.#complaint = '';
  }

  #verb(): string {
    this.#reset();
    const flags = this.#flags();
    this.#index();
    this.#width(flags);
    if (this.#format[this.#at] === '.') this.#precision(flags);
    if (!this.#afterIndex) this.#index();
    const verb = String.fromCodePoint(this.#format.codePointAt(this.#at) ?? 0);
    if (this.#at >= this.#format.length) return '%!(NOVERB)';
    this.#at += verb.length;
    if (verb === '%') return '%';
    if (!this.#goodIndex) return `%!${verb}(BADINDEX)`;
    const arg = this.#args[this.#argument];
    if (arg === undefined) return `%!${verb}(MISSING)`;
    this.#argument++;
    this.#charge((flags.width ?? 0) + (flags.precision ?? 0));
    // %+v and %#v ask for Go syntax, not for a sign.
    if (verb === 'v') flags.plus = false;
    return this.#complaint + formatValue(arg, verb, flags);
  }

  #flags(): Flags {
    const flags = noFlags();
    for (; this.#at < this.#format.length; this.#at++) {
      switch (this.#format[this.#at]) {
        case '#':
          flags.sharp = true;
          break;
        case '0':
          flags.zero = true;
          break;
        case '+':
          flags.plus = true;
          break;
        case '-':
          flags.minus = true;
          break;
        case ' ':
          flags.space = true;
          break;
        default:
          return flags;
      }
    }
    return flags;
  }

  /** "[" number "]": the argument to use next. */
  #index(): void {
    if (this.#format[this.#at] !== '[') return;
    this.#reordered = true;
    const close = this.#format.indexOf(']', this.#at);
    const digits = close < 0 ? '' : this.#format.slice(this.#at + 1, close);
    this.#at = close < 0 ? this.#at + 1 : close + 1;
    const n = /^\d{1,7}$/.test(digits) ? Number(digits) : 0;
    if (n < 1 || n > this.#args.length) {
      this.#goodIndex = false;
      if (close >= 0) this.#afterIndex = true;
      return;
    }
    this.#argument = n - 1;
    this.#afterIndex = true;
  }

  #width(flags: Flags): void {
    if (this.#format[this.#at] === '*') {
      this.#at++;
      const width = this.#starArgument();
      if (width === undefined) this.#complaint += '%!(BADWIDTH)';
      if (width !== undefined && width < 0) {
        flags.minus = true;
        flags.zero = false;
      }
      flags.width = width === undefined ? undefined : Math.abs(width);
      this.#afterIndex = false;
      return;
    }
    const width = this.#number();
    // "%[3]2d" is an index followed by a width: bad.
    if (this.#afterIndex && width !== undefined) this.#goodIndex = false;
    flags.width = width;
  }

  #precision(flags: Flags): void {
    this.#at++;
    if (this.#afterIndex) this.#goodIndex = false;
    this.#index();
    if (this.#format[this.#at] === '*') {
      this.#at++;
      const precision = this.#starArgument();
      if (precision === undefined || precision < 0) this.#complaint += '%!(BADPREC)';
      flags.precision = precision !== undefined && precision >= 0 ? precision : undefined;
      this.#afterIndex = false;
    } else flags.precision = this.#number() ?? 0;
  }

  #number(): number | undefined {
    const digits = /^\d+/.exec(this.#format.slice(this.#at, this.#at + 12))?.[0];
    if (digits === undefined) return undefined;
    this.#at += digits.length;
    const n = Number(digits);
    return n > MAX_WIDTH ? undefined : n;
  }

  #starArgument(): number | undefined {
    const arg = this.#args[this.#argument];
    if (arg === undefined) return undefined;
    this.#argument++;
    if (arg.kind !== 'int' || arg.big) return undefined;
    const n = Number(arg.value);
    return Math.abs(n) > MAX_WIDTH ? undefined : n;
  }
}

const goTypeName = (arg: GoArgument): string =>
  arg.kind === 'int'
    ? arg.big
      ? '*big.Int'
      : 'int64'
    : arg.kind === 'float'
      ? 'float64'
      : 'string';

function formatValue(arg: GoArgument, verb: string, flags: Flags): string {
  if (verb === 'T') return padText(goTypeName(arg), flags);
  if (arg.kind === 'int') return formatInt(arg, verb, flags);
  if (arg.kind === 'float') return formatFloat(arg, verb, flags);
  return formatString(arg, verb, flags);
}

/** `%!d(string=hi)`. */
const badVerb = (arg: GoArgument, verb: string, flags: Flags): string =>
  `%!${verb}(${goTypeName(arg)}=${formatValue(arg, 'v', flags)})`;

const runeCount = (text: string): number => Array.from(text).length;

/** Pads to the width in code points; zeros go in front of strings too. */
function padText(text: string, flags: Flags): string {
  const missing = (flags.width ?? 0) - runeCount(text);
  if (missing <= 0) return text;
  if (flags.minus) return text + ' '.repeat(missing);
  return (flags.zero ? '0' : ' ').repeat(missing) + text;
}

const RADIX: Readonly<Record<string, number>> = { b: 2, o: 8, O: 8, d: 10, v: 10, x: 16, X: 16 };

function formatInt(arg: Extract<GoArgument, { kind: 'int' }>, verb: string, flags: Flags): string {
  const radix = Object.hasOwn(RADIX, verb) ? RADIX[verb] : undefined;
  if (radix !== undefined) return integerText(arg, { verb, radix, flags });
  // *big.Int formats itself and knows fewer verbs, `s` among them.
  if (arg.big)
    return verb === 's' ? integerText(arg, { verb: 'd', radix: 10, flags }) : badBig(arg, verb);
  switch (verb) {
    case 'c':
      return padText(runeText(arg.value), flags);
    case 'q':
      return padText(quoteRune(runeText(arg.value), flags), flags);
    case 'U':
      return padText(unicodeText(arg.value, flags), { ...flags, zero: false });
    default:
      return badVerb(arg, verb, flags);
  }
}

const badBig = ({ value }: { readonly value: bigint }, verb: string): string =>
  `%!${verb}(big.Int=${value})`;

const runeText = (value: bigint): string =>
  value < 0n || value > 0x10ffffn || (value >= 0xd800n && value <= 0xdfffn)
    ? '\ufffd'
    : String.fromCodePoint(Number(value));

const quoteRune = (char: string, flags: Flags): string => {
  if (char === "'") return "'\\''";
  if (char === '"') return `'"'`;
  const quoted = flags.plus ? quoteAscii(char) : goQuote(char);
  return `'${quoted.slice(1, -1)}'`;
};

function unicodeText(value: bigint, flags: Flags): string {
  const digits = Math.max(4, flags.precision ?? 0);
  const code = `U+${value.toString(16).toUpperCase().padStart(digits, '0')}`;
  return flags.sharp && value >= 0n && value <= 0x10ffffn ? `${code} '${runeText(value)}'` : code;
}

interface IntegerStyle {
  readonly verb: string;
  readonly radix: number;
  readonly flags: Flags;
}

function integerText(
  arg: Extract<GoArgument, { kind: 'int' }>,
  { verb, radix, flags }: IntegerStyle,
): string {
  const { value } = arg;
  const negative = value < 0n;
  let digits = (negative ? -value : value).toString(radix);
  if (verb === 'X') digits = digits.toUpperCase();
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  let prefix = '';
  if (verb === 'O') prefix = '0o';
  else if (flags.sharp && verb === 'x') prefix = '0x';
  else if (flags.sharp && verb === 'X') prefix = '0X';
  else if (flags.sharp && verb === 'b') prefix = '0b';
  else if (flags.sharp && verb === 'o' && !digits.startsWith('0')) prefix = '0';
  if (flags.precision !== undefined) {
    // Precision 0 and value 0 print nothing but the padding.
    if (flags.precision === 0 && value === 0n) return ' '.repeat(flags.width ?? 0);
    digits = digits.padStart(flags.precision, '0');
  } else if (flags.zero && !flags.minus && flags.width !== undefined) {
    const room = arg.big ? flags.width - sign.length - prefix.length : flags.width - sign.length;
    digits = digits.padStart(room, '0');
  }
  return padText(sign + prefix + digits, { ...flags, zero: false });
}

function formatFloat(
  arg: Extract<GoArgument, { kind: 'float' }>,
  verb: string,
  flags: Flags,
): string {
  if (!'vbgGxXfFeE'.includes(verb)) return badVerb(arg, verb, flags);
  const style = verb === 'v' ? 'g' : verb === 'F' ? 'f' : verb;
  const negative = arg.value < 0 || Object.is(arg.value, -0);
  const digits = floatDigits(Math.abs(arg.value), style, flags);
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  if (flags.zero && !flags.minus && flags.width !== undefined) {
    return sign + digits.padStart(flags.width - sign.length, '0');
  }
  return padText(sign + digits, { ...flags, zero: false });
}

function floatDigits(value: number, style: string, flags: Flags): string {
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

const quoteAscii = (text: string): string =>
  goQuote(text).replace(/[\u0080-\u{10ffff}]/gu, (char) => {
    const point = char.codePointAt(0) ?? 0;
    return point > 0xffff
      ? `\\U${point.toString(16).padStart(8, '0')}`
      : `\\u${point.toString(16).padStart(4, '0')}`;
  });

function formatString(
  arg: Extract<GoArgument, { kind: 'string' }>,
  verb: string,
  flags: Flags,
): string {
  const cut = (): string =>
    flags.precision === undefined
      ? arg.value
      : Array.from(arg.value).slice(0, flags.precision).join('');
  switch (verb) {
    case 'v':
      return padText(flags.sharp ? goQuote(arg.value) : cut(), flags);
    case 's':
      return padText(cut(), flags);
    case 'q': {
      const text = cut();
      const raw = flags.sharp && !/[`\u0000-\u0008\u000a-\u001f\u007f\ufeff]/.test(text);
      return padText(raw ? `\`${text}\`` : flags.plus ? quoteAscii(text) : goQuote(text), flags);
    }
    case 'x':
    case 'X':
      return padText(hexText(arg.value, verb, flags), { ...flags, zero: false });
    default:
      return badVerb(arg, verb, flags);
  }
}

/** %x of a string: its UTF-8 bytes; a blank separates them, # puts 0x in front. */
function hexText(text: string, verb: string, flags: Flags): string {
  const bytes = new TextEncoder().encode(text).slice(0, flags.precision);
  const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  const prefix = flags.sharp && pairs.length > 0 ? '0x' : '';
  const hex = flags.space ? pairs.map((pair) => prefix + pair).join(' ') : prefix + pairs.join('');
  return verb === 'X' ? hex.toUpperCase() : hex;
}

/** Go's FormatFloat(value, 'g', -1, 64). */
export function goFloatText(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return sign + generalFloat(Math.abs(value), noFlags());
}
