/**
 * Commands that pick and order text: head, tail, wc, sort, uniq, cut, tr, tee, rev, tac.
 */
import { copyBytes } from '../kernel/bytes.ts';
import { SysError, errnoOf } from '../kernel/errno.ts';
import type { ProgramRow } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';
import { chunks, command, forFiles, lines, options, readAll, say, UsageError } from './io.ts';

/** `head -5` is `head -n 5`. */
const countOption = (argv: readonly string[]): string[] =>
  argv.map((word) => (/^-\d+$/.test(word) ? `-n${word.slice(1)}` : word));

const header = (path: string, index: number): string =>
  `${index > 0 ? '\n' : ''}==> ${path === '-' ? 'standard input' : path} <==\n`;

const head = command(async (process, argv) => {
  const { flags, rest } = options(countOption(argv), 'n:c:qv');
  const bytes = flags.get('c');
  let limit = Number(bytes ?? flags.get('n') ?? 10);
  if (Number.isNaN(limit))
    throw new UsageError(`invalid number of lines: '${flags.get('n') ?? ''}'`);
  const each = limit;
  return forFiles(process, argv, rest, async (path, index) => {
    if (rest.length > 1) await say(process, header(path, index));
    limit = each;
    if (bytes !== undefined) {
      for await (const chunk of chunks(process, path)) {
        await say(process, chunk.subarray(0, limit));
        limit -= chunk.length;
        if (limit <= 0) return;
      }
    } else if (limit > 0)
      for await (const [line, ended] of lines(process, path)) {
        await say(process, line + (ended ? '\n' : ''));
        if (--limit <= 0) return;
      }
  });
});

/** How often `tail -f` looks for more. Source: coreutils tail, DEFAULT sleep interval. */
const FOLLOW_MS = 1000;

/** A program that gathers endless input runs out of memory. */
const MAX_KEPT = 64 << 20;

const tail = command(async (process, argv) => {
  const { flags, rest } = options(countOption(argv), 'n:c:fFqv');
  const text = flags.get('n') ?? '10';
  const fromStart = text.startsWith('+');
  const count = Math.abs(Number(text));
  if (Number.isNaN(count)) throw new UsageError(`invalid number of lines: '${text}'`);
  const status = await forFiles(process, argv, rest, async (path, index) => {
    if (rest.length > 1) await say(process, header(path, index));
    const bytes = flags.get('c');
    if (bytes !== undefined) {
      await say(process, (await readAll(process, path)).subarray(-Number(bytes)));
      return;
    }
    const kept: string[] = [];
    let number = 0;
    let isOpen = false;
    for await (const [line, ended] of lines(process, path)) {
      const text = line + (ended ? '\n' : '');
      if (!isOpen) number++;
      if (fromStart) {
        if (number >= count) await say(process, text);
      } else {
        // A line that never ends is kept whole, as far as memory goes.
        process.allocate(text.length);
        if (isOpen) kept.push((kept.pop() ?? '') + text);
        else kept.push(text);
        if (kept.length > count) process.allocate(-(kept.shift() ?? '').length);
        if ((kept.at(-1) ?? '').length > MAX_KEPT) throw new SysError('ENOMEM');
      }
      isOpen = !ended;
    }
    await say(process, kept.join(''));
  });
  const [followed] = rest;
  if (!(flags.has('f') || flags.has('F')) || followed === undefined) return status;
  let size = sizeNow(process, followed);
  while (true) {
    await process.sleep(FOLLOW_MS);
    const now = sizeNow(process, followed);
    if (now < size) size = 0;
    if (now > size) {
      await say(process, copyBytes(process.files.readFile(followed), size, now));
      size = now;
    }
  }
});

function sizeNow(process: Process, path: string): number {
  try {
    const node = process.files.stat(path);
    return node.kind === 'file' ? node.size : 0;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return 0;
  }
}

const wc = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'lwcm');
  const wanted = ['l', 'w', 'c'].filter(
    (key) => flags.size === 0 || flags.has(key) || (key === 'c' && flags.has('m')),
  );
  const totals: Record<string, number> = { l: 0, w: 0, c: 0 };
  const show = (counts: Readonly<Record<string, number>>, path: string): Promise<void> => {
    const alone = wanted.length === 1 && rest.length < 2;
    const cells = wanted.map((key) =>
      alone ? String(counts[key]) : String(counts[key]).padStart(7),
    );
    return say(process, `${cells.join(' ')}${path === '-' ? '' : ` ${path}`}\n`);
  };
  const status = await forFiles(process, argv, rest, async (path) => {
    const counts: Record<string, number> = { l: 0, w: 0, c: 0 };
    let inWord = false;
    for await (const chunk of chunks(process, path)) {
      counts['c'] = (counts['c'] ?? 0) + chunk.length;
      for (const byte of chunk) {
        if (byte === 10) counts['l'] = (counts['l'] ?? 0) + 1;
        const blank = byte === 32 || (byte >= 9 && byte <= 13);
        if (!blank && !inWord) counts['w'] = (counts['w'] ?? 0) + 1;
        inWord = !blank;
      }
    }
    for (const key of Object.keys(totals)) totals[key] = (totals[key] ?? 0) + (counts[key] ?? 0);
    await show(counts, path);
  });
  if (rest.length > 1) await show(totals, 'total');
  return status;
});

async function allLines(process: Process, paths: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (const path of paths.length === 0 ? ['-'] : paths) {
    for await (const [line] of lines(process, path)) {
      process.allocate(line.length);
      all.push(line);
    }
  }
  return all;
}

