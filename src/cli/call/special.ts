/**
 * The requests that kata-agent-ctl makes from files of this machine: SetPolicy from a policy file,
 * CopyFile from a source path, in chunks of 1 MiB as the Go runtime sends them.
 */
import { access, open, readFile } from 'node:fs/promises';
import { fromPolicyInput, type MethodInfo } from '#wire';
import { cliErrors } from '../errors.ts';
import type { CallRequest } from './request.ts';

/** Go's directory bit and 0750. Source: kata-containers runtime, kata_agent.go, DirMode. */
const COPY_FILE_DIR_MODE = 2147484136;
const COPY_FILE_CHUNK_BYTES = 1 << 20;

export interface PreparedCall {
  readonly method: MethodInfo;
  /** The messages to send one after the other; only CopyFile has more than one. */
  messages(): Iterable<object> | AsyncIterable<object>;
}

/** Checks a request and reads what it names, so that a slip is found before anything is sent. */
export async function prepareCall({ method, document }: CallRequest): Promise<PreparedCall> {
  const { policy_file: policyFile, src, dest } = document;
  if (method.method === 'SetPolicy' && typeof policyFile === 'string') {
    const request = { policy: await readTextFile(policyFile) };
    return { method, messages: () => [request] };
  }
  if (method.method === 'CopyFile' && typeof src === 'string' && typeof dest === 'string') {
    await access(src).catch((error: unknown) => {
      throw cliErrors.unreadable(src, error);
    });
    return { method, messages: () => copyRequests(src, dest) };
  }
  const request = fromPolicyInput(method.requestType, document);
  return { method, messages: () => [request] };
}

async function* copyRequests(src: string, dest: string): AsyncGenerator<object> {
  const file = await open(src).catch((error: unknown) => {
    throw cliErrors.unreadable(src, error);
  });
  try {
    const { size, mode, uid, gid } = await file.stat();
    let offset = 0;
    do {
      const buffer = Buffer.alloc(Math.min(COPY_FILE_CHUNK_BYTES, size - offset));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
      yield {
        path: dest,
        file_size: size,
        file_mode: mode,
        dir_mode: COPY_FILE_DIR_MODE,
        uid,
        gid,
        offset,
        data: buffer.subarray(0, bytesRead),
      };
      // A file that shrinks while it is read ends here; the agent keeps no half file.
      if (bytesRead === 0) break;
      offset += bytesRead;
    } while (offset < size);
  } finally {
    await file.close();
  }
}

async function readTextFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw cliErrors.unreadable(path, error);
  }
}
