/** A temporary folder for unix sockets: short enough for the longest path that goes below it. */
import { constants } from 'node:fs';
import { access, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAX_UNIX_PATH } from './address.ts';
import { rpcErrors } from './errors.ts';

interface SocketDirectoryOptions {
  /** Of its name, to which six characters are added. */
  readonly prefix: string;
  /** The longest path of a socket in it, from there. */
  readonly longest: string;
  /** Nowhere else than below this one. */
  readonly parent?: string | undefined;
}

/** On macOS the temporary directory of a user is too long for most of them; /tmp is not. */
const SHORT = '/tmp';

/** Made below TMPDIR, or in /tmp where a socket would not fit. Whoever asked removes it. */
export async function makeSocketDirectory({
  prefix,
  longest,
  parent,
}: SocketDirectoryOptions): Promise<string> {
  const first = parent ?? tmpdir();
  const fits = (folder: string): boolean =>
    Buffer.byteLength(join(folder, `${prefix}XXXXXX`, longest)) <= MAX_UNIX_PATH;
  if (fits(first)) return mkdtemp(join(first, prefix));
  if (parent !== undefined || !(await isWritable(SHORT))) {
    throw rpcErrors.noRoomForSockets(first, MAX_UNIX_PATH - `/${prefix}XXXXXX/${longest}`.length);
  }
  return mkdtemp(join(SHORT, prefix));
}

const isWritable = (folder: string): Promise<boolean> =>
  access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
