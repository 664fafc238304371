/**
 * A growing buffer with protobuf's primitives. A nested message is written in place behind one byte
 * kept for its length, and moved only when the length needs more; nothing is measured twice.
 */
export class Writer {
  #buffer = Buffer.allocUnsafe(256);
  #at = 0;

  /** The bytes written so far, as a copy that shares nothing with the writer. */
  finish(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#at));
  }

  tag(number: number, wireType: number): void {
    this.varint32((number << 3) | wireType);
  }

  varint32(value: number): void {
    this.#reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.#buffer[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#at++] = rest;
  }

  /** Negative values take ten bytes, as two's complement of 64 bits. */
  varint64(value: bigint): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      this.#buffer[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#at++] = Number(rest);
  }

  string(text: string): void {
    const length = Buffer.byteLength(text, 'utf8');
    this.varint32(length);
    this.#reserve(length);
    this.#at += this.#buffer.write(text, this.#at, length, 'utf8');
  }

  bytes(bytes: Uint8Array): void {
    this.varint32(bytes.length);
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** What `body` writes, with its length in front. */
  nested(body: () => void): void {
    this.#reserve(1);
    const start = ++this.#at;
    body();
    const length = this.#at - start;
    if (length < 0x80) {
      this.#buffer[start - 1] = length;
      return;
    }
    const extra = length < 1 << 14 ? 1 : length < 1 << 21 ? 2 : length < 1 << 28 ? 3 : 4;
    this.#reserve(extra);
    this.#buffer.copyWithin(start + extra, start, this.#at);
    const end = this.#at + extra;
    this.#at = start - 1;
    this.varint32(length);
    this.#at = end;
  }

  #reserve(length: number): void {
    const needed = this.#at + length;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }
}
