/**
 * A cursor over protobuf bytes: the primitives, each bounded by the end of the message it is in.
 * Source: the protobuf encoding guide. Refusals are worded as rust-protobuf words them, because an
 * agent passes that text on to its client.
 */
import { isUtf8 } from 'node:buffer';
import { wireErrors } from './errors.ts';

/** Wire types. 3 and 4 delimit groups, which no message of ours has but a reader must skip. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const GROUP = 3;
export const GROUP_END = 4;
export const FIXED32 = 5;

/** Groups in unknown fields may nest this deep. Source: protobuf's customary recursion limit. */
const MAX_GROUP_DEPTH = 100;

/**
 * Elements in all lists and maps of one message. A list of empty messages costs two bytes an element
 * on the wire and a hundred times that in memory, so the frame limit alone does not bound memory.
 */
export const MAX_ELEMENTS = 1 << 19;

const REPLACEMENT = '\ufffd';

export class Reader {
  readonly buffer: Buffer;
  readonly type: string;
  at = 0;
  end: number;
  #elements = 0;

  constructor(bytes: Uint8Array, type: string) {
    this.buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = this.buffer.length;
    this.type = type;
  }

  fail(reason: string, path = ''): never {
    throw wireErrors.undecodable(this.type, path, this.at, reason);
  }

  countElement(): void {
    if (++this.#elements > MAX_ELEMENTS) this.fail('too many elements in one message');
  }

  /** A varint's low 32 bits; what lies above is dropped, as protobuf does for 32-bit fields. */
  varint32(): number {
    const { buffer, end } = this;
    let result = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= end) return this.fail('Unexpected EOF');
      const byte = buffer[this.at++] ?? 0;
      if (shift < 32) result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result >>> 0;
    }
    return this.fail('Incorrect varint');
  }

  /** A varint as an unsigned 64-bit integer. */
  varint64(): bigint {
    const { buffer, end } = this;
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      if (this.at >= end) return this.fail('Unexpected EOF');
      const byte = buffer[this.at++] ?? 0;
      const bits = byte & 0x7f;
      // 28 bits in the low half from four bytes; the fifth straddles; the rest is high.
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80)
        return high === 0 ? BigInt(low >>> 0) : (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    }
    return this.fail('Incorrect varint');
  }

  /** The length of a length-delimited value, checked against the bytes that are there. */
  length(): number {
    const length = this.varint32();
    if (length > this.end - this.at) return this.fail('Unexpected EOF');
    return length;
  }

  string(): string {
    const length = this.length();
    const start = this.at;
    this.at += length;
    const text = this.buffer.toString('utf8', start, this.at);
    // The decoder replaces what is no UTF-8; a replacement character may also be real text.
    if (text.includes(REPLACEMENT) && !isUtf8(this.buffer.subarray(start, this.at))) {
      this.at = start;
      return this.fail('UTF-8 decode error');
    }
    return text;
  }

  /** A copy: the buffer may be a slice of a socket's read buffer. */
  bytes(): Uint8Array {
    return new Uint8Array(this.view());
  }

  /** The bytes where they are, for whoever reads them at once or passes them on. */
  view(): Buffer {
    const length = this.length();
    const start = this.at;
    this.at += length;
    return this.buffer.subarray(start, this.at);
  }

  /** Steps over an unknown field. */
  skip(wireType: number, depth = 0): void {
    switch (wireType) {
      case VARINT:
        this.varint64();
        return;
      case FIXED64: {
        this.#advance(8);
        return;
      }
      case BYTES: {
        this.#advance(this.length());
        return;
      }
      case GROUP: {
        this.#skipGroup(depth);
        return;
      }
      case FIXED32: {
        this.#advance(4);
        return;
      }
      default:
        this.fail('Unexpected wire type');
    }
  }

  #advance(length: number): void {
    if (length > this.end - this.at) this.fail('Unexpected EOF');
    this.at += length;
  }

  #skipGroup(depth: number): void {
    if (depth >= MAX_GROUP_DEPTH) this.fail('Over recursion limit');
    while (true) {
      const wireType = this.varint32() & 7;
      if (wireType === GROUP_END) return;
      this.skip(wireType, depth + 1);
    }
  }
}
