/**
 * Makes a folder that the user named, level by level. Node's own recursive `mkdir` never returns where
 * a folder exists but accepts no entries and answers ENOENT, as /proc does.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileErrors } from '#base';

/** Returns what it made, outermost first. */
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

/** False for what does not exist; `mkdir` refuses a file. */
async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}
