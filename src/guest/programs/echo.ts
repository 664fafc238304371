/**
 * Commands that print: echo, printf, true, false, yes, seq, test.
 */
import type { ProgramRow } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';
import { command, commandName, complain, say, UsageError } from './io.ts';
import { evaluateTest, TestError } from './test-expression.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** `stop` is set by `\c`, which ends all output. `octal` is `\0nnn` for echo, `\nnn` for printf. */
function unescape(text: string, octal: RegExp): { text: string; stop: boolean } {
  let result = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (char !== '\\') {
      result += char;
      continue;
    }
    const rest = text.slice(i + 1);
    const number = octal.exec(rest);
    const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest);
    if (rest.startsWith('c')) return { text: result, stop: true };
    if (number !== null) {
      result += String.fromCharCode(parseInt(number[1] ?? '0', 8) & 0xff);
      i += number[0].length;
    } else if (hex?.[1] !== undefined) {
      result += String.fromCharCode(parseInt(hex[1], 16));
      i += hex[0].length;
    } else {
      const escape = ESCAPES[rest[0] ?? ''];
      result += escape ?? char;
      if (escape !== undefined) i++;
    }
  }
  return { text: result, stop: false };
}

export async function echo(process: Process, argv: readonly string[]): Promise<number> {
  let at = 1;
  let newline = true;
  let escapes = false;
  for (; at < argv.length && /^-[neE]+$/.test(argv[at] ?? ''); at++) {
    for (const letter of argv[at]?.slice(1) ?? '') {
      if (letter === 'n') newline = false;
      else escapes = letter === 'e';
    }
  }
  let text = argv.slice(at).join(' ');
  if (escapes) {
    const result = unescape(text, /^0([0-7]{0,3})/);
    text = result.text;
    if (result.stop) newline = false;
  }
  await say(process, newline ? `${text}\n` : text);
  return 0;
}

