/**
 * Commands about files: cat, ls, cp, mv, rm, mkdir, touch, chmod, chown, ln, readlink, stat, find, ...
 */
import { isDir, modeString, type Node } from '../fs/node.ts';
import { errnoOf, errnoText, SysError } from '../kernel/errno.ts';
import type { ProgramRow } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';
import { matches } from '../shell/pattern.ts';
import { findGroup, findUser, groups, users } from './accounts.ts';
import {
  chunks,
  command,
  commandName,
  complain,
  forFiles,
  lines,
  options,
  reason,
  say,
  UsageError,
  worded,
  type Options,
} from './io.ts';
import { runChild } from './process-tools.ts';

export const sizeOf = (node: Node): number =>
  node.kind === 'file'
    ? node.size
    : isDir(node)
      ? 4096
      : node.kind === 'link'
        ? node.target.length
        : 0;

const cat = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'nuAevbET');
  let number = 1;
  return forFiles(
    process,
    argv,
    rest,
    async (path) => {
      if (path !== '-' && isDir(process.files.stat(path))) throw new SysError('EISDIR');
      if (!flags.has('n'))
        for await (const chunk of chunks(process, path)) await say(process, chunk);
      else
        for await (const [line, ended] of lines(process, path))
          await say(process, `${String(number++).padStart(6)}\t${line}${ended ? '\n' : ''}`);
    },
    (path, text) =>
      worded(
        process,
        text === 'Is a directory' ? `read error: ${text}` : `can't open '${path}': ${text}`,
        `${path}: ${text}`,
      ),
  );
});

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly node: Node;
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const HALF_YEAR_MS = 182 * 86_400_000;

function listingDate(process: Process, mtimeMs: number): string {
  const date = new Date(mtimeMs);
  const day = `${MONTHS[date.getUTCMonth()] ?? ''} ${String(date.getUTCDate()).padStart(2)}`;
  const recent = Math.abs(process.kernel.now() - mtimeMs) < HALF_YEAR_MS;
  const time = recent ? date.toISOString().slice(11, 16) : ` ${date.getUTCFullYear()}`;
  return `${day} ${time}`;
}

function longListing(process: Process, entries: readonly Entry[], flags: Options['flags']): string {
  const numeric = flags.has('n');
  const userNames = numeric ? new Map<number, string>() : users(process.files);
  const groupNames = numeric ? new Map<number, string>() : groups(process.files);
  const rows = entries.map(({ name, node }) => ({
    mode: modeString(node),
    links: String(node.nlink),
    user: userNames.get(node.uid) ?? String(node.uid),
    group: groupNames.get(node.gid) ?? String(node.gid),
    size:
      node.kind === 'device' ? `${node.major}, ${node.minor}` : human(sizeOf(node), flags.has('h')),
    date: listingDate(process, node.mtimeMs),
    name: node.kind === 'link' || node.kind === 'descriptor' ? `${name} -> ${node.target}` : name,
  }));
  const width = (key: keyof (typeof rows)[number]): number =>
    Math.max(0, ...rows.map((row) => row[key].length));
  return rows
    .map((row) =>
      [
        row.mode,
        row.links.padStart(width('links')),
        row.user.padEnd(width('user')),
        row.group.padEnd(width('group')),
        row.size.padStart(width('size')),
        row.date,
        row.name,
      ].join(' '),
    )
    .map((line) => `${line}\n`)
    .join('');
}

