/**
 * The file system calls as one caller sees them: namespace, credentials and working directory put
 * together. Everything that changes or opens a file goes through here, so this is the one
 * place that checks permissions and read-only mounts.
 */
import { copyBytes } from '../kernel/bytes.ts';
import { SysError } from '../kernel/errno.ts';
import { type FileOperations, OpenFile } from '../kernel/open-file.ts';
import { openDevice } from './device.ts';
import {
  AGENT,
  permits,
  type Access,
  type MountNamespace,
  type Place,
  type Viewer,
} from './namespace.ts';
import { isDir, type DirNode, type FileNode, type Node } from './node.ts';
import { namesIn } from './store.ts';

export interface OpenFlags {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly append?: boolean;
  readonly create?: boolean;
  readonly truncate?: boolean;
  readonly exclusive?: boolean;
  readonly mode?: number;
}

export class FileView {
  readonly namespace: MountNamespace;
  readonly viewer: Viewer;
  readonly #cwd: () => string;

  constructor(namespace: MountNamespace, viewer: Viewer = AGENT, cwd: () => string = () => '/') {
    this.namespace = namespace;
    this.viewer = viewer;
    this.#cwd = cwd;
  }

  /** Follows a final symlink; the node may be missing. */
  place(path: string, follow = true): Place {
    return this.namespace.resolve(path, this.#cwd(), follow, this.viewer);
  }

  stat(path: string): Node {
    return existing(this.place(path)).node;
  }

  lstat(path: string): Node {
    return existing(this.place(path, false)).node;
  }

  /** The node, or undefined for whatever reason there is none. */
  find(path: string): Node | undefined {
    const found = this.namespace.lookup(path, this.#cwd(), true, this.viewer);
    return typeof found === 'string' ? undefined : found.node;
  }

  exists(path: string): boolean {
    return this.find(path) !== undefined;
  }

  access(path: string, access: Access): boolean {
    const place = existing(this.place(path));
    if (access === 'w' && place.mount.readonly) return false;
    return permits(place.node, this.viewer.credentials, access);
  }

  list(path: string): string[] {
    const node = this.stat(path);
    if (!isDir(node)) throw new SysError('ENOTDIR');
    this.#need(node, 'r');
    return this.namespace.list(node, this.viewer);
  }

  readFile(path: string): Uint8Array {
    const place = existing(this.place(path));
    const { node } = place;
    if (isDir(node)) throw new SysError('EISDIR');
    this.#need(node, 'r');
    if (node.kind === 'file') return node.data.subarray(0, node.size);
    if (node.kind === 'virtual-file') return bytes(node.content(this.viewer.caller));
    throw new SysError('EINVAL');
  }

  readText(path: string): string {
    return Buffer.from(this.readFile(path)).toString('utf8');
  }

  /** Creates or replaces the content. */
  writeFile(path: string, content: Uint8Array | string, mode = 0o644): FileNode {
    const place = this.place(path);
    if (place.node === undefined) this.#create(place, mode);
    const node = this.writable(path, true);
    this.namespace.store.write(node, 0, bytes(content));
    return node;
  }

  /** The file to write into, created if missing. */
  writable(path: string, truncate: boolean): FileNode {
    const place = this.place(path);
    const node = place.node ?? this.#create(place, 0o644);
    if (isDir(node)) throw new SysError('EISDIR');
    if (node.kind !== 'file') throw new SysError('EINVAL');
    this.#mayWrite(place, node);
    if (truncate) this.namespace.store.resize(node, 0);
    return node;
  }

  open(path: string, flags: OpenFlags): OpenFile {
    const place = this.place(path);
    if (place.node !== undefined && flags.exclusive === true) throw new SysError('EEXIST');
    if (place.node === undefined && flags.create !== true) throw new SysError('ENOENT');
    if (place.node === undefined && path.endsWith('/')) throw new SysError('EISDIR');
    const node = place.node ?? this.#create(place, flags.mode ?? 0o666);
    if (isDir(node) && flags.write === true) throw new SysError('EISDIR');
    if (place.node !== undefined) {
      if (flags.read === true) this.#need(node, 'r');
      if (flags.write === true) this.#mayWrite(place, node);
    }
    return this.#openNode(node, place.path, flags);
  }

  #openNode(node: Node, path: string, flags: OpenFlags): OpenFile {
    switch (node.kind) {
      case 'file':
        if (flags.truncate === true && flags.write === true) this.namespace.store.resize(node, 0);
        return new OpenFile(this.#fileOperations(node, path, flags));
      case 'virtual-file':
        return new OpenFile(snapshot(path, bytes(node.content(this.viewer.caller))));
      case 'fifo':
        return flags.write === true ? node.pipe.openWriter() : node.pipe.openReader();
      case 'device':
        return openDevice(node, this.viewer.caller);
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
    const { store } = this.namespace;
    let offset = 0;
    const end = (): number => Math.min(node.size, node.data.length);
    return {
      name: path,
      ...(flags.read === true && {
        read: (_, max, options = {}) => {
          let data = node.data.subarray(offset, Math.min(offset + max, end()));
          const stop = options.until === undefined ? -1 : data.indexOf(options.until);
          if (stop >= 0) data = data.subarray(0, stop + 1);
          offset += data.length;
          return Promise.resolve(copyBytes(data));
        },
      }),
      ...(flags.write === true && {
        write: (_, data) => {
          if (flags.append === true) offset = node.size;
          store.write(node, offset, data);
          offset += data.length;
          return Promise.resolve();
        },
        truncate: (size) => store.resize(node, size),
      }),
      seek: (by, whence) => {
        const base = whence === 'set' ? 0 : whence === 'current' ? offset : node.size;
        if (base + by < 0) throw new SysError('EINVAL');
        return (offset = base + by);
      },
    };
  }

  mkdir(path: string, mode = 0o755): DirNode {
    const place = this.place(path, false);
    if (place.node !== undefined) throw new SysError('EEXIST');
    const dir = this.namespace.store.dir({ mode, ...this.#owner() });
    this.#attach(place, dir);
    return dir;
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
    const place = this.place(path, false);
    if (place.node !== undefined) throw new SysError('EEXIST');
    this.#attach(place, this.namespace.store.link(target, this.#owner()));
  }

  mkfifo(path: string, mode = 0o644): void {
    const place = this.place(path, false);
    if (place.node !== undefined) throw new SysError('EEXIST');
    this.#attach(place, this.namespace.store.fifo({ mode, ...this.#owner() }));
  }

  link(from: string, to: string): void {
    const source = existing(this.place(from, false));
    if (isDir(source.node)) throw new SysError('EPERM');
    const place = this.place(to, false);
    if (place.node !== undefined) throw new SysError('EEXIST');
    if (place.mount !== source.mount) throw new SysError('EXDEV');
    this.#attach(place, source.node);
    source.node.nlink++;
  }

  unlink(path: string): void {
    const place = existing(this.place(path, false));
    if (isDir(place.node)) throw new SysError('EISDIR');
    this.#detach(place);
    this.namespace.store.unlinked(place.node);
  }

  rmdir(path: string): void {
    const place = existing(this.place(path, false));
    if (!isDir(place.node)) throw new SysError('ENOTDIR');
    if (place.node === place.mount.root) throw new SysError('EBUSY');
    if (this.namespace.list(place.node, this.viewer).length > 0) throw new SysError('ENOTEMPTY');
    this.#detach(place);
    this.namespace.store.unlinked(place.node);
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
    const source = existing(this.place(from, false));
    const target = this.place(to, false);
    if (target.mount !== source.mount) throw new SysError('EXDEV');
    if (source.node === target.node) return;
    if (`${target.path}/`.startsWith(`${source.path}/`)) throw new SysError('EINVAL');
    if (target.node !== undefined) {
      if (isDir(target.node) && !isDir(source.node)) throw new SysError('EISDIR');
      if (!isDir(target.node) && isDir(source.node)) throw new SysError('ENOTDIR');
      if (isDir(target.node)) this.rmdir(to);
      else this.unlink(to);
    }
    this.#detach(source);
    this.#attach({ ...target, node: undefined }, source.node);
  }

  readlink(path: string): string {
    const node = this.lstat(path);
    if (node.kind !== 'link' && node.kind !== 'descriptor') throw new SysError('EINVAL');
    return node.target;
  }

  chmod(path: string, mode: number): void {
    const place = existing(this.place(path));
    this.#changeable(place, 'FOWNER');
    place.node.mode = mode & 0o7777;
  }

  chown(path: string, owner: { uid?: number; gid?: number }, follow = true): void {
    const place = existing(this.place(path, follow));
    if (place.mount.readonly) throw new SysError('EROFS');
    const who = this.viewer.credentials;
    if (who !== undefined && !who.capabilities.has('CHOWN')) throw new SysError('EPERM');
    if (owner.uid !== undefined) place.node.uid = owner.uid;
    if (owner.gid !== undefined) place.node.gid = owner.gid;
  }

  utimes(path: string, mtimeMs: number): void {
    const place = existing(this.place(path));
    this.#changeable(place, 'FOWNER');
    place.node.mtimeMs = mtimeMs;
  }

  #create(place: Place, mode: number): FileNode {
    const file = this.namespace.store.file(new Uint8Array(), { mode, ...this.#owner() });
    this.#attach(place, file);
    return file;
  }

  #attach(place: Place, node: Node): void {
    if (place.mount.readonly) throw new SysError('EROFS');
    const dir = place.parent;
    if (dir.kind !== 'dir') throw new SysError('EPERM');
    this.#need(dir, 'w');
    dir.entries.set(place.name, node);
    dir.mtimeMs = this.namespace.store.clock.now();
  }

  #detach(place: Place & { readonly node: Node }): void {
    if (place.mount.readonly) throw new SysError('EROFS');
    if (place.node === place.mount.root) throw new SysError('EBUSY');
    const dir = place.parent;
    if (dir.kind !== 'dir') throw new SysError('EPERM');
    this.#need(dir, 'w');
    this.#sticky(dir, place.node);
    if (dir.template?.entries.has(place.name) === true) dir.entries.set(place.name, null);
    else dir.entries.delete(place.name);
    dir.mtimeMs = this.namespace.store.clock.now();
  }

  /** In a directory like /tmp only the owners may remove. */
  #sticky(dir: DirNode, node: Node): void {
    const who = this.viewer.credentials;
    if (who === undefined || (dir.mode & 0o1000) === 0 || who.capabilities.has('FOWNER')) return;
    if (who.uid !== node.uid && who.uid !== dir.uid) throw new SysError('EPERM');
  }

  #mayWrite(place: Place, node: Node): void {
    if (node.kind === 'device' || node.kind === 'descriptor') return;
    if (place.mount.readonly) throw new SysError('EROFS');
    this.#need(node, 'w');
  }

  #changeable(place: Place & { readonly node: Node }, capability: string): void {
    if (place.mount.readonly) throw new SysError('EROFS');
    const who = this.viewer.credentials;
    if (who !== undefined && who.uid !== place.node.uid && !who.capabilities.has(capability))
      throw new SysError('EPERM');
  }

  #need(node: Node, access: Access): void {
    if (!permits(node, this.viewer.credentials, access)) throw new SysError('EACCES');
  }

  #owner(): { uid: number; gid: number } {
    const who = this.viewer.credentials;
    return { uid: who?.uid ?? 0, gid: who?.gid ?? 0 };
  }
}

function existing(place: Place): Place & { readonly node: Node } {
  if (place.node === undefined) throw new SysError('ENOENT');
  return { ...place, node: place.node };
}

const bytes = (content: Uint8Array | string): Uint8Array =>
  typeof content === 'string' ? Buffer.from(content, 'utf8') : content;

/** A /proc file: its content is what it was when opened. */
function snapshot(name: string, content: Uint8Array): FileOperations {
  let offset = 0;
  return {
    name,
    read: (_, max, options = {}) => {
      let data = content.subarray(offset, offset + max);
      const stop = options.until === undefined ? -1 : data.indexOf(options.until);
      if (stop >= 0) data = data.subarray(0, stop + 1);
      offset += data.length;
      return Promise.resolve(data);
    },
    write: () => Promise.resolve(),
  };
}
