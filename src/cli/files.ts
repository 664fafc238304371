/** Reading what the user named: a path, or `-` for standard input. Sizes are bounded. */
import { open, stat } from 'node:fs/promises';
import { KatasimError } from '#base';
import { cliErrors } from './errors.ts';

/** 64 MiB: four times the largest policy that the agent takes. */
const MAX_FILE_BYTES = 64 << 20;

export async function readBytes(
  path: string,
  stdin: NodeJS.ReadStream,
  max = MAX_FILE_BYTES,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // The size of a file is known before it is read; other sources are counted as they come.
  const found = path === '-' ? undefined : await stat(path).catch(() => undefined);
  if (found?.isFile() === true && found.size > max) throw cliErrors.tooLarge(path, found.size, max);
  try {
    const source: AsyncIterable<Buffer> =
      path === '-' ? stdin : (await open(path)).createReadStream();
    for await (const chunk of source) {
      size += chunk.length;
      if (size > max) throw cliErrors.tooLarge(path, size, max);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof KatasimError) throw error;
    throw cliErrors.unreadable(path, error);
  }
  return Buffer.concat(chunks);
}

export async function readText(path: string, stdin: NodeJS.ReadStream): Promise<string> {
  return assertUtf8(await readBytes(path, stdin), path);
}

/** The text of bytes that are UTF-8; throws with the place of the first that is not. */
export function assertUtf8(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw cliErrors.notUtf8(path, firstInvalid(bytes), encodingOf(bytes));
  }
}

/** Well-formed UTF-8, a stretch at a time, over bytes read as Latin-1. Source: Unicode, table 3-7. */
const WELL_FORMED =
  /[\x00-\x7f]{1,4096}|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}/y;

/** Line and column, counted in bytes, of what is no UTF-8. */
function firstInvalid(bytes: Buffer): { readonly line: number; readonly column: number } {
  const text = bytes.toString('latin1');
  WELL_FORMED.lastIndex = 0;
  let at = 0;
  while (WELL_FORMED.test(text)) at = WELL_FORMED.lastIndex;
  const before = bytes.subarray(0, at);
  let line = 1;
  for (let i = before.indexOf(10); i >= 0; i = before.indexOf(10, i + 1)) line++;
  return { line, column: at - before.lastIndexOf(10) };
}

/** What the first bytes say it is, when it is text of another kind. */
function encodingOf(bytes: Buffer): string | undefined {
  const [a, b] = bytes;
  return (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) ? 'UTF-16' : undefined;
}
