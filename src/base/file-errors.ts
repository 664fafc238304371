/** Files and folders that cannot be read or written, in words for people. */
import { KatasimError } from './errors.ts';

export const fileErrors = {
  unreadable: (path: string, cause: unknown) =>
    new KatasimError('CLI_UNREADABLE', `cannot read ${path}: ${systemReason(cause)}`, {
      hint: 'Check the path and its permissions.',
      cause,
    }),
  unwritable: (path: string, cause: unknown) =>
    new KatasimError('CLI_UNWRITABLE', `cannot write ${path}: ${systemReason(cause)}`, {
      hint: 'Check the path and its permissions.',
      cause,
    }),
};

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  EEXIST: 'a file is in its place',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
};

function systemReason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return (code !== undefined ? reasons[code] : undefined) ?? message;
}
