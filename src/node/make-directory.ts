/**
 * Makes a folder that the user named, one level after the other. Node's own recursive `mkdir` never
 * ends where a folder is there but takes no entries and says ENOENT, as /proc does.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileErrors } from '#base';

/** What it made, outermost first; nothing when the folder was there. */
export async function makeDirectory(path: string, mode = 0o777): Promise<readonly string[]> {
  const made: string[] = [];
  for (const level of levelsOf(resolve(path))) {
    if (await isDirectory(level)) continue;
    try {
      await mkdir(level, { mode });
      made.push(level);
    } catch (error) {
      // Another process may have made it meanwhile.
      if (await isDirectory(level)) continue;
      throw fileErrors.unwritable(level, error);
    }
  }
  return made;
}

function levelsOf(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...levelsOf(parent), path];
}

/** False for what is not there; a file in its place is `mkdir`'s to refuse. */
async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}
