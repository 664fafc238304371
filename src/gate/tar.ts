/**
 * Files of a tar archive in memory. Source: POSIX ustar; long names as pax and GNU write them.
 * OPA's bundles are such archives. Everything is bounded: the caller has bounded the bytes.
 */
import { policyErrors } from './errors.ts';

const BLOCK = 512;
const MAX_FILES = 10_000;

/** Text of a header field, up to its NUL. */
function field(block: Uint8Array, at: number, length: number): string {
  const bytes = block.subarray(at, at + length);
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8');
}

function octal(block: Uint8Array, at: number, length: number): number {
  const text = field(block, at, length).trim();
  return /^[0-7]*$/.test(text) ? Number.parseInt(text || '0', 8) : Number.NaN;
}

/** The name that the header before this one gave for it. */
function paxPath(body: Uint8Array): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(Buffer.from(body).toString('utf8'))?.[1];
}

/** Paths without a leading slash; directories and links are left out. Throws `POLICY_BAD_MODULE`. */
export function readTar(archive: Uint8Array, file: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const size = octal(header, 124, 12);
    const start = at + BLOCK;
    if (!Number.isSafeInteger(size) || start + size > archive.length)
      throw policyErrors.badModule(
        file,
        new Error(`the archive ends inside entry ${String(files.size + 1)}`),
      );
    const body = archive.subarray(start, start + size);
    const type = String.fromCharCode(header[156] ?? 0);
    const prefix = field(header, 345, 155);
    const name = longName ?? (prefix === '' ? '' : `${prefix}/`) + field(header, 0, 100);
    longName = undefined;
    if (type === 'x') longName = paxPath(body);
    else if (type === 'L') longName = field(body, 0, body.length);
    else if (type === '0' || type === '\0') files.set(name.replace(/^(?:\.?\/)+/, ''), body);
    if (files.size > MAX_FILES)
      throw policyErrors.badModule(
        file,
        new Error(`the archive has more than ${String(MAX_FILES)} files`),
      );
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
