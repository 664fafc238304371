/**
 * Commands that show files: ls, stat, du.
 */
import { isDir, modeString, type Node } from '../fs/node.ts';
import { errnoOf } from '../kernel/errno.ts';
import type { ProgramRow } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';
import { groups, users } from './accounts.ts';
import { command, complain, forFiles, options, reason, say, worded, type Options } from './io.ts';

export const sizeOf = (node: Node): number =>
  node.kind === 'file'
    ? node.size
    : isDir(node)
      ? 4096
      : node.kind === 'link'
        ? node.target.length
        : 0;

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

export const listingPrograms: readonly ProgramRow[] = [
  { name: 'ls', run: ls },
  { name: 'stat', run: stat },
  { name: 'du', run: du },
];