export function human(bytes: number, wanted: boolean): string {
  if (!wanted || bytes < 1024) return String(bytes);
  const power = Math.min(4, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)}${'KMGT'[power - 1] ?? ''}`;
}

const ls = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'laA1dhRtrnFiSZL', { long: { all: 'a', color: 'F' } });
  const operands = rest.length === 0 ? ['.'] : rest;
  const files: Entry[] = [];
  const directories: string[] = [];
  const status = await forFiles(
    process,
    argv,
    operands,
    (path) => {
      const lazy = flags.has('l') || flags.has('d');
      let node = lazy ? process.files.lstat(path) : process.files.stat(path);
      if (node.kind === 'link' && path.endsWith('/')) node = process.files.stat(path);
      if (isDir(node) && !flags.has('d')) directories.push(path);
      else files.push({ name: path, path, node });
      return Promise.resolve();
    },
    (path, text) => worded(process, `${path}: ${text}`, `cannot access '${path}': ${text}`),
  );
  const perLine = flags.has('1') || process.descriptor(1)?.tty === undefined;
  const show = (entries: readonly Entry[]): string => {
    const sorted = [...entries];
    if (flags.has('t')) sorted.sort((a, b) => b.node.mtimeMs - a.node.mtimeMs);
    if (flags.has('S')) sorted.sort((a, b) => sizeOf(b.node) - sizeOf(a.node));
    if (flags.has('r')) sorted.reverse();
    if (flags.has('l') || flags.has('n')) return longListing(process, sorted, flags);
    if (sorted.length === 0) return '';
    return `${sorted.map(({ name }) => name).join(perLine ? '\n' : '  ')}\n`;
  };
  if (files.length > 0) await say(process, show(files));
  const titled = operands.length > 1 || flags.has('R');
  for (let at = 0; at < directories.length; at++) {
    const directory = directories[at] ?? '';
    let entries: Entry[];
    try {
      entries = listDirectory(process, directory, flags);
    } catch (error) {
      const message = `cannot open directory '${directory}': ${reason(error)}`;
      await complain(process, 'ls', message);
      return 2;
    }
    const title = titled ? `${at > 0 || files.length > 0 ? '\n' : ''}${directory}:\n` : '';
    const total = flags.has('l')
      ? `total ${entries.reduce((sum, { node }) => sum + Math.ceil(sizeOf(node) / 4096) * 4, 0)}\n`
      : '';
    await say(process, title + total + show(entries));
    if (!flags.has('R')) continue;
    const below = entries.filter(({ name, node }) => isDir(node) && name !== '.' && name !== '..');
    directories.splice(at + 1, 0, ...below.map(({ path }) => path));
  }
  return status === 0 ? 0 : process.suite === 'busybox' ? 1 : 2;
}, 2);

function listDirectory(process: Process, directory: string, flags: Options['flags']): Entry[] {
  const { files } = process;
  const names = files.list(directory);
  const special = flags.has('a') ? ['.', '..'] : [];
  const hidden = flags.has('a') || flags.has('A');
  const visible = [...special, ...names.filter((name) => hidden || !name.startsWith('.'))];
  return visible.flatMap((name) => {
    const path = directory.endsWith('/') ? directory + name : `${directory}/${name}`;
    try {
      return [{ name, path, node: files.lstat(path) }];
    } catch (error) {
      // A process that ended between the listing and the look.
      if (errnoOf(error) === undefined) throw error;
      return [];
    }
  });
}

const mkdir = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'pm:v', { long: { parents: 'p', mode: 'm' } });
  if (rest.length === 0) throw new UsageError('missing operand');
  const mode = flags.has('m') ? parseInt(flags.get('m') ?? '755', 8) : 0o777 & ~process.umask;
  let status = 0;
  for (const path of rest) {
    try {
      if (flags.has('p')) process.files.mkdirs(path, mode);
      else process.files.mkdir(path, mode);
    } catch (error) {
      await complain(
        process,
        commandName(argv),
        `${worded(process, "can't", 'cannot')} create directory '${path}': ${reason(error)}`,
      );
      status = 1;
    }
  }
  return status;
});

const rmdir = command((process, argv) =>
  forFiles(
    process,
    argv,
    options(argv, 'p').rest,
    (path) => {
      process.files.rmdir(path);
      return Promise.resolve();
    },
    (path, text) => `${worded(process, '', 'failed to remove ')}'${path}': ${text}`,
  ),
);

const rm = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'rRfiv', { long: { recursive: 'r', force: 'f' } });
  if (rest.length === 0 && !flags.has('f')) throw new UsageError('missing operand');
  let status = 0;
  for (const path of rest) {
    try {
      const node = process.files.lstat(path);
      if (isDir(node) && !flags.has('r') && !flags.has('R')) throw new SysError('EISDIR');
      if (isDir(node)) process.files.removeTree(path);
      else process.files.unlink(path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' && flags.has('f')) continue;
      await complain(
        process,
        commandName(argv),
        `${worded(process, "can't", 'cannot')} remove '${path}': ${reason(error)}`,
      );
      status = 1;
    }
  }
  return status;
});

/** `cp a b` and `cp a... dir`: where each source goes. */
function destinations(process: Process, words: readonly string[]): (readonly [string, string])[] {
  if (words.length < 2)
    throw new UsageError(
      words.length === 0
        ? 'missing file operand'
        : `missing destination file operand after '${words[0] ?? ''}'`,
    );
  const target = words.at(-1) ?? '';
  const { files } = process;
  const intoDirectory = files.exists(target) && isDir(files.stat(target));
  if (words.length > 2 && !intoDirectory)
    throw new UsageError(`target '${target}' is not a directory`);
  return words.slice(0, -1).map((source) => {
    const name = source.replace(/\/+$/, '').split('/').at(-1) ?? source;
    return [source, intoDirectory ? `${target.replace(/\/+$/, '')}/${name}` : target] as const;
  });
}

async function copyOne(
  process: Process,
  from: string,
  to: string,
  flags: Options['flags'],
): Promise<void> {
  const { files } = process;
  const recursive = flags.has('r') || flags.has('R') || flags.has('a');
  const node = recursive ? files.lstat(from) : files.stat(from);
  if (isDir(node)) {
    if (!recursive) throw new UsageError(`-r not specified; omitting directory '${from}'`);
    if (`${files.place(to, false).path}/`.startsWith(`${files.place(from).path}/`))
      throw new UsageError(`cannot copy a directory, '${from}', into itself, '${to}'`);
    if (!files.exists(to)) files.mkdir(to, node.mode & ~process.umask);
    for (const name of files.list(from))
      await copyOne(process, `${from}/${name}`, `${to}/${name}`, flags);
  } else if (node.kind === 'link') {
    if (files.exists(to)) files.unlink(to);
    files.symlink(node.target, to);
  } else {
    await process.step();
    const mode = flags.has('p') || flags.has('a') ? node.mode : node.mode & ~process.umask;
    const out = files.open(to, { write: true, create: true, truncate: true, mode });
    const fd = process.install(out);
    try {
      for await (const chunk of chunks(process, from)) await process.write(fd, chunk);
    } finally {
      if (process.alive) process.closeDescriptor(fd);
    }
    if (flags.has('p') || flags.has('a')) files.utimes(to, node.mtimeMs);
  }
}

const cp = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'rRapfivLPdT', { long: { recursive: 'r', archive: 'a' } });
  let status = 0;
  for (const [from, to] of destinations(process, rest)) {
    try {
      await copyOne(process, from, to, flags);
    } catch (error) {
      const message =
        error instanceof UsageError
          ? error.message
          : `${worded(process, "can't", 'cannot')} stat '${from}': ${reason(error)}`;
      await complain(process, commandName(argv), message);
      status = 1;
    }
  }
  return status;
});

function moveFailure(process: Process, from: string, to: string, error: unknown): string {
  const text = reason(error);
  if (process.suite === 'busybox') return `can't rename '${from}': ${text}`;
  const missing =
    errnoOf(error) === 'ENOENT' && process.files.place(from, false).node === undefined;
  return missing ? `cannot stat '${from}': ${text}` : `cannot move '${from}' to '${to}': ${text}`;
}

