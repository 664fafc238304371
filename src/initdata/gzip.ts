/**
 * gzip, bounded: output is counted as it appears, so a bomb costs no more than the limit.
 * Failures carry Go's texts (compress/gzip, compress/flate), which is what users of the shim and
 * the adaptor see. Differs on purpose: the offset in `flate: corrupt input before offset N` is
 * where our inflater stopped, which may be some bytes past Go's.
 */
import { Inflate, gzip as pakoGzip } from 'pako';

export type Gunzipped =
  | { readonly kind: 'ok'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  /** `header` is true when not even the gzip header could be read. */
  | { readonly kind: 'bad'; readonly text: string; readonly header: boolean };

/** Magic 1f 8b, method 8. Source: RFC 1952 section 2.3.1. */
const HEADER_LENGTH = 10;
const CHUNK = 16 << 10;

class Overflow extends Error {}

export interface GunzipOptions {
  readonly maxBytes: number;
  /** What ends the input when it breaks off: Go hands the reader's own error through. */
  readonly endError?: string | undefined;
}

export function gunzip(input: Uint8Array, { maxBytes, endError }: GunzipOptions): Gunzipped {
  const end = endError ?? 'unexpected EOF';
  if (input.length === 0) return { kind: 'bad', text: endError ?? 'EOF', header: true };
  if (input.length < HEADER_LENGTH) return { kind: 'bad', text: end, header: true };
  if (!isGzip(input)) return { kind: 'bad', text: 'gzip: invalid header', header: true };

  const inflate = new Inflate({ windowBits: 31, chunkSize: CHUNK });
  const chunks: Uint8Array[] = [];
  let size = 0;
  let consumed = (): number => 0;
  inflate.onStart = (stream) => {
    consumed = () => stream.total_in;
  };
  inflate.onData = (chunk) => {
    size += chunk.length;
    if (size > maxBytes) throw new Overflow();
    chunks.push(chunk);
  };
  try {
    for (let position = 0; position < input.length && !inflate.ended; position += CHUNK) {
      const chunk = input.subarray(position, position + CHUNK);
      if (!inflate.push(chunk, position + CHUNK >= input.length)) break;
    }
  } catch (error) {
    if (error instanceof Overflow) return { kind: 'too-large' };
    throw error;
  }
  const text = failure(inflate, consumed(), end);
  if (text !== undefined) return { kind: 'bad', text, header: false };
  if (endError !== undefined) return { kind: 'bad', text: endError, header: false };
  return { kind: 'ok', bytes: Buffer.concat(chunks) };
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

function failure(inflate: Inflate, consumed: number, end: string): string | undefined {
  if (inflate.err === 0 && inflate.ended) return undefined;
  // Z_BUF_ERROR, or no end seen: the stream breaks off.
  if (inflate.err === -5 || inflate.err === 0) return end;
  if (/incorrect (data|length) check/.test(inflate.msg)) return 'gzip: invalid checksum';
  if (/header|method/.test(inflate.msg) && !inflate.msg.includes('block')) {
    return 'gzip: invalid header';
  }
  return `flate: corrupt input before offset ${Math.max(consumed - HEADER_LENGTH, 1)}`;
}

/** Deterministic: no name, no time stamp. The Go runtime writes the same kind of header. */
export function gzip(bytes: Uint8Array): Uint8Array {
  return pakoGzip(bytes);
}
