/**
 * CopyFile is judged on a document of its own: the kind of file and the link's target instead of the
 * data. Source: PolicyCopyFileRequest in the agent's policy.rs.
 */
import { isUtf8 } from 'node:buffer';
import { Code, RpcStatusError } from '#rpc';
import { anyhowText } from './status.ts';
import type { Api, Json } from '#wire';

const TYPE_BITS = 0o170_000;
const FILE_TYPES: Readonly<Record<number, string>> = {
  0o100_000: 'Regular',
  0o040_000: 'Directory',
  0o120_000: 'Symlink',
};

/** Throws before the policy is asked when a link's target is no text. */
export function copyFileInput(request: Api.CopyFileRequest): Json {
  const file_type = FILE_TYPES[request.file_mode & TYPE_BITS] ?? 'Unknown';
  return {
    path: request.path,
    file_type,
    symlink_target: file_type === 'Symlink' ? linkTarget(request.data) : null,
    file_size: request.file_size,
    file_mode: request.file_mode,
    dir_mode: request.dir_mode,
    uid: request.uid,
    gid: request.gid,
    offset: request.offset,
  };
}

function linkTarget(data: Uint8Array): string {
  if (isUtf8(data)) return Buffer.from(data).toString('utf8');
  const text = anyhowText('parsing CopyFileRequest for policy', ['invalid symlink content']);
  throw new RpcStatusError(Code.INTERNAL, text);
}
