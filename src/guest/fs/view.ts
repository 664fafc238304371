/**
 * The file system calls as one caller sees them: namespace, credentials and working directory put
 * together. Everything that looks at, opens or changes a file goes through here, so this is where
 * the kernel's boundary is asked and read-only mounts are refused. Each public method enters as the
 * system call that a C library makes for it.
 */
import type { Access } from '../kernel/boundary.ts';
import { SysError } from '../kernel/errno.ts';
import type { FileChange } from '../kernel/lsm.ts';
import { type FileOperations, OpenFile } from '../kernel/open-file.ts';
import { openDevice } from './device.ts';
import { fileOperations, snapshotOperations } from './file-operations.ts';
import { AGENT, type MountNamespace, type Place, type Viewer } from './namespace.ts';
import { isDir, type DirNode, type FileNode, type Node } from './node.ts';
import { namesIn } from './store.ts';

export interface OpenFlags {
  readonly read?: boolean | undefined;
  readonly write?: boolean | undefined;
  readonly append?: boolean | undefined;
  readonly create?: boolean | undefined;
  readonly truncate?: boolean | undefined;
  readonly exclusive?: boolean | undefined;
  readonly mode?: number | undefined;
}

type Found = Place & { readonly node: Node };

export class FileView {
  readonly namespace: MountNamespace;
  readonly #viewer: Viewer;
  readonly #cwd: () => string;

  constructor(namespace: MountNamespace, viewer: Viewer = AGENT, cwd: () => string = () => '/') {
    this.namespace = namespace;
    this.#viewer = viewer;
    this.#cwd = cwd;
  }

