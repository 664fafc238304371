/** The Internet checksum. Source: RFC 1071. */

/** Adds 16-bit big-endian words; an odd last byte counts as the high half of a word. */
export function sum16(bytes: Uint8Array, start = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const even = bytes.length & ~1;
  let sum = start;
  for (let i = 0; i < even; i += 2) sum += view.getUint16(i);
  return even < bytes.length ? sum + view.getUint8(even) * 256 : sum;
}

/** Folds and inverts; 0 over data that contains its own correct checksum. */
export function checksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}
