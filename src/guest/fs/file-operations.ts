/**
 * Open files with content: regular files, and the snapshots that /proc files are once opened.
 */
import { copyBytes } from '../kernel/bytes.ts';
import { SysError } from '../kernel/errno.ts';
import type { FileOperations, ReadOptions } from '../kernel/open-file.ts';
import type { FileNode } from './node.ts';
import type { Store } from './store.ts';

interface OpenAs {
  readonly path: string;
  readonly read?: boolean | undefined;
  readonly write?: boolean | undefined;
  readonly append?: boolean | undefined;
}

export function fileOperations(store: Store, node: FileNode, how: OpenAs): FileOperations {
  let offset = 0;
  const read: NonNullable<FileOperations['read']> = (_, max, options) => {
    // Another descriptor may have cut the file meanwhile.
    const content = node.data.subarray(0, Math.min(node.size, node.data.length));
    const data = chunk(content, offset, max, options);
    offset += data.length;
    return Promise.resolve(copyBytes(data));
  };
  const write: NonNullable<FileOperations['write']> = (_, data) => {
    if (how.append === true) offset = node.size;
    store.write(node, offset, data);
    offset += data.length;
    return Promise.resolve();
  };
  return {
    name: how.path,
    ...(how.read === true && { read }),
    ...(how.write === true && { write, truncate: (size: number) => store.resize(node, size) }),
    seek: (by, whence) => {
      const base = whence === 'set' ? 0 : whence === 'current' ? offset : node.size;
      if (base + by < 0) throw new SysError('EINVAL');
      return (offset = base + by);
    },
  };
}

/** A /proc file: its content is what it was when opened; what is written to it is ignored. */
export function snapshotOperations(name: string, content: Uint8Array): FileOperations {
  let offset = 0;
  return {
    name,
    read: (_, max, options) => {
      const data = chunk(content, offset, max, options);
      offset += data.length;
      return Promise.resolve(data);
    },
    write: () => Promise.resolve(),
  };
}

function chunk(
  content: Uint8Array,
  offset: number,
  max: number,
  { until }: ReadOptions = {},
): Uint8Array {
  const data = content.subarray(offset, offset + max);
  const stop = until === undefined ? -1 : data.indexOf(until);
  return stop < 0 ? data : data.subarray(0, stop + 1);
}
