/** Reading what the user named: a path, or `-` for standard input. Sizes are bounded. */
import { open } from 'node:fs/promises';
import { KatasimError } from '#base';
import { cliErrors } from './errors.ts';

/** 64 MiB: four times the largest policy that the agent takes. */
const MAX_FILE_BYTES = 64 << 20;

export async function readBytes(path: string, stdin: NodeJS.ReadStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    const source: AsyncIterable<Buffer> =
      path === '-' ? stdin : (await open(path)).createReadStream();
    for await (const chunk of source) {
      size += chunk.length;
      if (size > MAX_FILE_BYTES) throw cliErrors.tooLarge(path, size, MAX_FILE_BYTES);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof KatasimError) throw error;
    throw cliErrors.unreadable(path, error);
  }
  return Buffer.concat(chunks);
}

export async function readText(path: string, stdin: NodeJS.ReadStream): Promise<string> {
  const bytes = await readBytes(path, stdin);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw cliErrors.notUtf8(path);
  }
}
