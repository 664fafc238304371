/**
 * Finds a command as execvp does. Source: exec(3).
 */
import { errnoOf, SysError } from './errno.ts';
import type { Process } from './process.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The path to execute. ENOENT when nothing fits, EACCES when something is there but not executable. */
export function findProgram(process: Process, name: string, searchPath?: string): string {
  if (name === '') throw new SysError('ENOENT');
  if (name.includes('/')) return name;
  let denied = false;
  const directories = (searchPath ?? process.env.get('PATH') ?? DEFAULT_PATH).split(':');
  for (const directory of directories) {
    const path = `${directory === '' ? '.' : directory}/${name}`;
    try {
      const node = process.files.stat(path);
      if (node.kind !== 'file') continue;
      if (process.files.access(path, 'x')) return path;
      denied = true;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }
  throw new SysError(denied ? 'EACCES' : 'ENOENT');
}
