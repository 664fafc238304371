/**
 * Redirections: files, descriptors, here-documents.
 */
import { errnoOf, errnoText, SysError } from '../kernel/errno.ts';
import { OpenFile } from '../kernel/open-file.ts';
import type { Process } from '../kernel/process.ts';
import { expandText, type Scope } from './expand.ts';
import type { Redirect } from './syntax.ts';

interface RedirectingShell extends Scope {
  readonly process: Process;
  readonly flavour: 'ash' | 'bash';
  readonly flags: ReadonlySet<string>;
  complain(message: string): Promise<void>;
}

/** What was open before: to be put back, or to be let go. One of the two must be called. */
interface Redirected {
  undo(): void;
  keep(): void;
}

/** Applies all, in order; undefined after complaining. */
export async function applyRedirects(
  shell: RedirectingShell,
  redirects: readonly Redirect[],
): Promise<Redirected | undefined> {
  const { process } = shell;
  const saved: { fd: number; file: OpenFile | undefined }[] = [];
  const undo = (): void => {
    for (const { fd, file } of saved.reverse()) {
      if (file === undefined) {
        if (process.descriptor(fd) !== undefined) process.closeDescriptor(fd);
      } else {
        process.install(file, fd);
        file.release();
      }
    }
  };
  const put = (fd: number, file: OpenFile | undefined): void => {
    saved.push({ fd, file: process.descriptor(fd)?.retain() });
    if (file !== undefined) process.install(file, fd);
    else if (process.descriptor(fd) !== undefined) process.closeDescriptor(fd);
  };
  for (const redirect of redirects) {
    const target = await expandText(redirect.target, shell);
    try {
      for (const [fd, file] of open(shell, redirect, target)) put(fd, file);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      undo();
      await shell.complain(describe(shell.flavour, redirect, target, errno));
      return undefined;
    }
  }
  const keep = (): void => {
    for (const { file } of saved) file?.release();
  };
  return { undo, keep };
}

type Change = readonly [number, OpenFile | undefined];

function open(shell: RedirectingShell, redirect: Redirect, target: string): Change[] {
  const { fd, operator } = redirect;
  const { files, umask } = shell.process;
  const mode = 0o666 & ~umask;
  switch (operator) {
    case '<':
      return [[fd, files.open(target, { read: true })]];
    case '<>':
      return [[fd, files.open(target, { read: true, write: true, create: true, mode })]];
    case '>':
    case '>|': {
      const guarded = operator === '>' && shell.flags.has('C');
      if (guarded && files.exists(target) && files.stat(target).kind === 'file')
        throw new SysError('EEXIST');
      return [[fd, files.open(target, { write: true, create: true, truncate: true, mode })]];
    }
    case '>>':
      return [[fd, files.open(target, { write: true, create: true, append: true, mode })]];
    case '&>':
    case '&>>': {
      const append = operator === '&>>';
      const file = files.open(target, {
        write: true,
        create: true,
        truncate: !append,
        append,
        mode,
      });
      return [
        [1, file],
        [2, file],
      ];
    }
    case '<<':
      return [[fd, textFile(target)]];
    case '<<<':
      return [[fd, textFile(`${target}\n`)]];
    case '<&':
    case '>&': {
      if (target === '-') return [[fd, undefined]];
      if (!/^\d+$/.test(target)) {
        if (operator === '<&') throw new SysError('EBADF');
        const file = files.open(target, { write: true, create: true, truncate: true, mode });
        return [
          [1, file],
          [2, file],
        ];
      }
      const source = shell.process.descriptor(Number(target));
      if (source === undefined) throw new SysError('EBADF');
      return [[fd, source]];
    }
  }
}

/** The body of a here-document as a readable file. */
function textFile(text: string): OpenFile {
  const content = Buffer.from(text, 'utf8');
  let offset = 0;
  return new OpenFile({
    name: 'here-document',
    read: (_, max, options = {}) => {
      let data = content.subarray(offset, offset + max);
      const stop = options.until === undefined ? -1 : data.indexOf(options.until);
      if (stop >= 0) data = data.subarray(0, stop + 1);
      offset += data.length;
      return Promise.resolve(data);
    },
  });
}

function describe(
  flavour: 'ash' | 'bash',
  redirect: Redirect,
  target: string,
  errno: NonNullable<ReturnType<typeof errnoOf>>,
): string {
  const duplicate = /^[<>]&$/.test(redirect.operator);
  if (flavour === 'bash') return `${target}: ${errnoText(errno)}`;
  if (duplicate) return `dup2(${target},${redirect.fd}): ${errnoText(errno)}`;
  const verb = redirect.operator.startsWith('<') ? 'open' : 'create';
  const text =
    errno === 'ENOENT'
      ? verb === 'open'
        ? 'no such file'
        : 'nonexistent directory'
      : errnoText(errno);
  return `can't ${verb} ${target}: ${text}`;
}