const mv = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'fivnT');
  let status = 0;
  for (const [from, to] of destinations(process, rest)) {
    try {
      try {
        process.files.rename(from, to);
      } catch (error) {
        if (errnoOf(error) !== 'EXDEV') throw error;
        await copyOne(process, from, to, new Map([...flags, ['a', '']]));
        process.files.removeTree(from);
      }
    } catch (error) {
      await complain(process, commandName(argv), moveFailure(process, from, to, error));
      status = 1;
    }
  }
  return status;
});

const touch = command((process, argv) => {
  const { flags, rest } = options(argv, 'acmd:t:r:');
  const date = flags.get('d');
  const at = date === undefined ? process.kernel.now() : Date.parse(date);
  if (Number.isNaN(at)) throw new UsageError(`invalid date format '${date ?? ''}'`);
  return forFiles(
    process,
    argv,
    rest,
    (path) => {
      if (!process.files.exists(path)) {
        if (flags.has('c')) return Promise.resolve();
        process.files.open(path, { write: true, create: true, mode: 0o666 & ~process.umask });
      }
      process.files.utimes(path, at);
      return Promise.resolve();
    },
    (path, text) =>
      `${worded(process, '', 'cannot touch ')}${worded(process, path, `'${path}'`)}: ${text}`,
  );
});