const DIRECTIVE = /%(?:%|([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?([diouxXcsbeEfgGq]))/y;

/** Widths beyond this would only serve to exhaust memory. */
const MAX_WIDTH = 10_000;

/** One pass over the format; the arguments it used are shifted off. */
function formatOnce(
  format: string,
  args: string[],
  warn: (text: string) => void,
): { text: string; stop: boolean } {
  let result = '';
  for (let i = 0; i < format.length;) {
    const char = format[i] ?? '';
    if (char === '\\') {
      const piece = /^\\(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)?/s.exec(format.slice(i))?.[0] ?? '\\';
      const { text, stop } = unescape(piece, /^([0-7]{1,3})/);
      result += text;
      if (stop) return { text: result, stop: true };
      i += piece.length;
    } else if (char === '%') {
      DIRECTIVE.lastIndex = i;
      const match = DIRECTIVE.exec(format);
      if (match === null) throw new UsageError(`%${format[i + 1] ?? ''}: invalid directive`);
      i += match[0].length;
      if (match[0] === '%%') {
        result += '%';
        continue;
      }
      const [, flags = '', width, precision, type = 's'] = match;
      const number = (text: string | undefined): number | undefined =>
        text === undefined
          ? undefined
          : Math.min(Number(text === '*' ? (args.shift() ?? 0) : text) || 0, MAX_WIDTH);
      const wide = number(width) ?? 0;
      const digits = number(precision);
      const value = args.shift() ?? '';
      if (type === 'b') {
        const { text, stop } = unescape(value, /^0?([0-7]{1,3})/);
        result += pad(text, { flags, width: wide, numeric: false });
        if (stop) return { text: result, stop: true };
      } else {
        const text = directive(type, value, { flags, digits, warn });
        result += pad(text, { flags, width: wide, numeric: !/[sq]/.test(type) });
      }
    } else {
      result += char;
      i++;
    }
  }
  return { text: result, stop: false };
}

interface Padding {
  readonly flags: string;
  readonly width: number;
  readonly numeric: boolean;
}

function pad(text: string, { flags, width, numeric }: Padding): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!numeric || !flags.includes('0')) return text.padStart(width);
  const sign = /^[-+ ]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

interface DirectiveStyle {
  readonly flags: string;
  readonly digits: number | undefined;
  readonly warn: (text: string) => void;
}

function directive(type: string, value: string, style: DirectiveStyle): string {
  const { flags, digits } = style;
  const signed = (text: string): string =>
    text.startsWith('-')
      ? text
      : flags.includes('+')
        ? `+${text}`
        : flags.includes(' ')
          ? ` ${text}`
          : text;
  switch (type) {
    case 's':
      return digits === undefined ? value : value.slice(0, digits);
    case 'q':
      return value === '' ? "''" : value.replace(/[^\w@%+=:,./-]/g, '\\$&');
    case 'c':
      return value.slice(0, 1);
    case 'd':
    case 'i':
    case 'u': {
      const text = integer(value, style.warn).toString();
      const minus = text.startsWith('-') ? '-' : '';
      return signed(minus + text.slice(minus.length).padStart(digits ?? 1, '0'));
    }
    case 'o':
      return BigInt.asUintN(64, integer(value, style.warn)).toString(8);
    case 'x':
    case 'X': {
      const hex = BigInt.asUintN(64, integer(value, style.warn)).toString(16);
      const text = (flags.includes('#') ? '0x' : '') + hex.padStart(digits ?? 1, '0');
      return type === 'X' ? text.toUpperCase() : text;
    }
    case 'e':
    case 'E':
      return signed(
        real(value, style.warn)
          .toExponential(digits ?? 6)
          .replace(/e([-+])(\d)$/, 'e$10$2'),
      );
    case 'g':
    case 'G':
      return signed(String(Number(real(value, style.warn).toPrecision(digits ?? 6))));
    default:
      return signed(real(value, style.warn).toFixed(Math.min(digits ?? 6, 100)));
  }
}

/** `'a` is a character's code, as printf has it. */
function integer(value: string, warn: (text: string) => void): bigint {
  if (value === '') return 0n;
  if (/^['"]/.test(value)) return BigInt(value.codePointAt(1) ?? 0);
  const match = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)/.exec(value);
  if (match?.[2] === undefined || match[0].length < value.length) warn(`${value}: invalid number`);
  if (match?.[2] === undefined) return 0n;
  const digits = /^0[0-7]+$/.test(match[2]) ? `0o${match[2].slice(1)}` : match[2];
  const number = BigInt(digits);
  return match[1] === '-' ? -number : number;
}

function real(value: string, warn: (text: string) => void): number {
  const number = value === '' ? 0 : Number(value);
  if (!Number.isNaN(number)) return number;
  warn(`${value}: invalid number`);
  return 0;
}

export const printf = command(async (process, argv) => {
  const name = commandName(argv);
  const format = argv[1];
  if (format === undefined) throw new UsageError('usage: printf FORMAT [ARGUMENT]...');
  const args = argv.slice(2);
  const warnings: string[] = [];
  let output = '';
  // The format is used again while arguments are left, as long as it takes any.
  while (true) {
    const before = args.length;
    const { text, stop } = formatOnce(format, args, (warning) => warnings.push(warning));
    output += text;
    if (stop || args.length === 0 || args.length === before) break;
  }
  await say(process, output);
  for (const warning of warnings) await complain(process, name, warning);
  return warnings.length > 0 ? 1 : 0;
}, 2);

export async function test(process: Process, argv: readonly string[]): Promise<number> {
  const name = commandName(argv);
  try {
    if (name !== '[') return evaluateTest(process, argv.slice(1)) ? 0 : 1;
    if (argv.at(-1) !== ']') throw new TestError("missing `]'");
    return evaluateTest(process, argv.slice(1, -1)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestError)) throw error;
    await complain(process, name, error.message);
    return 2;
  }
}

const yes = command(async (process, argv) => {
  const line = `${argv.length > 1 ? argv.slice(1).join(' ') : 'y'}\n`;
  const block = line.repeat(Math.max(1, Math.floor(4096 / line.length)));
  while (true) await say(process, block);
});

const seq = command(async (process, argv) => {
  const words = argv.slice(1);
  let separator = '\n';
  if (words[0]?.startsWith('-s') === true) {
    const attached = words.shift()?.slice(2) ?? '';
    separator = attached === '' ? (words.shift() ?? '') : attached;
  }
  const numbers = words.map(Number);
  if (numbers.length === 0 || numbers.length > 3)
    throw new UsageError('usage: seq [FIRST [INC]] LAST');
  const bad = numbers.findIndex(Number.isNaN);
  if (bad >= 0) throw new UsageError(`invalid floating point argument: '${words[bad] ?? ''}'`);
  const last = numbers.at(-1) ?? 0;
  const first = numbers.length > 1 ? (numbers[0] ?? 1) : 1;
  const step = numbers.length > 2 ? (numbers[1] ?? 1) : 1;
  if (step === 0) throw new UsageError("invalid Zero increment value: '0'");
  const decimals = Math.max(...words.map((word) => word.split('.')[1]?.length ?? 0));
  let block = '';
  for (let i = 0; step > 0 ? first + i * step <= last : first + i * step >= last; i++) {
    block += (i === 0 ? '' : separator) + (first + i * step).toFixed(decimals);
    if (block.length < 4096) continue;
    await say(process, block);
    block = '';
  }
  if (block !== '' || step > 0 === first <= last) await say(process, `${block}\n`);
  return 0;
});

export const printingPrograms: readonly ProgramRow[] = [
  { name: 'echo', run: command(echo) },
  { name: 'printf', run: printf },
  { name: 'test', run: test },
  { name: '[', run: test },
  { name: 'true', run: () => Promise.resolve(0) },
  { name: 'false', run: () => Promise.resolve(1) },
  { name: 'yes', run: yes },
  { name: 'seq', run: seq },
];
