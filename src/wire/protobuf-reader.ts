/**
 * A cursor over protobuf bytes: the primitives, each bounded by the end of the message it is in.
 * Source of what is accepted and of every refusal: the protobuf crate 3.7.2 (coded_input_stream,
 * rt/unknown_or_group.rs), which the Kata agent decodes with and whose words it passes on to clients.
 */
import { isUtf8 } from 'node:buffer';
import { wireErrors } from './errors.ts';

/** Wire types. 3 and 4 delimit groups, which no message of ours has but a reader must skip. */
export const VARINT = 0;
const FIXED64 = 1;
export const BYTES = 2;
const GROUP = 3;
const GROUP_END = 4;
const FIXED32 = 5;

/** Messages and groups inside each other. Source: DEFAULT_RECURSION_LIMIT. */
const MAX_DEPTH = 100;

/** Text or bytes that claim to be longer are read piece by piece. Source: READ_RAW_BYTES_MAX_ALLOC. */
const MAX_AT_ONCE = 10_000_000;

const U64_MAX = 2n ** 64n - 1n;

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
  /** Where the bytes of this message end: its limit, or the end of all bytes. */
  #end: number;
  /**
   * Where this message says that it ends. The outermost one says nothing, and so a message right in it
   * may claim more bytes than there are: it then ends with them.
   */
  #limit = Infinity;
  #depth = 0;
  #elements = 0;

  constructor(bytes: Uint8Array, type: string) {
    this.buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = this.buffer.length;
    this.type = type;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#end;
  }

  fail(reason: string, path = ''): never {
    throw wireErrors.undecodable(this.type, path, this.at, reason);
  }

  countElement(): void {
    if (++this.#elements > MAX_ELEMENTS) this.fail('too many elements in one message');
  }

  /** A varint of 32 bits, the form of tags, lengths and uint32. */
  varint32(): number {
    const { buffer } = this;
    let result = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte(buffer);
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    const last = this.#byte(buffer);
    if (last > 0x0f) return this.fail('Incorrect varint');
    return (result | (last << 28)) >>> 0;
  }

  /** An int32 or an enum; negative ones are ten bytes long. */
  int32(): number {
    const value = BigInt.asIntN(64, this.varint64());
    const number = Number(value);
    if (number !== (number | 0)) this.fail(`Value too large for i32: ${value.toString()}`);
    return number;
  }

  #byte(buffer: Buffer): number {
    if (this.at >= this.#end) return this.fail('Unexpected EOF');
    return buffer[this.at++] ?? 0;
  }

  /** A varint as an unsigned 64-bit integer. */
  varint64(): bigint {
    const { buffer } = this;
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte(buffer);
      if (i === 9 && byte > 1) return this.fail('Incorrect varint');
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

  /** Reads what `read` makes of a message or list that is in front, until its end. */
  inside(read: () => void, length = this.varint64()): void {
    const [end, limit] = [this.#end, this.#limit];
    if (BigInt(this.at) + length > U64_MAX) this.fail('Limit overflow');
    const next = this.at + Number(length);
    if (next > limit) this.fail('New limit must not be greater than current limit');
    this.#limit = next;
    this.#end = Math.min(next, end);
    read();
    this.#limit = limit;
    this.#end = end;
  }

  /** As `inside`, for a message: they nest to a bound. */
  message(read: () => void): void {
    this.#enter();
    this.inside(read);
    this.#depth -= 1;
  }

  #enter(): void {
    if (this.#depth >= MAX_DEPTH) this.fail('Over recursion limit');
    this.#depth += 1;
  }

  /** The length of text or bytes, which must be there; `skipped` bytes are never gathered. */
  #length(skipped = false): number {
    const length = this.varint32();
    if (length <= this.#end - this.at) return length;
    const isTruncated = length > this.#limit - this.at || (!skipped && length >= MAX_AT_ONCE);
    return this.fail(isTruncated ? 'Truncated message' : 'Unexpected EOF');
  }

  string(): string {
    const length = this.#length();
    const start = this.at;
    this.at += length;
    const text = this.buffer.toString('utf8', start, this.at);
    // The decoder replaces what is no UTF-8; a replacement character may also be real text.
    if (text.includes(REPLACEMENT) && !isUtf8(this.buffer.subarray(start, this.at))) {
      this.at = start;
      return this.fail('Invalid UTF-8 sequence');
    }
    return text;
  }

  /** A copy: the buffer may be a slice of a socket's read buffer. */
  bytes(): Uint8Array {
    return new Uint8Array(this.view());
  }

  /** The bytes where they are, for whoever reads them at once or passes them on. */
  view(): Buffer {
    const length = this.#length();
    const start = this.at;
    this.at += length;
    return this.buffer.subarray(start, this.at);
  }

  /** The number of a tag; refuses what is none. */
  assertTag(tag: number): void {
    if ((tag & 7) > FIXED32 || tag >>> 3 === 0) this.fail('Incorrect tag');
  }

  /** Steps over an unknown field of a message. */
  skipUnknown(tag: number): void {
    this.assertTag(tag);
    // The agent keeps the bytes of an unknown field, so it gathers them.
    if ((tag & 7) === BYTES) {
      this.#advance(this.#length());
      return;
    }
    if ((tag & 7) !== GROUP) {
      this.skip(tag);
      return;
    }
    // The outermost group must end, and does not count as nesting.
    while (true) {
      const inner = this.varint32();
      this.assertTag(inner);
      if ((inner & 7) === GROUP_END) return;
      this.skip(inner);
    }
  }

  /** Steps over a field of a map entry or a group. */
  skip(tag: number): void {
    this.assertTag(tag);
    switch (tag & 7) {
      case VARINT:
        this.varint64();
        return;
      case FIXED64:
        this.#advance(8);
        return;
      case BYTES:
        this.#advance(this.#length(true));
        return;
      case GROUP:
        this.#skipGroup();
        return;
      case FIXED32:
        this.#advance(4);
        return;
      default:
        this.fail('Unexpected wire type');
    }
  }

  #advance(length: number): void {
    if (length > this.#end - this.at) this.fail('Unexpected EOF');
    this.at += length;
  }

  /** The end of the bytes ends a group inside another as well. */
  #skipGroup(): void {
    this.#enter();
    while (!this.isAtEnd) {
      const tag = this.varint32();
      this.assertTag(tag);
      if ((tag & 7) === GROUP_END) break;
      this.skip(tag);
    }
    this.#depth -= 1;
  }
}
