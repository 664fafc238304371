/**
 * CopyFile: how files get into a guest that shares no file system with its host. Directories and
 * temporary files are made as if the share were the root, so that neither `..` nor a link leads out
 * of it; only the last rename resolves the path as it is, and fails where that leads elsewhere.
 * Source: kata-containers 4.1.0 src/agent/src/rpc.rs, do_copy_file; pathrs 0.2.
 */
import { rustString } from '#base';
import type { Api } from '#wire';
import { anyhow, guestErrors, type GuestError } from './errors.ts';
import { MountNamespace } from './fs/namespace.ts';
import { isDir, S_IFDIR, S_IFLNK, type Node } from './fs/node.ts';
import { childOf } from './fs/store.ts';
import { FileView } from './fs/view.ts';
import { errnoOf, SysError, type Errno } from './kernel/errno.ts';
import { SHARED_ROOT } from './storage.ts';

const SHARE = SHARED_ROOT.replace(/\/$/, '');
/** Source: Linux include/uapi/linux/limits.h, PATH_MAX with its NUL. */
const PATH_MAX = 4096;
const NAME_MAX = 255;
/** Beyond what a file of the guest can have: such a part is taken, and the file never completes. */
const MAX_OFFSET = 1n << 40n;
const UNCHANGED = -1;
const OPEN_DIRECTORY = 'OpenFlags(O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY | O_NOCTTY), 0o0';
const OPEN_BENEATH =
  '{ flags: OpenFlags(O_PATH | O_CLOEXEC), resolve: ResolveFlags(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS) }, 24';
/** Descriptors as the messages of an agent at rest show them. */
const ROOT_FD = 16;
const PARENT_FD = 17;
const MADE_FD = 19;

/** "Contains all bits", as upstream tests it: a socket's bits count as a directory's. */
const hasBits = (mode: number, bits: number): boolean => (mode & bits) === bits;

const io = (errno: Errno): string => guestErrors.ioInside(errno).message;
const shownHandle = (fd: number, path: string): string =>
  `[${fd}]<${rustString(path === '' ? SHARE : `${SHARE}/${path}`)}>`;

export function copyFile(files: FileView, request: Api.CopyFileRequest): void {
  const parts = belowShare(request.path);
  files.mkdirs(SHARE);
  try {
    new Copy(files, request, parts).run();
  } catch (error) {
    const errno = errnoOf(error);
    throw errno === undefined ? error : guestErrors.ioInside(errno);
  }
}

/** Components as Rust's Path has them: `//` and `/./` are one separator, `..` stays. */
function belowShare(path: string): string[] {
  const components = path.split('/').filter((part) => part !== '' && part !== '.');
  const share = SHARE.split('/').filter((part) => part !== '');
  const isBelow = path.startsWith('/') && share.every((part, index) => components[index] === part);
  if (!isBelow)
    throw anyhow(`removing ${rustString(SHARED_ROOT)} prefix from ${path}`, 'prefix not found');
  return components.slice(share.length);
}

class Copy {
  readonly #files: FileView;
  /** The share as the root. */
  readonly #inside: FileView;
  readonly #request: Api.CopyFileRequest;
  readonly #parts: readonly string[];
  readonly #path: string;
  readonly #parent: string;
  readonly #name: string;

  constructor(files: FileView, request: Api.CopyFileRequest, parts: readonly string[]) {
    this.#files = files;
    this.#inside = rootedAt(files);
    this.#request = request;
    this.#parts = parts;
    this.#path = parts.join('/');
    this.#parent = parts.slice(0, -1).join('/');
    this.#name = parts.at(-1) ?? '';
  }

