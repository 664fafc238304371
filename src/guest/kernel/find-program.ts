/**
 * Finds a command as execvp does. Source: exec(3).
 */
import { SysError } from './errno.ts';
import type { Process } from './process.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The path to execute. ENOENT when nothing fits, EACCES when something is there but not executable. */
export function findProgram(
  process: Pick<Process, 'env' | 'files'>,
  name: string,
  searchPath?: string,
): string {
  if (name === '') throw new SysError('ENOENT');
  if (name.includes('/')) return name;
  const { files } = process;
  let denied = false;
  const directories = (searchPath ?? process.env.get('PATH') ?? DEFAULT_PATH).split(':');
  for (const directory of directories) {
    const path = `${directory === '' ? '.' : directory}/${name}`;
    if (files.find(path)?.kind !== 'file') continue;
    if (files.access(path, 'x')) return path;
    denied = true;
  }
  throw new SysError(denied ? 'EACCES' : 'ENOENT');
}