/** `755`, `u+x`, `go-w`, `a=rX`. */
function parseMode(text: string, current: number, directory: boolean): number {
  if (/^[0-7]{1,4}$/.test(text)) return parseInt(text, 8);
  let mode = current;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause);
    if (match === null) throw new UsageError(`invalid mode: '${text}'`);
    const [, who = '', operator, what = ''] = match;
    const all = who === '' || who.includes('a');
    let bits = 0;
    for (const [letter, shift] of [
      ['u', 6],
      ['g', 3],
      ['o', 0],
    ] as const) {
      if (!all && !who.includes(letter)) continue;
      if (what.includes('r')) bits |= 4 << shift;
      if (what.includes('w')) bits |= 2 << shift;
      if (what.includes('x') || (what.includes('X') && (directory || (current & 0o111) !== 0)))
        bits |= 1 << shift;
      if (what.includes('s') && shift > 0) bits |= shift === 6 ? 0o4000 : 0o2000;
      if (operator === '=') mode &= ~(7 << shift);
    }
    if (what.includes('t')) bits |= 0o1000;
    mode = operator === '-' ? mode & ~bits : mode | bits;
  }
  return mode;
}

/** Applies `change` to the operands, with `-R` to everything below as well. */
async function eachFile(
  process: Process,
  paths: readonly string[],
  recursive: boolean,
  change: (path: string, node: Node) => void,
): Promise<void> {
  for (const path of paths) {
    await process.step();
    const node = process.files.lstat(path);
    change(path, node);
    if (recursive && isDir(node))
      await eachFile(
        process,
        process.files.list(path).map((name) => `${path}/${name}`),
        true,
        change,
      );
  }
}

const changer =
  (verb: string, apply: (process: Process, word: string) => (path: string, node: Node) => void) =>
  async (process: Process, argv: readonly string[]): Promise<number> => {
    const words = argv.slice(1);
    const recursive = words.some((word) => /^-[Rvf]*R/.test(word));
    const [value, ...paths] = words.filter((word) => !/^-[Rvfh]+$/.test(word));
    if (value === undefined || paths.length === 0) throw new UsageError('missing operand');
    const change = apply(process, value);
    let status = 0;
    for (const path of paths) {
      try {
        await eachFile(process, [path], recursive, change);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === undefined) throw error;
        const what =
          errno === 'ENOENT' ? `cannot access '${path}'` : `changing ${verb} of '${path}'`;
        await complain(process, commandName(argv), `${what}: ${errnoText(errno)}`);
        status = 1;
      }
    }
    return status;
  };

const chmod = command(
  changer('permissions', (process, mode) => (path, node) => {
    if (node.kind !== 'link') process.files.chmod(path, parseMode(mode, node.mode, isDir(node)));
  }),
);

const chown = command(
  changer('ownership', (process, owner) => {
    const [user = '', group] = owner.split(/[:.]/);
    const account = user === '' ? undefined : findUser(process.files, user);
    const uid = user === '' ? undefined : (account?.uid ?? numberOr(user));
    const gid =
      group === undefined || group === ''
        ? undefined
        : (findGroup(process.files, group) ?? numberOr(group));
    const change = { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
    return (path) => process.files.chown(path, change, false);
  }),
);

const chgrp = command(
  changer('group', (process, group) => {
    const gid = findGroup(process.files, group) ?? numberOr(group);
    return (path) => process.files.chown(path, { gid }, false);
  }),
);

function numberOr(text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`invalid user: '${text}'`);
  return Number(text);
}

