/**
 * Commands that transform text: head, tail, grep, sed, wc, sort, uniq, cut, tr, tee, base64, sums.
 */
import { createHash } from 'node:crypto';
import { RE2JS } from 're2js';
import { copyBytes } from '../kernel/bytes.ts';
import { errnoOf } from '../kernel/errno.ts';
import type { ProgramRow } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';
import {
  chunks,
  command,
  commandName,
  forFiles,
  lines,
  options,
  readAll,
  say,
  UsageError,
} from './io.ts';

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
    for await (const [line, ended] of lines(process, path)) {
      number++;
      const whole = line + (ended ? '\n' : '');
      if (fromStart) {
        if (number >= count) await say(process, whole);
        continue;
      }
      kept.push(whole);
      if (kept.length > count) kept.shift();
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

/** POSIX expressions in RE2's spelling. Basic ones escape what extended ones do not. */
function expression(text: string, extended: boolean, flags = 0): RE2JS {
  const source = extended
    ? text
    : text.replace(
        /\\([(){}|+?])|([(){}|+?])/g,
        (_, escaped: string | undefined, plain: string | undefined) =>
          escaped ?? `\\${plain ?? ''}`,
      );
  try {
    return RE2JS.compile(source, flags);
  } catch (error) {
    throw new UsageError(
      `${text}: invalid regular expression: ${error instanceof Error ? error.message : ''}`,
    );
  }
}

const grep = command(async (process, argv) => {
  const name = commandName(argv);
  const { flags, rest } = options(argv, 'ivcqlnEFwoxe:hHrsA:B:', { permute: true });
  const pattern = flags.get('e') ?? rest.shift();
  if (pattern === undefined) throw new UsageError('usage: grep [OPTION]... PATTERNS [FILE]...');
  const fixed = flags.has('F') || name === 'fgrep';
  let source = pattern
    .split('\n')
    .map((each) => (fixed ? RE2JS.quote(each) : each))
    .join('|');
  if (flags.has('w')) source = `\\b(?:${source})\\b`;
  if (flags.has('x')) source = `^(?:${source})$`;
  const extended = fixed || flags.has('E') || name === 'egrep' || flags.has('w') || flags.has('x');
  const regex = expression(source, extended, flags.has('i') ? RE2JS.CASE_INSENSITIVE : 0);
  const titled = flags.has('H') || (rest.length > 1 && !flags.has('h'));
  const outcome = { found: false };
  const status = await forFiles(process, argv, rest, async (path) => {
    let count = 0;
    let number = 0;
    let after = 0;
    const context = Number(flags.get('A') ?? 0);
    const title = titled ? `${path}:` : '';
    for await (const [line] of lines(process, path)) {
      number++;
      const matcher = regex.matcher(line);
      const hit = matcher.find() !== flags.has('v');
      if (hit) {
        count++;
        outcome.found = true;
        after = context;
        if (flags.has('q') || flags.has('l')) break;
      } else if (after-- <= 0) continue;
      if (flags.has('c')) continue;
      const place = title + (flags.has('n') ? `${number}:` : '');
      if (!flags.has('o')) await say(process, `${place}${line}\n`);
      else if (hit)
        for (let more = true; more; more = matcher.find())
          await say(process, `${place}${matcher.group() ?? ''}\n`);
    }
    if (flags.has('l') && count > 0) await say(process, `${path}\n`);
    if (flags.has('c')) await say(process, `${title}${count}\n`);
  });
  return status !== 0 ? 2 : outcome.found ? 0 : 1;
}, 2);

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

interface SedCommand {
  readonly first: number | RE2JS | '$' | undefined;
  readonly last: number | RE2JS | '$' | undefined;
  readonly negate: boolean;
  readonly action: 'd' | 'p' | 'q' | 's' | 'a' | 'i' | 'c' | '=';
  readonly regex?: RE2JS;
  readonly text?: string;
  readonly global?: boolean;
  readonly print?: boolean;
}

/** The sed commands that scripts in containers use: s, d, p, q, a, i, c, =, with addresses. */
function parseSed(script: string, extended: boolean): SedCommand[] {
  const commands: SedCommand[] = [];
  let rest = script;
  const address = (): SedCommand['first'] => {
    const match = /^(?:(\d+)|(\$)|\/((?:[^/\\]|\\.)*)\/)/.exec(rest);
    if (match === null) return undefined;
    rest = rest.slice(match[0].length);
    if (match[1] !== undefined) return Number(match[1]);
    return match[2] !== undefined ? '$' : expression(match[3] ?? '', extended);
  };
  while ((rest = rest.replace(/^[\s;]+/, '')) !== '') {
    const first = address();
    let last: SedCommand['last'];
    if (rest.startsWith(',')) {
      rest = rest.slice(1);
      last = address();
    }
    const negate = /^\s*!/.test(rest);
    rest = rest.replace(/^\s*!?\s*/, '');
    const action = rest[0] ?? '';
    rest = rest.slice(1);
    const base = { first, last, negate };
    if (action === 's') {
      const d = (rest[0] ?? '/').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      const match = new RegExp(
        `^${d}((?:[^\\\\${d}]|\\\\[^])*)${d}((?:[^\\\\${d}]|\\\\[^])*)${d}([gpIi]*)`,
      ).exec(rest);
      if (match === null)
        throw new UsageError(`-e expression #1, char ${script.length}: unterminated \`s' command`);
      rest = rest.slice(match[0].length);
      const [, pattern = '', text = '', flags = ''] = match;
      const regex = expression(pattern, extended, /i/i.test(flags) ? RE2JS.CASE_INSENSITIVE : 0);
      commands.push({
        ...base,
        action,
        regex,
        text,
        global: flags.includes('g'),
        print: flags.includes('p'),
      });
    } else if (action === 'a' || action === 'i' || action === 'c') {
      const text = /^\\?\s*([^\n]*)/.exec(rest)?.[1] ?? '';
      rest = rest.includes('\n') ? rest.slice(rest.indexOf('\n')) : '';
      commands.push({ ...base, action, text });
    } else if (action === 'd' || action === 'p' || action === 'q' || action === '=')
      commands.push({ ...base, action });
    else
      throw new UsageError(
        `-e expression #1, char ${script.length - rest.length}: unknown command: \`${action}'`,
      );
  }
  return commands;
}

function substitute(line: string, { regex, text = '', global }: SedCommand): string | undefined {
  const matcher = regex?.matcher(line);
  if (matcher?.find() !== true) return undefined;
  let result = '';
  let end = 0;
  do {
    result += line.slice(end, matcher.start());
    result += text.replace(/\\([0-9n&\\/])|&/g, (whole, key: string | undefined) => {
      if (whole === '&') return matcher.group() ?? '';
      if (key === 'n') return '\n';
      return key !== undefined && /\d/.test(key) ? (matcher.group(Number(key)) ?? '') : (key ?? '');
    });
    end = matcher.end();
  } while (global === true && matcher.find());
  return result + line.slice(end);
}

const sed = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'nrEe:i');
  const script = flags.get('e') ?? rest.shift();
  if (script === undefined) throw new UsageError('usage: sed [OPTION]... {script} [input-file]...');
  const commands = parseSed(script, flags.has('r') || flags.has('E'));
  // Ranges that began and have not ended.
  const active = new Set<SedCommand>();
  return forFiles(process, argv, rest, async (path) => {
    const all: string[] = [];
    for await (const [line] of lines(process, path)) {
      process.allocate(line.length);
      all.push(line);
      // Unbounded input streams; only `$` needs to know the end, and then we gather.
      if (flags.has('i') || commands.some(({ first, last }) => first === '$' || last === '$'))
        continue;
      await say(
        process,
        sedLine(commands, flags.has('n'), { line, number: all.length, isLast: false, active }),
      );
      all[all.length - 1] = '';
    }
    if (!flags.has('i') && !commands.some(({ first, last }) => first === '$' || last === '$'))
      return;
    const output = all.map((line, index) =>
      sedLine(commands, flags.has('n'), {
        line,
        number: index + 1,
        isLast: index === all.length - 1,
        active,
      }),
    );
    if (flags.has('i')) process.files.writeFile(path, output.join(''));
    else await say(process, output.join(''));
  });
});

