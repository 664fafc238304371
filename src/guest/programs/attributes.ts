/**
 * Commands that change what files are, not what they hold: touch, chmod, chown, chgrp.
 */
import { isDir, type Node } from '../fs/node.ts';
import { errnoOf, errnoText } from '../kernel/errno.ts';
import type { ProgramRow } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';
import { findGroup, findUser } from './accounts.ts';
import { command, commandName, complain, forFiles, options, UsageError, worded } from './io.ts';

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

export const attributePrograms: readonly ProgramRow[] = [
  { name: 'touch', run: touch },
  { name: 'chmod', run: chmod },
  { name: 'chown', run: chown },
  { name: 'chgrp', run: chgrp },
];
