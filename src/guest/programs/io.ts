/**
 * What every simulated command needs: printing, complaining, reading files and lines, options.
 */
import { errnoOf, errnoText, SysError } from '../kernel/errno.ts';
import type { Process, Program } from '../kernel/process.ts';

export const say = (process: Process, text: string | Uint8Array): Promise<void> =>
  process.write(1, text);

/** `name: message` on stderr. Whether that succeeds is nobody's concern. */
export async function complain(process: Process, name: string, message: string): Promise<void> {
  try {
    await process.write(2, `${process.messagePrefix}${name}: ${message}\n`);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

/** The words of the suite that the program is from. */
export const worded = (process: Process, busybox: string, coreutils: string): string =>
  process.suite === 'busybox' ? busybox : coreutils;

/** The text of a failed system call; anything else is thrown on. */
export function reason(error: unknown): string {
  const errno = errnoOf(error);
  if (errno === undefined) throw error;
  return errnoText(errno);
}

export const commandName = (argv: readonly string[]): string => argv[0]?.split('/').at(-1) ?? '';

export interface Options {
  readonly flags: ReadonlyMap<string, string>;
  readonly rest: string[];
}

export class UsageError extends Error {}

/**
 * getopt: `spec` lists the letters, a colon behind those that take a value. Long options are
 * names with `=` in front of values in `long`. Options end at `--` or the first other word.
 */
export function options(
  argv: readonly string[],
  spec: string,
  {
    long = {},
    permute = true,
  }: { long?: Readonly<Record<string, string>>; permute?: boolean } = {},
): Options {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--') {
      rest.push(...argv.slice(i + 1));
      break;
    }
    if (word.startsWith('--')) {
      const [name = '', value] = word.slice(2).split(/=(.*)/s);
      const letter = long[name];
      if (letter === undefined) throw new UsageError(`unrecognized option '${word}'`);
      const takesValue = spec.includes(`${letter}:`);
      flags.set(letter, takesValue ? (value ?? argv[++i] ?? '') : (value ?? ''));
      continue;
    }
    if (!/^-./.test(word)) {
      rest.push(word);
      if (permute) continue;
      rest.push(...argv.slice(i + 1));
      break;
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word[at] ?? '';
      const index = letter === ':' ? -1 : spec.indexOf(letter);
      if (index < 0) throw new UsageError(`invalid option -- '${letter}'`);
      if (spec[index + 1] !== ':') {
        flags.set(letter, '');
        continue;
      }
      const attached = word.slice(at + 1);
      const value = attached === '' ? argv[++i] : attached;
      if (value === undefined) throw new UsageError(`option requires an argument -- '${letter}'`);
      flags.set(letter, value);
      break;
    }
  }
  return { flags, rest };
}

/** Turns usage errors and failed system calls into messages and status 1 (or `usageCode`). */
export function command(run: Program, usageCode = 1): Program {
  return async (process, argv) => {
    const name = commandName(argv);
    try {
      return await run(process, argv);
    } catch (error) {
      if (error instanceof UsageError) {
        await complain(process, name, error.message);
        return usageCode;
      }
      const errno = errnoOf(error);
      if (errno === undefined || !process.alive) throw error;
      if (errno === 'EPIPE') return 1;
      await complain(process, name, errnoText(errno));
      return 1;
    }
  };
}

/** Chunks of a file or, for `-`, of stdin. */
export async function* chunks(process: Process, path: string): AsyncGenerator<Uint8Array> {
  if (path === '-') {
    while (true) {
      const chunk = await process.read(0);
      if (chunk.length === 0) return;
      yield chunk;
    }
  }
  const file = process.files.open(path, { read: true });
  const fd = process.install(file);
  try {
    while (true) {
      const chunk = await process.read(fd);
      if (chunk.length === 0) return;
      yield chunk;
    }
  } finally {
    if (process.alive) process.closeDescriptor(fd);
  }
}

/** A line longer than this is cut into several: no input makes a reader grow without bound. */
const MAX_LINE = 1 << 20;

/** Lines without their newline. The second value tells whether there was one. */
export async function* lines(
  process: Process,
  path: string,
): AsyncGenerator<readonly [string, boolean]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks(process, path)) {
    rest = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
      yield [rest.subarray(start, end).toString('utf8'), true];
      start = end + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > MAX_LINE) {
      yield [rest.toString('utf8'), false];
      rest = Buffer.alloc(0);
    }
  }
  if (rest.length > 0) yield [rest.toString('utf8'), false];
}

/** All of a file or stdin. Bounded: a program that gathers endless input runs out of memory. */
export async function readAll(process: Process, path: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks(process, path)) {
    parts.push(chunk);
    size += chunk.length;
    process.allocate(chunk.length);
    if (size > 64 << 20) throw new SysError('ENOMEM');
  }
  return Buffer.concat(parts);
}

/** Runs `each` for every operand (stdin when there is none); failures are told and make status 1. */
export async function forFiles(
  process: Process,
  argv: readonly string[],
  paths: readonly string[],
  each: (path: string, index: number) => Promise<void>,
  fail: (path: string, reason: string) => string = (path, text) => `${path}: ${text}`,
): Promise<number> {
  let status = 0;
  for (const [index, path] of (paths.length === 0 ? ['-'] : paths).entries()) {
    try {
      await each(path, index);
    } catch (error) {
      if (errnoOf(error) === 'EPIPE' || !process.alive) throw error;
      await complain(process, commandName(argv), fail(path, reason(error)));
      status = 1;
    }
  }
  return status;
}

/** `10`, `0.5`, `2m`, `1h`, `1d`, `infinity` in milliseconds. */
export function duration(text: string): number | undefined {
  if (/^inf(inity)?$/i.test(text)) return Number.MAX_SAFE_INTEGER;
  const match = /^(\d+(?:\.\d*)?|\.\d+)([smhd]?)$/.exec(text);
  if (match?.[1] === undefined) return undefined;
  const unit = { '': 1, s: 1, m: 60, h: 3600, d: 86400 }[match[2] ?? ''] ?? 1;
  return Math.min(Number(match[1]) * unit * 1000, Number.MAX_SAFE_INTEGER);
}

/** `512`, `64K`, `10M`, `1G` in bytes. */
export function byteSize(text: string): number | undefined {
  const match = /^(\d+)([kKmMgG]?)(?:i?[bB])?$/.exec(text);
  if (match?.[1] === undefined) return undefined;
  const shift = { '': 0, k: 10, m: 20, g: 30 }[(match[2] ?? '').toLowerCase()] ?? 0;
  return Number(match[1]) * 2 ** shift;
}
