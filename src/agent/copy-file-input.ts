/** CopyFile's document, or the agent's error when a link's target is no text. */
import { copyFileDocument } from '#gate';
import { Code, RpcStatusError } from '#rpc';
import { chainText } from '#guest';
import type { Api, Json } from '#wire';

/** Throws before the policy is asked when a link's target is no text. */
export function copyFileInput(request: Api.CopyFileRequest): Json {
  const document = copyFileDocument(request);
  if (document !== undefined) return document;
  const text = chainText('parsing CopyFileRequest for policy', ['invalid symlink content']);
  throw new RpcStatusError(Code.INTERNAL, text);
}