  #enter(call: string): void {
    this.#viewer.boundary.enter(this.#viewer.caller, call);
  }

  #resolve(path: string, follow = true): Place {
    return this.namespace.resolve(path, this.#cwd(), follow, this.#viewer);
  }

  #existing(path: string, follow = true): Found {
    const place = this.#resolve(path, follow);
    if (place.node === undefined) throw new SysError('ENOENT');
    return { ...place, node: place.node };
  }

  /** Follows a final symlink; the node may be missing. */
  place(path: string, follow = true): Place {
    this.#enter('newfstatat');
    return this.#resolve(path, follow);
  }

  stat(path: string): Node {
    return this.#getattr(path, true);
  }

  lstat(path: string): Node {
    return this.#getattr(path, false);
  }

  #getattr(path: string, follow: boolean): Node {
    this.#enter('newfstatat');
    const place = this.#existing(path, follow);
    this.#viewer.boundary.getattr(this.#viewer.caller, place);
    return place.node;
  }

  /** The node, or undefined for whatever reason there is none. */
  find(path: string): Node | undefined {
    // As `stat`, without an exception for what is missing: searches along PATH fail often.
    const { boundary, caller } = this.#viewer;
    const found = this.namespace.lookup(path, this.#cwd(), true, this.#viewer);
    if (typeof found === 'string' || found.node === undefined) return undefined;
    try {
      this.#enter('newfstatat');
      boundary.getattr(caller, found);
    } catch (error) {
      if (error instanceof SysError) return undefined;
      throw error;
    }
    return found.node;
  }

  exists(path: string): boolean {
    return this.find(path) !== undefined;
  }

  access(path: string, access: Access): boolean {
    this.#enter('faccessat');
    const place = this.#existing(path);
    if (access === 'w' && place.mount.readonly) return false;
    return this.#viewer.boundary.permits(this.#viewer.caller, place.node, access);
  }

  list(path: string): string[] {
    this.#enter('openat');
    const place = this.#existing(path);
    const { node } = place;
    if (!isDir(node)) throw new SysError('ENOTDIR');
    this.#need(node, 'r');
    this.#mayOpen(place, { read: true });
    this.#enter('getdents64');
    return this.namespace.list(node, this.#viewer);
  }

  readFile(path: string): Uint8Array {
    this.#enter('openat');
    const place = this.#existing(path);
    const { node } = place;
    if (isDir(node)) throw new SysError('EISDIR');
    this.#need(node, 'r');
    this.#mayOpen(place, { read: true });
    this.#enter('read');
    if (node.kind === 'file') return node.data.subarray(0, node.size);
    if (node.kind === 'virtual-file') return bytes(node.content(this.#viewer.caller));
    throw new SysError('EINVAL');
  }

  readText(path: string): string {
    return Buffer.from(this.readFile(path)).toString('utf8');
  }

  /** Creates or replaces the content. */
  writeFile(path: string, content: Uint8Array | string, mode = 0o644): FileNode {
    const node = this.#writable(path, true, mode);
    this.#enter('write');
    this.namespace.store.write(node, 0, bytes(content));
    return node;
  }

  /** The file to write into, created if missing. */
  writable(path: string, truncate: boolean): FileNode {
    return this.#writable(path, truncate, 0o644);
  }

  #writable(path: string, truncate: boolean, mode: number): FileNode {
    this.#enter('openat');
    const place = this.#resolve(path);
    const flags = { write: true, create: place.node === undefined, truncate };
    const node = place.node ?? this.#create(place, mode);
    if (isDir(node)) throw new SysError('EISDIR');
    if (node.kind !== 'file') throw new SysError('EINVAL');
    this.#mayWrite(place, node);
    this.#mayOpen(place, flags);
    if (truncate) this.namespace.store.resize(node, 0);
    return node;
  }

  open(path: string, flags: OpenFlags): OpenFile {
    this.#enter('openat');
    const place = this.#resolve(path);
    if (place.node !== undefined && flags.exclusive === true) throw new SysError('EEXIST');
    if (place.node === undefined && flags.create !== true) throw new SysError('ENOENT');
    if (place.node === undefined && path.endsWith('/')) throw new SysError('EISDIR');
    const node = place.node ?? this.#create(place, flags.mode ?? 0o666);
    if (isDir(node) && flags.write === true) throw new SysError('EISDIR');
    if (place.node !== undefined) {
      if (flags.read === true) this.#need(node, 'r');
      if (flags.write === true) this.#mayWrite(place, node);
    }
    this.#mayOpen(place, flags);
    return this.#openNode(node, place.path, flags);
  }

  #openNode(node: Node, path: string, flags: OpenFlags): OpenFile {
    switch (node.kind) {
      case 'file':
        if (flags.truncate === true && flags.write === true) this.namespace.store.resize(node, 0);
        return new OpenFile(this.#fileOperations(node, path, flags));
      case 'virtual-file':
        return new OpenFile(snapshotOperations(path, bytes(node.content(this.#viewer.caller))));
      case 'fifo':
        return flags.write === true ? node.pipe.openWriter() : node.pipe.openReader();
      case 'device':
        return openDevice(node, this.#viewer.caller);
      case 'descriptor':
        return node.file;
      case 'dir':
      case 'virtual-dir':
        return new OpenFile({ name: path, read: () => Promise.reject(new SysError('EISDIR')) });
      case 'link':
        throw new SysError('ELOOP');
    }
  }

  #fileOperations(node: FileNode, path: string, flags: OpenFlags): FileOperations {
    return fileOperations(this.namespace.store, node, { ...flags, path });
  }

  mkdir(path: string, mode = 0o755): DirNode {
    this.#enter('mkdirat');
    const place = this.#missing(path);
    return this.#attachNew(place, 'mkdir', () =>
      this.namespace.store.dir({ mode, ...this.#owner() }),
    );
  }

  /** Creates every missing directory of the path. */
  mkdirs(path: string, mode = 0o755): void {
    let made = path.startsWith('/') ? '' : '.';
    for (const part of path.split('/').filter((name) => name !== '')) {
      made += `/${part}`;
      const { node } = this.place(made);
      if (node === undefined) this.mkdir(made, mode);
      else if (!isDir(node)) throw new SysError('ENOTDIR');
    }
  }

  symlink(target: string, path: string): void {
    this.#enter('symlinkat');
    const place = this.#missing(path);
    this.#attachNew(place, 'symlink', () => this.namespace.store.link(target, this.#owner()));
  }

  mkfifo(path: string, mode = 0o644): void {
    this.#enter('mknodat');
    const place = this.#missing(path);
    this.#attachNew(place, 'mknod', () => this.namespace.store.fifo({ mode, ...this.#owner() }));
  }

  link(from: string, to: string): void {
    this.#enter('linkat');
    const source = this.#existing(from, false);
    if (isDir(source.node)) throw new SysError('EPERM');
    const place = this.#missing(to);
    if (place.mount !== source.mount) throw new SysError('EXDEV');
    this.#assertChange(source, 'link', place);
    this.#attach(place, source.node);
    source.node.nlink++;
  }

  unlink(path: string): void {
    this.#enter('unlinkat');
    const place = this.#existing(path, false);
    if (isDir(place.node)) throw new SysError('EISDIR');
    this.#detach(place, 'unlink');
    this.namespace.store.unlinked(place.node);
  }

  rmdir(path: string): void {
    this.#enter('unlinkat');
    const place = this.#existing(path, false);
    this.#assertEmptyDir(place);
    this.#detach(place, 'rmdir');
    this.namespace.store.unlinked(place.node);
  }

  #assertEmptyDir({ node, mount }: Found): void {
    if (!isDir(node)) throw new SysError('ENOTDIR');
    if (node === mount.root) throw new SysError('EBUSY');
    if (this.namespace.list(node, this.#viewer).length > 0) throw new SysError('ENOTEMPTY');
  }

  /** A file or a whole tree, as `rm -rf` does. Missing is fine. */
  removeTree(path: string): void {
    const place = this.place(path, false);
    if (place.node === undefined) return;
    if (isDir(place.node) && place.node.kind === 'dir') {
      for (const name of namesIn(place.node)) this.removeTree(`${place.path}/${name}`);
      this.rmdir(path);
    } else this.unlink(path);
  }

  rename(from: string, to: string): void {
    this.#enter('renameat2');
    const source = this.#existing(from, false);
    const target = this.#resolve(to, false);
    if (target.mount !== source.mount) throw new SysError('EXDEV');
    if (source.node === target.node) return;
    if (`${target.path}/`.startsWith(`${source.path}/`)) throw new SysError('EINVAL');
    this.#assertChange(source, 'rename', target);
    if (target.node !== undefined) this.#replace(source, { ...target, node: target.node });
    this.#remove(source);
    this.#attach({ ...target, node: undefined }, source.node);
  }

  /** What a rename takes the name from goes. */
  #replace(source: Found, target: Found): void {
    if (isDir(target.node) && !isDir(source.node)) throw new SysError('EISDIR');
    if (!isDir(target.node) && isDir(source.node)) throw new SysError('ENOTDIR');
    if (isDir(target.node)) this.#assertEmptyDir(target);
    this.#remove(target);
    this.namespace.store.unlinked(target.node);
  }

  readlink(path: string): string {
    this.#enter('readlinkat');
    const place = this.#existing(path, false);
    this.#viewer.boundary.getattr(this.#viewer.caller, place);
    const { node } = place;
    if (node.kind !== 'link' && node.kind !== 'descriptor') throw new SysError('EINVAL');
    return node.target;
  }

  chmod(path: string, mode: number): void {
    this.#enter('fchmodat');
    this.#changeable(this.#existing(path)).mode = mode & 0o7777;
  }

  chown(path: string, owner: { uid?: number; gid?: number }, follow = true): void {
    this.#enter('fchownat');
    const place = this.#existing(path, follow);
    if (place.mount.readonly) throw new SysError('EROFS');
    this.#viewer.boundary.assertCapable(this.#viewer.caller, 'CHOWN');
    this.#assertChange(place, 'setattr');
    if (owner.uid !== undefined) place.node.uid = owner.uid;
    if (owner.gid !== undefined) place.node.gid = owner.gid;
    // Source: Linux fs/open.c chown_common: a file loses its set-id bits, whoever changes it.
    if (!isDir(place.node)) place.node.mode = withoutSetId(place.node.mode);
  }

  utimes(path: string, mtimeMs: number): void {
    this.#enter('utimensat');
    this.#changeable(this.#existing(path)).mtimeMs = mtimeMs;
  }

  #missing(path: string): Place {
    const place = this.#resolve(path, false);
    if (place.node !== undefined) throw new SysError('EEXIST');
    return place;
  }

  #create(place: Place, mode: number): FileNode {
    return this.#attachNew(place, 'create', () =>
      this.namespace.store.file(new Uint8Array(), { mode, ...this.#owner() }),
    );
  }

  #attachNew<N extends Node>(place: Place, change: FileChange, make: () => N): N {
    this.#assertMayAttach(place);
    this.#assertChange(place, change);
    const node = make();
    this.#attach(place, node);
    return node;
  }

  #assertMayAttach(place: Place): DirNode {
    if (place.mount.readonly) throw new SysError('EROFS');
    const dir = place.parent;
    if (dir.kind !== 'dir') throw new SysError('EPERM');
    this.#need(dir, 'w');
    return dir;
  }

  #attach(place: Place, node: Node): void {
    const dir = this.#assertMayAttach(place);
    dir.entries.set(place.name, node);
    dir.mtimeMs = this.namespace.store.clock.now();
  }

  #detach(place: Found, change: FileChange): void {
    this.#assertMayDetach(place);
    this.#assertChange(place, change);
    this.#remove(place);
  }

  #assertMayDetach(place: Found): DirNode {
    if (place.mount.readonly) throw new SysError('EROFS');
    if (place.node === place.mount.root) throw new SysError('EBUSY');
    const dir = place.parent;
    if (dir.kind !== 'dir') throw new SysError('EPERM');
    this.#need(dir, 'w');
    this.#assertSticky(dir, place.node);
    return dir;
  }

  #remove(place: Found): void {
    const dir = this.#assertMayDetach(place);
    if (dir.template?.entries.has(place.name) === true) dir.entries.set(place.name, null);
    else dir.entries.delete(place.name);
    dir.mtimeMs = this.namespace.store.clock.now();
  }

  /** In a directory like /tmp only the owners may remove. */
  #assertSticky(dir: DirNode, node: Node): void {
    const { boundary, caller } = this.#viewer;
    if (caller === undefined || (dir.mode & 0o1000) === 0) return;
    if (caller.credentials.uid === dir.uid) return;
    boundary.assertOwner(caller, node, 'FOWNER');
  }

  #mayWrite(place: Place, node: Node): void {
    if (node.kind === 'device' || node.kind === 'descriptor') return;
    if (place.mount.readonly) throw new SysError('EROFS');
    this.#need(node, 'w');
  }

  #mayOpen(place: Place, flags: OpenFlags): void {
    const { read = false, write = false, append = false, create = false, truncate = false } = flags;
    const request = { read, write, append, create, truncate };
    this.#viewer.boundary.open(this.#viewer.caller, place, request);
  }

  #assertChange(place: Place, change: FileChange, target?: Place): void {
    this.#viewer.boundary.change(this.#viewer.caller, place, change, target);
  }

  #changeable(place: Found): Node {
    if (place.mount.readonly) throw new SysError('EROFS');
    this.#viewer.boundary.assertOwner(this.#viewer.caller, place.node, 'FOWNER');
    this.#assertChange(place, 'setattr');
    return place.node;
  }

  #need(node: Node, access: Access): void {
    this.#viewer.boundary.assertPermits(this.#viewer.caller, node, access);
  }

  #owner(): { uid: number; gid: number } {
    const who = this.#viewer.caller?.credentials;
    return { uid: who?.uid ?? 0, gid: who?.gid ?? 0 };
  }
}

const withoutSetId = (mode: number): number =>
  mode & ~0o4000 & ((mode & 0o2010) === 0o2010 ? ~0o2000 : ~0);

const bytes = (content: Uint8Array | string): Uint8Array =>
  typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
