/** The Internet checksum. Source: RFC 1071. */

/** Adds 16-bit big-endian words; an odd last byte counts as the high half of a word. */
export function sum16(bytes: Uint8Array, start = 0): number {
  const { length } = bytes;
  // Words of a packet of 64 KiB fit into 32 bits; high and low bytes are added up apart.
  let high = 0;
  let low = 0;
  let i = 0;
  for (; i + 1 < length; i += 2) {
    high += bytes[i] ?? 0;
    low += bytes[i + 1] ?? 0;
  }
  if (i < length) high += bytes[i] ?? 0;
  return start + high * 256 + low;
}

/** Folds and inverts; 0 over data that contains its own correct checksum. */
export function checksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}