  get #owner(): { uid?: number; gid?: number } {
    const { uid, gid } = this.#request;
    return {
      ...(uid !== UNCHANGED && { uid: uid >>> 0 }),
      ...(gid !== UNCHANGED && { gid: gid >>> 0 }),
    };
  }

  run(): void {
    const { file_mode: mode, offset } = this.#request;
    if (this.#parts.length > 0) this.#makeParent();
    if (hasBits(mode, S_IFDIR)) {
      this.#makeDirectory();
      return;
    }
    if (offset === 0n) this.#removeOld();
    if (hasBits(mode, S_IFLNK)) this.#link();
    else this.#write();
  }

  #makeParent(): void {
    const context = 'mkdir_all parent';
    const parent = this.#parts.slice(0, -1);
    if (Buffer.byteLength(this.#parent) >= PATH_MAX) {
      // Upstream makes some of them before it fails; where it fails depends on what comes next.
      if (this.#request.offset !== 0n || hasBits(this.#request.file_mode, S_IFDIR))
        throw anyhow(context, io('ENAMETOOLONG'));
      return;
    }
    makeAll(this.#inside, parent, { mode: this.#request.dir_mode & 0o777, context });
    const place = `/${parent.join('/')}`;
    this.#inside.chown(place, this.#owner);
  }

  /** An existing directory is kept; anything else under the name goes. */
  #makeDirectory(): void {
    const { file_mode: mode } = this.#request;
    const place = `/${this.#path}`;
    const existing = this.#inside.place(place, false).node;
    if (existing !== undefined && !isDir(existing)) this.#inside.unlink(place);
    makeAll(this.#inside, this.#parts, { mode: mode & 0o777, context: 'mkdir_all dir' });
    this.#inside.chmod(place, mode & 0o7777);
    this.#inside.chown(place, this.#owner);
  }

  #removeOld(): void {
    if (this.#name === '' || this.#name === '..')
      throw anyhow('invalid path argument: remove all path is /');
    if (Buffer.byteLength(this.#parent) >= PATH_MAX)
      throw anyhow(
        'resolve remove-all path',
        'resolve parent directory',
        'openat2 subpath failed',
        `openat2(${shownHandle(ROOT_FD, '')}, ${rustString(this.#parent)}, ${OPEN_BENEATH})`,
        io('ENAMETOOLONG'),
      );
    try {
      if (this.#name.includes('\0')) throw new SysError('EINVAL');
      this.#inside.removeTree(`/${this.#path}`);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      throw anyhow(
        'open directory to scan entries failed',
        `openat(${shownHandle(PARENT_FD, this.#parent)}, ${rustString(this.#name)}, ${OPEN_DIRECTORY})`,
        io(errno),
      );
    }
  }

  #link(): void {
    const target = Buffer.from(this.#request.data).toString('utf8');
    const refuse = (errno: Errno): GuestError =>
      anyhow(
        'create symlink',
        'pathrs create failed',
        `symlinkat(${shownHandle(PARENT_FD, this.#parent)}, ${rustString(this.#name)}, ${rustString(target)})`,
        io(errno),
      );
    if (target === '') throw refuse('ENOENT');
    attempt(() => this.#inside.symlink(target, `/${this.#path}`), refuse);
    attempt(
      () => this.#files.chown(`${SHARE}/${this.#path}`, this.#owner, false),
      (errno) => anyhow('fchownat', guestErrors.system(errno).message),
    );
  }

  #write(): void {
    const { file_mode: mode, file_size: size, offset, data } = this.#request;
    const temporary = withExtension(this.#path, 'tmp');
    const inside = `/${temporary}`;
    const file = attempt(
      () => this.#inside.writable(inside, offset === 0n),
      (errno) => anyhow('create_file', io(errno)),
    );
    if (offset < 0n) throw anyhow('write_all_at', io('EINVAL'));
    if (offset > MAX_OFFSET) return;
    attempt(
      () => this.#files.namespace.store.write(file, Number(offset), data),
      (errno) => anyhow('write_all_at', io(errno)),
    );
    // Not yet complete: nothing is visible under the real name.
    if (BigInt(file.size) !== size) return;
    this.#inside.chmod(inside, mode & 0o7777);
    this.#inside.chown(inside, this.#owner);
    attempt(
      () => this.#files.rename(`${SHARE}/${temporary}`, `${SHARE}/${this.#path}`),
      (errno) => anyhow('renameat', guestErrors.system(errno).message),
    );
  }
}

function attempt<T>(action: () => T, refuse: (errno: Errno) => GuestError): T {
  try {
    return action();
  } catch (error) {
    const errno = errnoOf(error);
    throw errno === undefined ? error : refuse(errno);
  }
}

/** What is mounted below the share is seen there, too. */
function rootedAt(files: FileView): FileView {
  const { node, mount } = files.place(SHARE);
  if (node === undefined) throw new SysError('ENOENT');
  const namespace = new MountNamespace(files.namespace.store, {
    ...mount,
    destination: '/',
    root: node,
  });
  for (const each of files.namespace.mounts)
    if (each.destination.startsWith(`${SHARE}/`))
      namespace.mount({ ...each, destination: each.destination.slice(SHARE.length) });
  return new FileView(namespace);
}

interface MakeAll {
  readonly mode: number;
  readonly context: string;
}

/** pathrs mkdir_all: what exists is walked with its links, the rest is made without any `..`. */
function makeAll(inside: FileView, parts: readonly string[], { mode, context }: MakeAll): void {
  const present = presentPrefix(inside, parts);
  const rest = parts.slice(present);
  if (rest.length === 0) return;
  // Says why the next component is no directory, if it is there.
  lookUp(inside, `/${parts.slice(0, present + 1).join('/')}`, { parts, context });
  if (rest.includes('..'))
    throw anyhow(
      context,
      `yet-to-be-created path Some(${rustString(rest.join('/'))}) contains '..' components`,
      'mkdir_all remaining components failed',
      io('ENOENT'),
    );
  let made = parts.slice(0, present).join('/');
  let dir = inside.stat(`/${made}`);
  for (const name of rest) {
    assertCanMake(inside, dir, { parent: made, name, context });
    if (dir.kind !== 'dir') throw new SysError('EPERM');
    const child = inside.namespace.store.dir({ mode });
    dir.entries.set(name, child);
    dir = child;
    made = made === '' ? name : `${made}/${name}`;
  }
}

/** How many of the parts lead to a directory. A longer path is walked as often as its length halves. */
function presentPrefix(inside: FileView, parts: readonly string[]): number {
  const isPresent = (count: number): boolean => {
    const node = inside.find(`/${parts.slice(0, count).join('/')}`);
    return node !== undefined && isDir(node);
  };
  let [present, missing] = [0, parts.length + 1];
  while (missing - present > 1) {
    const middle = (present + missing) >> 1;
    if (isPresent(middle)) present = middle;
    else missing = middle;
  }
  return present;
}

/** The directory there; undefined when there is nothing yet. */
function lookUp(
  inside: FileView,
  place: string,
  { parts, context }: { readonly parts: readonly string[]; readonly context: string },
) {
  try {
    const { node, path } = inside.place(place);
    if (node === undefined) return undefined;
    if (!isDir(node)) throw notADirectory(path, context);
    return node;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENAMETOOLONG') return undefined;
    if (errno === undefined) throw error;
    throw anyhow(
      context,
      'openat2 subpath failed',
      `openat2(${shownHandle(ROOT_FD, '')}, ${rustString(parts.join('/'))}, ${OPEN_BENEATH})`,
      io(errno),
    );
  }
}

/** The numbers of upstream's own descriptors and threads cannot be had: those of one recording. */
const notADirectory = (path: string, context: string): GuestError =>
  anyhow(
    context,
    `cannot re-open ${shownHandle(PARENT_FD, path.slice(1))} with O_DIRECTORY`,
    'open final magiclink component failed',
    `openat([22]<"/68/task/69/fd">, "${PARENT_FD}", OpenFlags(O_CLOEXEC | O_DIRECTORY | O_NOCTTY), 0o0)`,
    io('ENOTDIR'),
  );

interface Child {
  readonly parent: string;
  readonly name: string;
  readonly context: string;
}

/** A dangling link has the name, and a directory is not made through it. */
function assertCanMake(inside: FileView, dir: Node, { parent, name, context }: Child): void {
  const { store } = inside.namespace;
  const isTaken = dir.kind === 'dir' && childOf(store, dir, name) !== undefined;
  const tooLong = name.length > NAME_MAX;
  if (!isTaken && !tooLong && !name.includes('\0')) return;
  const errno = isTaken ? 'ENOTDIR' : tooLong ? 'ENAMETOOLONG' : 'EINVAL';
  throw anyhow(
    context,
    'open newly created directory failed',
    `openat(${shownHandle(MADE_FD, parent)}, ${rustString(name)}, ${OPEN_DIRECTORY})`,
    io(errno),
  );
}

/** Rust's Path::set_extension: `a.txt` -> `a.tmp`, `a` -> `a.tmp`, `.x` -> `.x.tmp`. */
function withExtension(path: string, extension: string): string {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  return `${path.slice(0, slash + 1)}${stem}.${extension}`;
}
