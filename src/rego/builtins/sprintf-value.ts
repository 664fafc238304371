/** One argument under one verb: integers, floats and strings. Source: Go fmt/print.go and fmt/format.go. */
import { goQuote } from '../text.ts';
import { floatDigits } from './float-text.ts';
import type { Flags } from './sprintf-flags.ts';

/** A Go int or *big.Int; a float64; a string. */
export type GoArgument =
  | { readonly kind: 'int'; readonly value: bigint; readonly big: boolean }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string };

export const goTypeName = (arg: GoArgument): string =>
  arg.kind === 'int'
    ? arg.big
      ? '*big.Int'
      : 'int64'
    : arg.kind === 'float'
      ? 'float64'
      : 'string';

export function formatValue(arg: GoArgument, verb: string, flags: Flags): string {
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