const ln = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'sfnvT');
  const words = rest.length === 1 ? [...rest, '.'] : rest;
  for (const [from, to] of destinations(process, words)) {
    if (flags.has('f') && process.files.place(to, false).node !== undefined)
      process.files.unlink(to);
    try {
      if (flags.has('s')) process.files.symlink(from, to);
      else process.files.link(from, to);
    } catch (error) {
      await complain(
        process,
        commandName(argv),
        `failed to create ${flags.has('s') ? 'symbolic' : 'hard'} link '${to}': ${reason(error)}`,
      );
      return 1;
    }
  }
  return 0;
});

const readlink = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'fenm');
  for (const path of rest) {
    try {
      const full = flags.has('f') || flags.has('e') || flags.has('m');
      await say(
        process,
        `${full ? process.files.place(path).path : process.files.readlink(path)}\n`,
      );
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return 1;
    }
  }
  return 0;
});

const realpath = command((process, argv) =>
  forFiles(process, argv, options(argv, 'em').rest, async (path) => {
    const place = process.files.place(path);
    if (place.node === undefined) throw new SysError('ENOENT');
    await say(process, `${place.path}\n`);
  }),
);

const STAT_FIELDS: Readonly<
  Record<string, (process: Process, path: string, node: Node) => string>
> = {
  n: (_, path) => path,
  s: (_, __, node) => String(sizeOf(node)),
  a: (_, __, node) => node.mode.toString(8),
  A: (_, __, node) => modeString(node),
  u: (_, __, node) => String(node.uid),
  g: (_, __, node) => String(node.gid),
  U: (process, _, node) => users(process.files).get(node.uid) ?? 'UNKNOWN',
  G: (process, _, node) => groups(process.files).get(node.gid) ?? 'UNKNOWN',
  i: (_, __, node) => String(node.ino),
  h: (_, __, node) => String(node.nlink),
  Y: (_, __, node) => String(Math.floor(node.mtimeMs / 1000)),
  y: (_, __, node) =>
    new Date(node.mtimeMs).toISOString().replace('T', ' ').replace('Z', '000000 +0000'),
  F: (_, __, node) =>
    isDir(node)
      ? 'directory'
      : node.kind === 'link'
        ? 'symbolic link'
        : node.kind === 'fifo'
          ? 'fifo'
          : node.kind === 'device'
            ? 'character special file'
            : sizeOf(node) === 0
              ? 'regular empty file'
              : 'regular file',
};

const stat = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'c:Lf', { long: { format: 'c' } });
  const format =
    flags.get('c') ??
    '  File: %n\n  Size: %s\t%F\nAccess: (0%a/%A)  Uid: (%u/%U)   Gid: (%g/%G)\nModify: %y';
  return forFiles(process, argv, rest, async (path) => {
    const node = flags.has('L') ? process.files.stat(path) : process.files.lstat(path);
    const text = format.replace(/%([a-zA-Z%])/g, (whole, key: string) =>
      key === '%' ? '%' : (STAT_FIELDS[key]?.(process, path, node) ?? whole),
    );
    await say(process, `${text}\n`);
  });
});

