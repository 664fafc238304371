/**
 * Whose the folder of a simulator is, so that the next run can clear away what a killed process could
 * not: sockets and logs in the temporary directory.
 */
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { IsRunning } from './pod-records.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** As `sim` names its folders. */
const PREFIX = 'ks-';
const OWNER_FILE = 'owner';

export async function writeOwner(directory: string, owner: ProcessIdentity): Promise<void> {
  await writeFile(join(directory, OWNER_FILE), JSON.stringify(owner), { mode: 0o600 });
}

/** Removes folders whose process is gone; what cannot be read or removed is left alone. */
export async function removeAbandoned(parent: string, isRunning: IsRunning): Promise<void> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory() && entry.name.startsWith(PREFIX));
  for (const { name } of folders) {
    const folder = join(parent, name);
    if (await isAbandoned(folder, isRunning)) {
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

async function isAbandoned(folder: string, isRunning: IsRunning): Promise<boolean> {
  try {
    const { uid } = await stat(folder);
    const owner = JSON.parse(await readFile(join(folder, OWNER_FILE), 'utf8')) as ProcessIdentity;
    return uid === userInfo().uid && !isRunning(owner);
  } catch {
    return false;
  }
}