const sort = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'rnufk:t:bhV');
  const all = await allLines(process, rest);
  const field = Number(/^\d+/.exec(flags.get('k') ?? '')?.[0] ?? 0);
  const separator = flags.get('t') ?? /\s+/;
  const key = (line: string): string =>
    field === 0 ? line : (line.trimStart().split(separator)[field - 1] ?? '');
  const numeric = flags.has('n') || flags.has('h') || (flags.get('k')?.includes('n') ?? false);
  const number = (text: string): number => parseFloat(text) || 0;
  const compare = (a: string, b: string): number => {
    const [x, y] = flags.has('f') ? [key(a).toUpperCase(), key(b).toUpperCase()] : [key(a), key(b)];
    const order = numeric ? number(x) - number(y) : x < y ? -1 : x > y ? 1 : 0;
    return order !== 0 ? order : a < b ? -1 : a > b ? 1 : 0;
  };
  all.sort(compare);
  if (flags.has('r')) all.reverse();
  const shown = flags.has('u')
    ? all.filter((line, index) => index === 0 || line !== all[index - 1])
    : all;
  if (shown.length > 0) await say(process, `${shown.join('\n')}\n`);
  return 0;
});

const uniq = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'cdu');
  let last: string | undefined;
  let count = 0;
  const flush = async (): Promise<void> => {
    if (last === undefined || (flags.has('d') && count < 2) || (flags.has('u') && count > 1))
      return;
    await say(process, `${flags.has('c') ? `${String(count).padStart(7)} ` : ''}${last}\n`);
  };
  for await (const [line] of lines(process, rest[0] ?? '-')) {
    if (line === last) count++;
    else {
      await flush();
      last = line;
      count = 1;
    }
  }
  await flush();
  return 0;
});

const cut = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'd:f:c:b:s');
  const list = flags.get('f') ?? flags.get('c') ?? flags.get('b');
  if (list === undefined)
    throw new UsageError('you must specify a list of bytes, characters, or fields');
  const ranges = list.split(',').map((range) => {
    const [from = '', to] = range.split('-');
    return [
      Number(from) || 1,
      to === undefined ? Number(from) : to === '' ? Infinity : Number(to),
    ] as const;
  });
  const wanted = (_: string, index: number): boolean =>
    ranges.some(([from, to]) => index + 1 >= from && index + 1 <= to);
  const separator = flags.get('d') ?? '\t';
  return forFiles(process, argv, rest, async (path) => {
    for await (const [line] of lines(process, path)) {
      if (!flags.has('f')) await say(process, `${Array.from(line).filter(wanted).join('')}\n`);
      else if (line.includes(separator))
        await say(process, `${line.split(separator).filter(wanted).join(separator)}\n`);
      else if (!flags.has('s')) await say(process, `${line}\n`);
    }
  });
});

const SETS: Readonly<Record<string, string>> = {
  '[:upper:]': 'A-Z',
  '[:lower:]': 'a-z',
  '[:digit:]': '0-9',
  '[:alpha:]': 'A-Za-z',
  '[:alnum:]': 'A-Za-z0-9',
  '[:space:]': ' \\t\\n\\r\\f\\v',
  '[:punct:]': '!-/:-@[-`{-~',
  '[:blank:]': ' \\t',
};

function characters(set: string): string[] {
  const text = set
    .replace(/\[:\w+:\]/g, (name) => SETS[name] ?? name)
    .replace(
      /\\([ntrfv\\0])/g,
      (_, key: string) => ({ n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', '0': '\0' })[key] ?? key,
    );
  return Array.from(
    text.replace(/(.)-(.)/gs, (whole, from: string, to: string) => {
      const [start, end] = [from.charCodeAt(0), to.charCodeAt(0)];
      if (end < start) return whole;
      return Array.from({ length: Math.min(end - start + 1, 65536) }, (_, i) =>
        String.fromCharCode(start + i),
      ).join('');
    }),
  );
}

const tr = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'dscC');
  const [first = '', second = ''] = rest;
  const from = characters(first);
  const to = characters(second);
  const complement = flags.has('c') || flags.has('C');
  const isIn = (char: string): boolean => from.includes(char) !== complement;
  let last = '';
  for await (const chunk of chunks(process, '-')) {
    let result = '';
    for (const char of Buffer.from(chunk).toString('utf8')) {
      if (!isIn(char)) {
        result += char;
        last = '';
        continue;
      }
      if (flags.has('d')) continue;
      const index = from.indexOf(char);
      const mapped =
        to.length === 0
          ? char
          : (to[complement ? to.length - 1 : Math.min(index, to.length - 1)] ?? char);
      if (flags.has('s') && mapped === last) continue;
      result += mapped;
      last = mapped;
    }
    await say(process, result);
  }
  return 0;
});

const tee = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'ai');
  const append = flags.has('a');
  const fds = rest.map((path) =>
    process.install(
      process.files.open(path, { write: true, create: true, truncate: !append, append }),
    ),
  );
  for await (const chunk of chunks(process, '-')) {
    await say(process, chunk);
    for (const fd of fds) await process.write(fd, chunk);
  }
  return 0;
});

const rev = command((process, argv) =>
  forFiles(process, argv, argv.slice(1), async (path) => {
    for await (const [line] of lines(process, path))
      await say(process, `${Array.from(line).reverse().join('')}\n`);
  }),
);

const tac = command(async (process, argv) => {
  const all = await allLines(process, argv.slice(1));
  if (all.length > 0) await say(process, `${all.reverse().join('\n')}\n`);
  return 0;
});

export const textPrograms: readonly ProgramRow[] = [
  { name: 'head', run: head },
  { name: 'tail', run: tail },
  { name: 'wc', run: wc },
  { name: 'sort', run: sort },
  { name: 'uniq', run: uniq },
  { name: 'cut', run: cut },
  { name: 'tr', run: tr },
  { name: 'tee', run: tee },
  { name: 'rev', run: rev },
  { name: 'tac', run: tac },
];
