/**
 * A copy of bytes. `slice` of a Node Buffer is no copy, and what a pod wrote must not change when its
 * sender reuses the memory.
 */
export const copyBytes = (data: Uint8Array, start?: number, end?: number): Uint8Array =>
  new Uint8Array(data.subarray(start, end));
