/**
 * gzip as Go's compress/gzip reads it, with its texts, which users of the shim and the adaptor see:
 * several members one after another are one stream, and what follows the last must be a member.
 * Sources: RFC 1952; Go compress/gzip gunzip.go.
 */
import { gzip as pakoGzip } from 'pako';
import { CorruptInput, inflate, InputEnded, OutputTooLarge } from './inflate.ts';

export type Gunzipped =
  | { readonly kind: 'ok'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  /** `header` is true when not even the first header could be read. */
  | { readonly kind: 'bad'; readonly text: string; readonly header: boolean };

interface GunzipOptions {
  readonly maxBytes: number;
  /** What ends the input when it breaks off: Go hands the reader's own error through. */
  readonly endError?: string | undefined;
}

const HEADER_LENGTH = 10;
const TRAILER_LENGTH = 8;
const FLAG = { headerCrc: 2, extra: 4, name: 8, comment: 16 } as const;
/** Go reads names and comments into a buffer of this size. */
const MAX_NAME = 512;

class InvalidHeader extends Error {}
class InvalidChecksum extends Error {}

export function gunzip(input: Uint8Array, { maxBytes, endError }: GunzipOptions): Gunzipped {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (let at = 0; at < input.length || at === 0;) {
      if (input.length === 0) return { kind: 'bad', text: endError ?? 'EOF', header: true };
      const member = inflate(input, headerEnd(input, at), maxBytes - size);
      at = checkTrailer(input, member.end, member.bytes);
      size += member.bytes.length;
      chunks.push(member.bytes);
    }
  } catch (error) {
    if (error instanceof OutputTooLarge) return { kind: 'too-large' };
    const text = textOf(error, endError ?? 'unexpected EOF');
    return { kind: 'bad', text, header: chunks.length === 0 && !hasHeader(input) };
  }
  if (endError !== undefined) return { kind: 'bad', text: endError, header: false };
  return { kind: 'ok', bytes: Buffer.concat(chunks) };
}

/** Magic and method: 1f 8b, deflate. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

function textOf(error: unknown, end: string): string {
  if (error instanceof InputEnded) return end;
  if (error instanceof InvalidHeader) return 'gzip: invalid header';
  if (error instanceof InvalidChecksum) return 'gzip: invalid checksum';
  if (error instanceof CorruptInput) return error.message;
  throw error;
}

function hasHeader(input: Uint8Array): boolean {
  try {
    headerEnd(input, 0);
    return true;
  } catch {
    return false;
  }
}

/** Where the compressed data of the member at `start` begins. */
function headerEnd(input: Uint8Array, start: number): number {
  const header = input.subarray(start, start + HEADER_LENGTH);
  if (header.length < HEADER_LENGTH) throw new InputEnded();
  if (!isGzip(header)) throw new InvalidHeader();
  const flags = header[3] ?? 0;
  let at = start + HEADER_LENGTH;
  if (flags & FLAG.extra) at = skip(input, at + 2, uint16(input, at));
  if (flags & FLAG.name) at = textEnd(input, at);
  if (flags & FLAG.comment) at = textEnd(input, at);
  if (flags & FLAG.headerCrc) {
    const expected = crc32(input.subarray(start, at)) & 0xffff;
    if (uint16(input, at) !== expected) throw new InvalidHeader();
    at += 2;
  }
  return at;
}

function uint16(input: Uint8Array, at: number): number {
  skip(input, at, 2);
  return (input[at] ?? 0) | ((input[at + 1] ?? 0) << 8);
}

function skip(input: Uint8Array, at: number, length: number): number {
  if (at + length > input.length) throw new InputEnded();
  return at + length;
}

function textEnd(input: Uint8Array, at: number): number {
  const length = input.subarray(at, at + MAX_NAME).indexOf(0);
  if (length >= 0) return at + length + 1;
  throw input.length - at >= MAX_NAME ? new InvalidHeader() : new InputEnded();
}

/** Checks sum and size behind the data and gives the end of the member. */
function checkTrailer(input: Uint8Array, at: number, bytes: Uint8Array): number {
  const end = skip(input, at, TRAILER_LENGTH);
  const view = Buffer.from(input.buffer, input.byteOffset + at, TRAILER_LENGTH);
  const isRight =
    view.readUInt32LE(0) === crc32(bytes) && view.readUInt32LE(4) === bytes.length >>> 0;
  if (!isRight) throw new InvalidChecksum();
  return end;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (CRC_TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return ~value >>> 0;
}

/** Deterministic: no name, no time stamp. The Go runtime writes the same kind of header. */
export function gzip(bytes: Uint8Array): Uint8Array {
  return pakoGzip(bytes);
}