interface SedLine {
  readonly line: string;
  readonly number: number;
  readonly isLast: boolean;
  readonly active: Set<SedCommand>;
}

function sedLine(commands: readonly SedCommand[], quiet: boolean, at: SedLine): string {
  let { line } = at;
  let before = '';
  let after = '';
  const hits = (address: SedCommand['first']): boolean =>
    address === undefined ||
    (address === '$'
      ? at.isLast
      : typeof address === 'number'
        ? address === at.number
        : address.matcher(line).find());
  for (const each of commands) {
    let selected: boolean;
    if (each.last === undefined) selected = hits(each.first);
    else {
      selected = at.active.has(each) || hits(each.first);
      const ends =
        selected &&
        (typeof each.last === 'number'
          ? at.number >= each.last
          : at.active.has(each) && hits(each.last));
      if (selected && !ends) at.active.add(each);
      else at.active.delete(each);
    }
    if (selected === each.negate) continue;
    switch (each.action) {
      case 'd':
        return before;
      case 'c':
        return `${before}${each.text ?? ''}\n`;
      case 'p':
        before += `${line}\n`;
        break;
      case '=':
        before += `${at.number}\n`;
        break;
      case 'i':
        before += `${each.text ?? ''}\n`;
        break;
      case 'a':
        after += `${each.text ?? ''}\n`;
        break;
      case 's': {
        const result = substitute(line, each);
        if (result === undefined) break;
        line = result;
        if (each.print === true) after += `${line}\n`;
        break;
      }
      case 'q':
        break;
    }
  }
  return before + (quiet ? '' : `${line}\n`) + after;
}

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

export const textPrograms: readonly ProgramRow[] = [
  { name: 'head', run: head },
  { name: 'tail', run: tail },
  { name: 'grep', run: grep },
  { name: 'egrep', run: grep },
  { name: 'fgrep', run: grep },
  { name: 'sed', run: sed },
  { name: 'wc', run: wc },
  { name: 'sort', run: sort },
  { name: 'uniq', run: uniq },
  { name: 'cut', run: cut },
  { name: 'tr', run: tr },
  { name: 'tee', run: tee },
  { name: 'rev', run: rev },
  { name: 'tac', run: tac },
  { name: 'md5sum', run: sum('md5') },
  { name: 'sha256sum', run: sum('sha256') },
  { name: 'base64', run: base64 },
  { name: 'od', run: od },
  { name: 'hexdump', run: od },
  { name: 'expr', run: expr },
];
