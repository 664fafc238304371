/**
 * Commands that compute: checksums, base64, od, expr.
 */
import { expression } from './grep.ts';
import { createHash } from 'node:crypto';
import type { ProgramRow } from '../kernel/kernel.ts';
import { chunks, command, forFiles, options, readAll, say, UsageError } from './io.ts';

const sum = (algorithm: string) =>
  command((process, argv) =>
    forFiles(process, argv, options(argv, 'c').rest, async (path) => {
      const hash = createHash(algorithm);
      for await (const chunk of chunks(process, path)) hash.update(chunk);
      await say(process, `${hash.digest('hex')}  ${path}\n`);
    }),
  );

const base64 = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'dw:', { long: { decode: 'd', wrap: 'w' } });
  const data = await readAll(process, rest[0] ?? '-');
  if (flags.has('d')) {
    await say(process, Buffer.from(data.toString('latin1').replace(/\s/g, ''), 'base64'));
    return 0;
  }
  const width = Number(flags.get('w') ?? 76);
  const text = data.toString('base64');
  await say(process, width === 0 ? text : text.replace(new RegExp(`(.{1,${width}})`, 'g'), '$1\n'));
  return 0;
});

const OD_NAMES: Readonly<Record<number, string>> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
};

/** Octal words by default, `-c` characters, `-t x1` bytes; `-A n` without offsets. */
const od = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'cbxA:t:vN:');
  const limit = Number(flags.get('N') ?? Infinity);
  const data = (await readAll(process, rest[0] ?? '-')).subarray(0, limit);
  const offset = (at: number): string =>
    flags.get('A') === 'n' ? '' : at.toString(8).padStart(7, '0');
  const bytes = (row: Buffer, show: (byte: number) => string): string =>
    [...row].map(show).join('');
  const character = (byte: number): string =>
    (
      OD_NAMES[byte] ??
      (byte > 31 && byte < 127 ? String.fromCharCode(byte) : byte.toString(8).padStart(3, '0'))
    ).padStart(4);
  const words = (row: Buffer): string => {
    let text = '';
    for (let i = 0; i < row.length; i += 2)
      text += ` ${((row[i] ?? 0) | ((row[i + 1] ?? 0) << 8)).toString(8).padStart(6, '0')}`;
    return text;
  };
  const hex = (flags.get('t') ?? '').includes('x1');
  let output = '';
  for (let at = 0; at < data.length; at += 16) {
    const row = data.subarray(at, at + 16);
    const shown = flags.has('c')
      ? bytes(row, character)
      : hex
        ? bytes(row, (byte) => ` ${byte.toString(16).padStart(2, '0')}`)
        : words(row);
    output += `${offset(at)}${shown}\n`;
  }
  const end = offset(data.length);
  await say(process, output + (end === '' ? '' : `${end}\n`));
  return 0;
});

const expr = command(async (process, argv) => {
  const [left = '', operator, right = ''] = argv.slice(1);
  const integers = /^-?\d+$/.test(left) && /^-?\d+$/.test(right);
  const [a, b] = integers ? [BigInt(left), BigInt(right)] : [0n, 0n];
  if (operator === undefined) {
    await say(process, `${left}\n`);
    return left === '' || left === '0' ? 1 : 0;
  }
  if (/^[-+*/%]$/.test(operator) && !integers) throw new UsageError('non-integer argument');
  if (/^[/%]$/.test(operator) && b === 0n) throw new UsageError('division by zero');
  const compare = integers
    ? a < b
      ? -1
      : a > b
        ? 1
        : 0
    : left < right
      ? -1
      : left > right
        ? 1
        : 0;
  const OPERATIONS: Readonly<Record<string, () => string>> = {
    '+': () => String(a + b),
    '-': () => String(a - b),
    '*': () => String(a * b),
    '/': () => String(a / b),
    '%': () => String(a % b),
    '=': () => String(Number(compare === 0)),
    '!=': () => String(Number(compare !== 0)),
    '<': () => String(Number(compare < 0)),
    '<=': () => String(Number(compare <= 0)),
    '>': () => String(Number(compare > 0)),
    '>=': () => String(Number(compare >= 0)),
    '|': () => (left !== '' && left !== '0' ? left : right),
    '&': () => (left !== '' && left !== '0' && right !== '' && right !== '0' ? left : '0'),
    ':': () => String(expression(`^(?:${right})`, false).matcher(left).find() ? 1 : 0),
  };
  const operation = OPERATIONS[operator];
  if (operation === undefined) throw new UsageError('syntax error');
  const result = operation();
  await say(process, `${result}\n`);
  return result === '' || result === '0' ? 1 : 0;
}, 2);

export const encodingPrograms: readonly ProgramRow[] = [
  { name: 'md5sum', run: sum('md5') },
  { name: 'sha256sum', run: sum('sha256') },
  { name: 'base64', run: base64 },
  { name: 'od', run: od },
  { name: 'hexdump', run: od },
  { name: 'expr', run: expr },
];