const find = command(async (process, argv) => {
  const words = argv.slice(1);
  const split = words.findIndex((word) => word.startsWith('-') || word === '!');
  const roots = split < 0 ? words : words.slice(0, split);
  const expression = split < 0 ? [] : words.slice(split);
  let maxDepth = Infinity;
  let minDepth = 0;
  let print = true;
  const tests: ((path: string, node: Node) => boolean | Promise<boolean>)[] = [];
  let negate = false;
  const push = (test: (path: string, node: Node) => boolean | Promise<boolean>): void => {
    const invert = negate;
    negate = false;
    tests.push(invert ? async (path, node) => !(await test(path, node)) : test);
  };
  const KINDS: Readonly<Record<string, (node: Node) => boolean>> = {
    f: (node) => node.kind === 'file' || node.kind === 'virtual-file',
    d: isDir,
    l: (node) => node.kind === 'link' || node.kind === 'descriptor',
    p: (node) => node.kind === 'fifo',
    c: (node) => node.kind === 'device',
  };
  for (let at = 0; at < expression.length; at++) {
    const word = expression[at] ?? '';
    const value = (): string => expression[++at] ?? '';
    if (word === '!' || word === '-not') negate = !negate;
    else if (word === '-name' || word === '-iname') {
      const pattern = value();
      const fold = word === '-iname';
      push((path) => {
        const name = path.split('/').at(-1) ?? '';
        return fold ? matches(pattern.toLowerCase(), name.toLowerCase()) : matches(pattern, name);
      });
    } else if (word === '-path') {
      const pattern = value();
      push((path) => matches(pattern, path));
    } else if (word === '-type') {
      const kind = KINDS[value()];
      if (kind === undefined) throw new UsageError('Unknown argument to -type');
      push((_, node) => kind(node));
    } else if (word === '-maxdepth') maxDepth = Number(value());
    else if (word === '-mindepth') minDepth = Number(value());
    else if (word === '-empty')
      push((path, node) =>
        isDir(node) ? process.files.list(path).length === 0 : sizeOf(node) === 0,
      );
    else if (word === '-print' || word === '-a') continue;
    else if (word === '-delete') {
      print = false;
      push((path, node) => {
        if (isDir(node)) process.files.rmdir(path);
        else process.files.unlink(path);
        return true;
      });
    } else if (word === '-exec') {
      const end = expression.findIndex(
        (candidate, index) => index > at && (candidate === ';' || candidate === '+'),
      );
      const line = expression.slice(at + 1, end < 0 ? undefined : end);
      at = end < 0 ? expression.length : end;
      print = false;
      push(
        async (path) =>
          (await runChild(
            process,
            'find',
            line.map((part) => part.replaceAll('{}', path)),
          )) === 0,
      );
    } else throw new UsageError(`unknown predicate \`${word}'`);
  }
  const postOrder = expression.includes('-delete');
  const visit = async (path: string, depth: number): Promise<void> => {
    await process.step();
    const node = process.files.lstat(path);
    const act = async (): Promise<void> => {
      if (depth < minDepth) return;
      for (const test of tests) if (!(await test(path, node))) return;
      if (print) await say(process, `${path}\n`);
    };
    if (!postOrder) await act();
    if (isDir(node) && depth < maxDepth) {
      for (const name of process.files.list(path)) {
        try {
          await visit(path.endsWith('/') ? path + name : `${path}/${name}`, depth + 1);
        } catch (error) {
          if (errnoOf(error) !== 'ENOENT') throw error;
        }
      }
    }
    if (postOrder) await act();
  };
  return forFiles(process, argv, roots.length === 0 ? ['.'] : roots, (root) => visit(root, 0));
});

const mktemp = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'dp:tq');
  const directory = flags.get('p') ?? process.env.get('TMPDIR') ?? '/tmp';
  const template = rest[0] ?? `${directory}/tmp.XXXXXXXXXX`;
  const random = Buffer.from(process.kernel.random.bytes(16)).toString('hex');
  let used = 0;
  const path = template.replace(/X{3,}$/, (run) => random.slice(used, (used += run.length)));
  if (flags.has('d')) process.files.mkdir(path, 0o700);
  else process.files.open(path, { write: true, create: true, exclusive: true, mode: 0o600 });
  await say(process, `${path}\n`);
  return 0;
});

const mkfifo = command((process, argv) =>
  forFiles(process, argv, options(argv, 'm:').rest, (path) => {
    process.files.mkfifo(path, 0o666 & ~process.umask);
    return Promise.resolve();
  }),
);

