/** Strict UTF-8, with the offset of the first byte that is none. */
import { initdataErrors } from './errors.ts';

export function decodeUtf8(bytes: Uint8Array): string {
  try {
    // ignoreBOM keeps the mark in the text: it is part of the digest and smol-toml skips it.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw initdataErrors.notUtf8(firstInvalidUtf8(bytes));
  }
}

function firstInvalidUtf8(bytes: Uint8Array): number {
  const replacement = Buffer.from('\ufffd');
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  let offset = 0;
  for (const char of text) {
    const length = Buffer.byteLength(char);
    if (char === '\ufffd' && !replacement.equals(bytes.subarray(offset, offset + 3))) return offset;
    offset += length;
  }
  return offset;
}
