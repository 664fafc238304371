/**
 * Files of the host into the guest's shared directory, as the runtime copies them when there is no
 * shared file system: in chunks with the same metadata in each, directories before their members.
 * Sources: kata-containers 4.1.0, src/runtime/virtcontainers/fs_share_linux.go and kata_agent.go
 * (copyFile), src/runtime-rs/crates/resource/src/volume/share_fs_volume.rs.
 */
import { posix } from 'node:path';
import { randomHex, type Random } from '#base';
import type { AgentCalls } from './agent-calls.ts';
import type { CopiedFile, HostFile } from './mounts.ts';

const SHARED_DIRECTORY = '/run/kata-containers/shared/containers';
const DIRECTORY_MODE = 0o040755;
const SETGID_BIT = 0o2000;
const GROUP_ALL = 0o070;

/** Where a pod's directories were copied to, for those that are copied once. */
export type SharedCopies = Map<string, string>;

interface CopyContext {
  readonly agent: AgentCalls;
  readonly containerId: string;
  readonly random: Random;
  readonly shared: SharedCopies;
}

/** Copies one file or directory; answers with its path in the guest. */
export async function copyFile(file: HostFile, context: CopyContext): Promise<string> {
  const { agent, containerId, random, shared } = context;
  const isShared = file.emptyDir !== undefined || agent.runtime.sharesCopies;
  const source = isShared ? file.source : undefined;
  const known = source === undefined ? undefined : shared.get(source);
  if (known !== undefined && !agent.runtime.sharesCopies) return known;
  const hex = randomHex(random, 8);
  const name =
    file.emptyDir === undefined
      ? `${containerId}-${hex}-${posix.basename(file.destination)}`
      : `sandbox-${hex}-${file.emptyDir}`;
  const guestPath = known ?? `${SHARED_DIRECTORY}/${name}`;
  if (file.files === undefined) {
    await copyOne(agent, guestPath, {
      content: file.content ?? '',
      mode: file.mode,
      gid: file.gid,
    });
  } else await copyDirectory(agent, guestPath, file, file.files);
  if (source !== undefined) shared.set(source, guestPath);
  return guestPath;
}

async function copyDirectory(
  agent: AgentCalls,
  path: string,
  { gid, emptyDir, mode }: HostFile,
  files: ReadonlyMap<string, CopiedFile>,
): Promise<void> {
  const { copyDirMode } = agent.runtime;
  const owned = gid === undefined ? 0 : SETGID_BIT | GROUP_ALL;
  const directoryMode = (emptyDir === undefined ? DIRECTORY_MODE : mode) | owned;
  const sendDirectory = (directory: string): Promise<void> =>
    send(agent, directory, directoryMode, {
      ...{ size: 0, offset: 0, data: new Uint8Array(), gid },
      dirMode: directory === path ? copyDirMode.top : copyDirMode.below,
    });
  await sendDirectory(path);
  const made = new Set(['.']);
  for (const [name, file] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const parent of parentsOf(name)) {
      if (made.has(parent)) continue;
      await sendDirectory(posix.join(path, parent));
      made.add(parent);
    }
    await copyOne(agent, posix.join(path, name), { ...file, gid });
  }
}

/** `a/b` for `a/b/c`, the outermost first. */
function parentsOf(name: string): readonly string[] {
  const parent = posix.dirname(name);
  return parent === '.' ? [] : [...parentsOf(parent), parent];
}

async function copyOne(
  agent: AgentCalls,
  path: string,
  { content, mode, uid, gid }: CopiedFile & { readonly gid: number | undefined },
): Promise<void> {
  const bytes = Buffer.from(content, 'latin1');
  const { copyChunkBytes = bytes.length, copyDirMode } = agent.runtime;
  let offset = 0;
  do {
    const data = bytes.subarray(offset, offset + copyChunkBytes);
    const part = { size: bytes.length, offset, data, dirMode: copyDirMode.file, uid, gid };
    await send(agent, path, mode, part);
    offset += copyChunkBytes;
  } while (offset < bytes.length);
}

interface Part {
  readonly size: number;
  readonly offset: number;
  readonly data: Uint8Array;
  readonly dirMode: number;
  readonly uid?: number | undefined;
  readonly gid: number | undefined;
}

async function send(agent: AgentCalls, path: string, mode: number, part: Part): Promise<void> {
  await agent.call('CopyFile', {
    path,
    file_size: part.size,
    file_mode: mode,
    dir_mode: part.dirMode,
    uid: part.uid ?? 0,
    gid: part.gid ?? 0,
    offset: part.offset,
    data: part.data,
  });
}