const basename = command(async (process, argv) => {
  const [path, suffix = ''] = argv.slice(1);
  if (path === undefined) throw new UsageError('missing operand');
  const name = path.replace(/\/+$/, '').split('/').at(-1) ?? '';
  const base = name === '' ? '/' : name;
  await say(
    process,
    `${suffix !== '' && base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base}\n`,
  );
  return 0;
});

const dirname = command(async (process, argv) => {
  if (argv.length < 2) throw new UsageError('missing operand');
  for (const path of argv.slice(1)) {
    const trimmed = path.replace(/\/+$/, '');
    const cut = trimmed.lastIndexOf('/');
    await say(
      process,
      `${cut < 0 ? (trimmed === '' ? '/' : '.') : cut === 0 ? '/' : trimmed.slice(0, cut)}\n`,
    );
  }
  return 0;
});

const dd = command(async (process, argv) => {
  const settings = new Map(
    argv.slice(1).map((word) => word.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
  const size = (text: string | undefined, otherwise: number): number => {
    const match = /^(\d+)([kKMG]?)B?$/.exec(text ?? String(otherwise));
    if (match?.[1] === undefined) throw new UsageError(`invalid number: '${text ?? ''}'`);
    return Number(match[1]) * { '': 1, k: 1024, K: 1024, M: 2 ** 20, G: 2 ** 30 }[match[2] as 'k'];
  };
  const block = size(settings.get('bs'), 512);
  const count = settings.has('count') ? size(settings.get('count'), 0) : Infinity;
  const from = settings.get('if');
  const to = settings.get('of');
  const input = from === undefined ? 0 : process.install(process.files.open(from, { read: true }));
  const output =
    to === undefined
      ? 1
      : process.install(process.files.open(to, { write: true, create: true, truncate: true }));
  let blocks = 0;
  let bytes = 0;
  let partial = 0;
  try {
    for (; blocks + partial < count;) {
      const data = await process.read(input, Math.min(block, 1 << 20));
      if (data.length === 0) break;
      await process.write(output, data);
      bytes += data.length;
      if (data.length < block) partial++;
      else blocks++;
    }
  } catch (error) {
    await complain(process, 'dd', `error writing '${to ?? 'standard output'}': ${reason(error)}`);
    return 1;
  }
  const records = `${blocks}+${partial} records`;
  await process.write(2, `${records} in\n${records} out\n${bytes} bytes copied\n`);
  return 0;
});

const du = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'shak');
  const measure = async (path: string): Promise<number> => {
    await process.step();
    const node = process.files.lstat(path);
    let total = sizeOf(node);
    if (isDir(node)) {
      for (const name of process.files.list(path)) total += await measure(`${path}/${name}`);
      if (!flags.has('s'))
        await say(
          process,
          `${human(Math.ceil(total / 1024) * (flags.has('h') ? 1024 : 1), flags.has('h'))}\t${path}\n`,
        );
    }
    return total;
  };
  return forFiles(process, argv, rest.length === 0 ? ['.'] : rest, async (path) => {
    const total = await measure(path);
    if (flags.has('s'))
      await say(
        process,
        `${human(Math.ceil(total / 1024) * (flags.has('h') ? 1024 : 1), flags.has('h'))}\t${path}\n`,
      );
  });
});

export const filePrograms: readonly ProgramRow[] = [
  { name: 'cat', run: cat },
  { name: 'ls', run: ls },
  { name: 'mkdir', run: mkdir },
  { name: 'rmdir', run: rmdir },
  { name: 'rm', run: rm },
  { name: 'cp', run: cp },
  { name: 'mv', run: mv },
  { name: 'touch', run: touch },
  { name: 'chmod', run: chmod },
  { name: 'chown', run: chown },
  { name: 'chgrp', run: chgrp },
  { name: 'ln', run: ln },
  { name: 'readlink', run: readlink },
  { name: 'realpath', run: realpath },
  { name: 'stat', run: stat },
  { name: 'find', run: find },
  { name: 'mktemp', run: mktemp },
  { name: 'mkfifo', run: mkfifo },
  { name: 'basename', run: basename },
  { name: 'dirname', run: dirname },
  { name: 'dd', run: dd },
  { name: 'du', run: du },
];
