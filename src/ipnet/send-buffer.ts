/**
 * Bytes written and not yet acknowledged, oldest first. Offsets count from the first of them.
 */
export class SendBuffer {
  #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Up to `length` bytes from `offset`; a view when they lie in one chunk. */
  read(offset: number, length: number): Uint8Array {
    let skip = offset;
    for (const [i, chunk] of this.#chunks.entries()) {
      if (skip >= chunk.length) {
        skip -= chunk.length;
        continue;
      }
      if (skip + length <= chunk.length) return chunk.subarray(skip, skip + length);
      return this.#gather(i, skip, Math.min(length, this.#length - offset));
    }
    return new Uint8Array();
  }

  #gather(first: number, skip: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let filled = 0;
    let from = skip;
    for (let i = first; filled < length; i++) {
      const part = this.#chunks[i]?.subarray(from, from + length - filled) ?? new Uint8Array();
      bytes.set(part, filled);
      filled += part.length;
      from = 0;
    }
    return bytes;
  }

  /** Forgets `count` bytes from the front. */
  drop(count: number): void {
    let left = Math.min(count, this.#length);
    this.#length -= left;
    let whole = 0;
    for (const chunk of this.#chunks) {
      if (left < chunk.length) break;
      left -= chunk.length;
      whole++;
    }
    if (whole > 0) this.#chunks.splice(0, whole);
    const first = this.#chunks[0];
    if (left > 0 && first) this.#chunks[0] = first.subarray(left);
  }
}
