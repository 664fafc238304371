/**
 * CopyFile: how files get into a guest that shares no file system with its host.
 * Source: kata-containers src/agent/src/rpc.rs, do_copy_file.
 */
import type { Api } from '#wire';
import { anyhow, guestErrors } from './errors.ts';
import { isDir, S_IFDIR, S_IFLNK } from './fs/node.ts';
import type { FileView } from './fs/view.ts';
import { errnoOf, SysError } from './kernel/errno.ts';
import { SHARED_ROOT } from './storage.ts';

/** "Contains all bits", as upstream tests it: a socket's bits count as a directory's. */
const hasBits = (mode: number, bits: number): boolean => (mode & bits) === bits;

export function copyFile(files: FileView, request: Api.CopyFileRequest): void {
  try {
    copy(files, request);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    throw guestErrors.ioInside(errno);
  }
}

function copy(files: FileView, request: Api.CopyFileRequest): void {
  const { path: wanted, file_mode: mode, data } = request;
  const owner = { uid: request.uid, gid: request.gid };
  const [size, offset] = [Number(request.file_size), Number(request.offset)];
  files.mkdirs(SHARED_ROOT);
  const path = confine(files, wanted);
  const parent = path.slice(0, path.lastIndexOf('/'));
  files.mkdirs(parent, request.dir_mode & 0o777);
  files.chown(parent, owner);
  const existing = files.place(path, false).node;
  if (hasBits(mode, S_IFDIR)) {
    if (existing !== undefined && !isDir(existing)) files.unlink(path);
    if (existing === undefined || !isDir(existing)) files.mkdir(path);
    files.chmod(path, mode & 0o7777);
    files.chown(path, owner);
    return;
  }
  if (offset === 0) files.removeTree(path);
  if (hasBits(mode, S_IFLNK)) {
    files.symlink(Buffer.from(data).toString('utf8'), path);
    files.chown(path, owner, false);
    return;
  }
  if (offset < 0) throw new SysError('EINVAL');
  const temporary = withExtension(path, 'tmp');
  const file = files.writable(temporary, offset === 0);
  files.namespace.store.write(file, offset, data);
  // Not yet complete: nothing is visible under the real name.
  if (file.size !== size) return;
  files.chmod(temporary, mode & 0o7777);
  files.chown(temporary, owner);
  files.rename(temporary, path);
}

/**
 * The path inside the shared root. `..` and symlinks are resolved as if that root were `/`, so nothing
 * gets out of it.
 */
function confine(files: FileView, path: string): string {
  if (!path.startsWith(SHARED_ROOT)) {
    throw anyhow(`removing "${SHARED_ROOT}" prefix from ${path}`, 'prefix not found');
  }
  const root = SHARED_ROOT.replace(/\/$/, '');
  const pending = path.slice(SHARED_ROOT.length).split('/').reverse();
  const inside: string[] = [];
  let links = 0;
  while (pending.length > 0) {
    const name = pending.pop() ?? '';
    if (name === '' || name === '.') continue;
    if (name === '..') {
      inside.pop();
      continue;
    }
    const here = [root, ...inside, name].join('/');
    const last = pending.every((rest) => rest === '' || rest === '.');
    const node = last ? undefined : present(files, here);
    if (node?.kind === 'link') {
      if (++links > 40) throw new SysError('ELOOP');
      if (node.target.startsWith('/')) inside.length = 0;
      pending.push(...node.target.split('/').reverse());
      continue;
    }
    inside.push(name);
  }
  if (inside.length === 0) throw new SysError('EINVAL');
  return [root, ...inside].join('/');
}

function present(files: FileView, path: string) {
  try {
    return files.place(path, false).node;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return undefined;
  }
}

/** Rust's Path::with_extension: `a.txt` -> `a.tmp`, `a` -> `a.tmp`, `.x` -> `.x.tmp`. */
function withExtension(path: string, extension: string): string {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  return `${path.slice(0, slash + 1)}${stem}.${extension}`;
}
