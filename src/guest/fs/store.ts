/**
 * Makes inodes and accounts for them: one store per sandbox holds the VM's memory budget for files,
 * so that a container that writes for ever meets ENOSPC instead of exhausting the host.
 */
import { copyBytes } from '../kernel/bytes.ts';
import { SysError } from '../kernel/errno.ts';
import { Pipe } from '../kernel/pipe.ts';
import type {
  DescriptorNode,
  DeviceNode,
  DirNode,
  DirTemplate,
  FifoNode,
  FileNode,
  LinkNode,
  Node,
  Template,
  VirtualDirNode,
  VirtualFileNode,
} from './node.ts';
import type { Clock } from '#base';
import type { OpenFile } from '../kernel/open-file.ts';

interface Attributes {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtimeMs?: number;
}

export interface StoreLimits {
  readonly bytes: number;
  readonly inodes: number;
}

/** A file that grows by appending gets this much more room at most. */
const MAX_AHEAD = 64 << 20;

export class Store {
  readonly clock: Clock;
  readonly limits: StoreLimits;
  usedBytes = 0;
  usedInodes = 0;
  #nextInode = 2;

  constructor(clock: Clock, limits: StoreLimits) {
    this.clock = clock;
    this.limits = limits;
  }

  dir(attributes: Attributes = {}, template?: DirTemplate): DirNode {
    const entries = new Map<string, Node | null>();
    return { kind: 'dir', ...this.#attributes(attributes, 0o755, 2), entries, template };
  }

  file(data: Uint8Array, attributes: Attributes = {}): FileNode {
    this.#reserve(data.length);
    const borrowed = false;
    return {
      kind: 'file',
      ...this.#attributes(attributes, 0o644),
      data,
      size: data.length,
      borrowed,
    };
  }

  link(target: string, attributes: Attributes = {}): LinkNode {
    return { kind: 'link', ...this.#attributes({ ...attributes, mode: 0o777 }), target };
  }

  fifo(attributes: Attributes = {}): FifoNode {
    return { kind: 'fifo', ...this.#attributes(attributes), pipe: new Pipe('fifo') };
  }

  device(
    device: DeviceNode['device'],
    [major, minor]: readonly [number, number],
    attributes: Attributes = {},
  ): DeviceNode {
    return { kind: 'device', ...this.#attributes(attributes, 0o666), device, major, minor };
  }

  virtualFile(content: VirtualFileNode['content'], mode = 0o444): VirtualFileNode {
    return { kind: 'virtual-file', ...this.#unaccounted({ mode }), content };
  }

  virtualDir(
    names: VirtualDirNode['names'],
    lookup: VirtualDirNode['lookup'],
    attributes: Attributes = { mode: 0o555 },
  ): VirtualDirNode {
    return { kind: 'virtual-dir', ...this.#unaccounted(attributes), names, lookup };
  }

  descriptor(file: OpenFile): DescriptorNode {
    return { kind: 'descriptor', ...this.#unaccounted({ mode: 0o700 }), target: file.name, file };
  }

  /** The inode of an image entry. File content stays shared until it is written. */
  fromTemplate(template: Template): Node {
    switch (template.kind) {
      case 'dir':
        return this.dir(template, template);
      case 'link':
        return this.link(template.target, template);
      case 'file': {
        const attributes = this.#attributes(template, 0o644);
        const { content } = template;
        const size = content.length;
        return { kind: 'file', ...attributes, data: content, size, borrowed: true };
      }
    }
  }

  /** Writes into a file, copying or growing its buffer as needed. */
  write(file: FileNode, offset: number, data: Uint8Array): void {
    const end = offset + data.length;
    if (end > file.size) this.resize(file, end);
    else this.#own(file);
    file.data.set(data, offset);
    file.mtimeMs = this.clock.now();
  }

  resize(file: FileNode, size: number): void {
    this.#own(file);
    if (size > file.size) this.#reserve(size - file.size);
    if (size > file.data.length) {
      const ahead = Math.min(file.data.length, MAX_AHEAD);
      const grown = new Uint8Array(Math.max(size, file.data.length + ahead));
      grown.set(file.data.subarray(0, file.size));
      file.data = grown;
    } else if (size < file.size) {
      this.usedBytes -= file.size - size;
      file.data.fill(0, size, file.size);
    }
    file.size = size;
    file.mtimeMs = this.clock.now();
  }

  /** Gives back what a removed file or tree held. */
  release(node: Node): void {
    if (node.kind === 'file' && !node.borrowed) this.usedBytes -= node.size;
    if (node.kind === 'dir')
      for (const child of node.entries.values()) if (child) this.unlinked(child);
    this.usedInodes--;
  }

  /** One name of the node is gone; the last one releases it. */
  unlinked(node: Node): void {
    node.nlink--;
    if (node.nlink <= (node.kind === 'dir' ? 1 : 0)) this.release(node);
  }

  #own(file: FileNode): void {
    if (!file.borrowed) return;
    this.#reserve(file.size);
    file.data = copyBytes(file.data);
    file.borrowed = false;
  }

  #reserve(bytes: number): void {
    if (this.usedBytes + bytes > this.limits.bytes) throw new SysError('ENOSPC');
    this.usedBytes += bytes;
  }

  #attributes(given: Attributes, mode = 0o644, nlink = 1) {
    if (this.usedInodes >= this.limits.inodes) throw new SysError('ENOSPC');
    this.usedInodes++;
    return { ...this.#unaccounted(given), mode: given.mode ?? mode, nlink };
  }

  /** Of nodes that exist only while somebody looks at them. */
  #unaccounted(given: Attributes) {
    return {
      ino: this.#nextInode++,
      mode: given.mode ?? 0o444,
      uid: given.uid ?? 0,
      gid: given.gid ?? 0,
      mtimeMs: given.mtimeMs ?? this.clock.now(),
      nlink: 1,
    };
  }
}

/** Children of a real directory, whether already made or still in the template. */
export function childOf(store: Store, dir: DirNode, name: string): Node | undefined {
  const own = dir.entries.get(name);
  if (own !== undefined) return own ?? undefined;
  const template = dir.template?.entries.get(name);
  if (template === undefined) return undefined;
  const node = store.fromTemplate(template);
  dir.entries.set(name, node);
  return node;
}

export function namesIn(dir: DirNode): string[] {
  const names = [...dir.entries].filter(([, node]) => node !== null).map(([name]) => name);
  for (const name of dir.template?.entries.keys() ?? []) {
    if (!dir.entries.has(name)) names.push(name);
  }
  return names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
