/**
 * CopyFile is judged on a document of its own: the kind of file and the link's target instead of the
 * data. Source: PolicyCopyFileRequest in the agent's policy.rs.
 */
import { isUtf8 } from 'node:buffer';
import type { Api, Json } from '#wire';

const TYPE_BITS = 0o170_000;
const FILE_TYPES: Readonly<Record<number, string>> = {
  0o100_000: 'Regular',
  0o040_000: 'Directory',
  0o120_000: 'Symlink',
};

/** What the policy sees of a CopyFile. Undefined: a link's target is no text, and it is not asked. */
export function copyFileDocument(request: Api.CopyFileRequest): Json | undefined {
  const file_type = FILE_TYPES[request.file_mode & TYPE_BITS] ?? 'Unknown';
  const isLink = file_type === 'Symlink';
  if (isLink && !isUtf8(request.data)) return undefined;
  return {
    path: request.path,
    file_type,
    symlink_target: isLink ? Buffer.from(request.data).toString('utf8') : null,
    file_size: request.file_size,
    file_mode: request.file_mode,
    dir_mode: request.dir_mode,
    uid: request.uid,
    gid: request.gid,
    offset: request.offset,
  };
}
