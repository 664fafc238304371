/**
 * Inodes of the in-memory file system. A directory may stand on a `Template` (an image layer that
 * all containers share): children are made on first sight, so an idle container costs little.
 */
import type { Pipe } from '../kernel/pipe.ts';
import type { Subject } from '../kernel/lsm.ts';
import type { OpenFile } from '../kernel/open-file.ts';

/** What a node needs to know of the process that looks at it. */
export interface Caller extends Subject {
  /** Opens the controlling terminal; ENXIO without one. */
  openTerminal(): OpenFile;
  randomBytes(length: number): Uint8Array;
}

/** Immutable: what an image is made of. */
export type Template = DirTemplate | FileTemplate | LinkTemplate;

interface TemplateAttributes {
  /** Permission bits only. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeMs: number;
}
export interface DirTemplate extends TemplateAttributes {
  readonly kind: 'dir';
  readonly entries: ReadonlyMap<string, Template>;
}
interface FileTemplate extends TemplateAttributes {
  readonly kind: 'file';
  readonly content: Uint8Array;
}
interface LinkTemplate extends TemplateAttributes {
  readonly kind: 'link';
  readonly target: string;
}

interface Attributes {
  readonly ino: number;
  mode: number;
  uid: number;
  gid: number;
  mtimeMs: number;
  nlink: number;
}

export interface FileNode extends Attributes {
  readonly kind: 'file';
  data: Uint8Array;
  size: number;
  /** `data` belongs to an image: copy before writing. */
  borrowed: boolean;
}
export interface LinkNode extends Attributes {
  readonly kind: 'link';
  readonly target: string;
}
export interface FifoNode extends Attributes {
  readonly kind: 'fifo';
  readonly pipe: Pipe;
}
export interface DeviceNode extends Attributes {
  readonly kind: 'device';
  readonly device: 'null' | 'zero' | 'full' | 'random' | 'tty' | 'console' | 'ptmx' | 'block';
  readonly major: number;
  readonly minor: number;
}
/** Children by name; null hides an entry of the template. */
export interface DirNode extends Attributes {
  readonly kind: 'dir';
  readonly entries: Map<string, Node | null>;
  template: DirTemplate | undefined;
}
/** Content made at the moment of reading (/proc, /sys). */
export interface VirtualFileNode extends Attributes {
  readonly kind: 'virtual-file';
  readonly content: (caller: Caller | undefined) => string | Uint8Array;
}
export interface VirtualDirNode extends Attributes {
  readonly kind: 'virtual-dir';
  readonly names: (caller: Caller | undefined) => string[];
  readonly lookup: (name: string, caller: Caller | undefined) => Node | undefined;
}
/** /proc/self/fd/N: opening it is duplicating the descriptor. */
export interface DescriptorNode extends Attributes {
  readonly kind: 'descriptor';
  readonly target: string;
  readonly file: OpenFile;
}

export type Node =
  | FileNode
  | LinkNode
  | FifoNode
  | DeviceNode
  | DirNode
  | VirtualFileNode
  | VirtualDirNode
  | DescriptorNode;
export type AnyDir = DirNode | VirtualDirNode;

export const isDir = (node: Node): node is AnyDir =>
  node.kind === 'dir' || node.kind === 'virtual-dir';

/** File type bits as in stat(2). */
export const S_IFLNK = 0o120000;
const S_IFREG = 0o100000;
const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
const S_IFCHR = 0o020000;
const S_IFIFO = 0o010000;

function typeBits(node: Node): number {
  switch (node.kind) {
    case 'dir':
    case 'virtual-dir':
      return S_IFDIR;
    case 'file':
    case 'virtual-file':
      return S_IFREG;
    case 'link':
    case 'descriptor':
      return S_IFLNK;
    case 'fifo':
      return S_IFIFO;
    case 'device':
      return node.device === 'block' ? S_IFBLK : S_IFCHR;
  }
}

/** `drwxr-xr-x` as ls prints it. */
export function modeString(node: Node): string {
  const letter = { 0o14: 's', 0o12: 'l', 0o10: '-', 0o6: 'b', 0o4: 'd', 0o2: 'c', 0o1: 'p' };
  const type = typeBits(node) >> 12;
  let text = letter[type as keyof typeof letter];
  for (const shift of [6, 3, 0]) {
    const bits = (node.mode >> shift) & 7;
    const special = (node.mode >> (9 + shift / 3)) & 1;
    const set = shift === 0 ? 't' : 's';
    text += bits & 4 ? 'r' : '-';
    text += bits & 2 ? 'w' : '-';
    text += special ? (bits & 1 ? set : set.toUpperCase()) : bits & 1 ? 'x' : '-';
  }
  return text;
}
