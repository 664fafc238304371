/**
 * The raw disk that a local hypervisor attaches: magic, length, gzip stream, zeros to a sector.
 * The agent takes the first block device that begins with the magic. Source: kata-containers 4.1.0
 * src/agent/src/initdata.rs.
 * Differs on purpose: the agent trusts the length for its allocation, we check it.
 */
import { MAX_INITDATA_BYTES } from './document.ts';
import { initdataErrors } from './errors.ts';
import { gunzip, gzip } from './gzip.ts';

const MAGIC = Buffer.from('initdata', 'latin1');
const HEADER = 16;
const SECTOR = 512;

export function encodeDiskImage(toml: Uint8Array): Uint8Array {
  const stream = gzip(toml);
  const image = Buffer.alloc(Math.ceil((HEADER + stream.length) / SECTOR) * SECTOR);
  MAGIC.copy(image);
  image.writeBigUInt64LE(BigInt(stream.length), 8);
  image.set(stream, HEADER);
  return image;
}

export function isDiskImage(bytes: Uint8Array): boolean {
  return bytes.length >= MAGIC.length && MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/** The TOML bytes of an image. */
export function decodeDiskImage(
  image: Uint8Array,
  { maxBytes = MAX_INITDATA_BYTES }: { readonly maxBytes?: number } = {},
): Uint8Array {
  if (!isDiskImage(image)) throw initdataErrors.notAnImage('the magic is missing');
  if (image.length < HEADER) throw initdataErrors.notAnImage('the header is cut');
  const view = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  const length = view.readBigUInt64LE(8);
  const room = BigInt(image.length - HEADER);
  if (length > room) {
    throw initdataErrors.notAnImage(
      `length field says ${length.toString()} bytes, ${room.toString()} are there`,
    );
  }
  const result = gunzip(view.subarray(HEADER, HEADER + Number(length)), { maxBytes });
  if (result.kind === 'too-large') {
    throw initdataErrors.tooLarge('the decompressed initdata', maxBytes);
  }
  if (result.kind === 'bad') throw initdataErrors.notAnImage(result.text);
  return result.bytes;
}
