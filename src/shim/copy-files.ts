/**
 * Files of the host into the guest's shared directory, as the runtime copies them when there is no
 * shared file system: in chunks with the same metadata in each, directories before their members.
 * Source: kata-agent.md 5.2.
 */
import { posix } from 'node:path';
import { randomHex, type Random } from '#base';
import type { AgentCalls } from './agent-calls.ts';
import { copiedMount, type HostFile, type OciMount } from './mounts.ts';

const SHARED_DIRECTORY = '/run/kata-containers/shared/containers';
const DIRECTORY_MODE = 0o040755;

/** Copies each file and answers with the mounts that point at the copies. */
export async function copyFiles(
  agent: AgentCalls,
  containerId: string,
  files: readonly HostFile[],
  random: Random,
): Promise<readonly OciMount[]> {
  const mounts: OciMount[] = [];
  for (const file of files) {
    const name = `${containerId}-${randomHex(random, 8)}-${posix.basename(file.destination)}`;
    const guestPath = `${SHARED_DIRECTORY}/${name}`;
    if (file.files === undefined) {
      await copyOne(agent, guestPath, file.mode, file.content ?? '');
    } else await copyDirectory(agent, guestPath, file.files);
    mounts.push(copiedMount(file, guestPath));
  }
  return mounts;
}

async function copyDirectory(
  agent: AgentCalls,
  path: string,
  files: NonNullable<HostFile['files']>,
): Promise<void> {
  const { copyDirMode } = agent.runtime;
  const sendDirectory = (directory: string): Promise<void> =>
    send(agent, directory, DIRECTORY_MODE, {
      ...{ size: 0, offset: 0, data: new Uint8Array() },
      dirMode: directory === path ? copyDirMode.top : copyDirMode.below,
    });
  await sendDirectory(path);
  const made = new Set(['.']);
  for (const [name, { content, mode }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const parent of parentsOf(name)) {
      if (made.has(parent)) continue;
      await sendDirectory(posix.join(path, parent));
      made.add(parent);
    }
    await copyOne(agent, posix.join(path, name), mode, content);
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
  mode: number,
  content: string,
): Promise<void> {
  const bytes = Buffer.from(content, 'latin1');
  const { copyChunkBytes = bytes.length, copyDirMode } = agent.runtime;
  let offset = 0;
  do {
    const data = bytes.subarray(offset, offset + copyChunkBytes);
    await send(agent, path, mode, { size: bytes.length, offset, data, dirMode: copyDirMode.file });
    offset += copyChunkBytes;
  } while (offset < bytes.length);
}

async function send(
  agent: AgentCalls,
  path: string,
  mode: number,
  part: {
    readonly size: number;
    readonly offset: number;
    readonly data: Uint8Array;
    readonly dirMode: number;
  },
): Promise<void> {
  await agent.call('CopyFile', {
    path,
    file_size: part.size,
    file_mode: mode,
    dir_mode: part.dirMode,
    uid: 0,
    gid: 0,
    offset: part.offset,
    data: part.data,
  });
}
