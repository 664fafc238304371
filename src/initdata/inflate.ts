/**
 * DEFLATE as Go's compress/flate reads it, so that `flate: corrupt input before offset N` names
 * Go's offset: input is taken byte by byte, and never a byte more than the codes need. Output is
 * bounded while it grows, so a bomb costs no more than the limit.
 * Sources: RFC 1951; Go compress/flate inflate.go.
 */

/** The input ended amid the stream. */
export class InputEnded extends Error {}
/** What Go calls CorruptInputError. */
export class CorruptInput extends Error {
  constructor(offset: number) {
    super(`flate: corrupt input before offset ${offset}`);
  }
}
/** More output than allowed. */
export class OutputTooLarge extends Error {}

interface Inflated {
  readonly bytes: Uint8Array;
  /** Where the stream ended in the input. */
  readonly end: number;
}

const MAX_BITS = 15;
const WINDOW = 32768;
const END_OF_BLOCK = 256;
const MAX_LITERALS = 286;
const MAX_DISTANCES = 30;
/** Order of the code lengths' own lengths. RFC 1951 3.2.7. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

interface HuffmanCode {
  /** By the next 15 bits: symbol << 4 | length; 0 where no code is. */
  readonly table: Uint16Array;
  /** Bits to read before the first look. */
  readonly min: number;
}

/** Undefined when the lengths make no complete code; a single code of one bit passes, as in zlib. */
function huffmanCode(lengths: readonly number[], atLeast = 0): HuffmanCode | undefined {
  const counts = new Array<number>(MAX_BITS + 1).fill(0);
  for (const length of lengths) if (length > 0) counts[length] = (counts[length] ?? 0) + 1;
  const table = new Uint16Array(1 << MAX_BITS);
  const used = lengths.filter((length) => length > 0);
  if (used.length === 0) return { table, min: 0 };
  const [min, max] = [Math.min(...used), Math.max(...used)];
  const next: number[] = [];
  let code = 0;
  for (let i = min; i <= max; i++) {
    code <<= 1;
    next[i] = code;
    code += counts[i] ?? 0;
  }
  if (code !== 1 << max && !(code === 1 && max === 1)) return undefined;
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    const value = next[length] ?? 0;
    next[length] = value + 1;
    // Codes are sent with their first bit lowest.
    for (let i = reversed(value, length); i < table.length; i += 1 << length) {
      table[i] = (symbol << 4) | length;
    }
  }
  return { table, min: Math.max(min, atLeast) };
}

function reversed(value: number, bits: number): number {
  let result = 0;
  for (let i = 0; i < bits; i++) result |= ((value >> i) & 1) << (bits - 1 - i);
  return result;
}

const fixedLengths = Array.from({ length: 288 }, (_, i) =>
  i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8,
);
const FIXED = huffmanCode(fixedLengths);

/** Inflates the stream that begins at `start`. */
export function inflate(input: Uint8Array, start: number, maxBytes: number): Inflated {
  return new Inflater(input, start, maxBytes).run();
}

class Inflater {
  readonly #input: Uint8Array;
  readonly #start: number;
  readonly #maxBytes: number;
  #at: number;
  #bits = 0;
  #count = 0;
  #out = Buffer.alloc(4096);
  #size = 0;

  constructor(input: Uint8Array, start: number, maxBytes: number) {
    this.#input = input;
    this.#start = start;
    this.#at = start;
    this.#maxBytes = maxBytes;
  }

  run(): Inflated {
    for (let isFinal = false; !isFinal;) {
      isFinal = this.#take(1) === 1;
      const type = this.#take(2);
      if (type === 0) this.#stored();
      else if (type === 1 && FIXED) this.#block(FIXED, undefined);
      else if (type === 2) this.#block(...this.#codes());
      else throw this.#corrupt();
    }
    return { bytes: this.#out.subarray(0, this.#size), end: this.#at };
  }

  #corrupt(): CorruptInput {
    return new CorruptInput(this.#at - this.#start);
  }

  #more(bits: number): void {
    while (this.#count < bits) {
      const byte = this.#input[this.#at];
      if (byte === undefined) throw new InputEnded();
      this.#at++;
      this.#bits |= byte << this.#count;
      this.#count += 8;
    }
  }

  #take(bits: number): number {
    this.#more(bits);
    const value = this.#bits & ((1 << bits) - 1);
    this.#bits >>>= bits;
    this.#count -= bits;
    return value;
  }

  #symbol({ table, min }: HuffmanCode): number {
    for (let need = min; ;) {
      this.#more(need);
      const entry = table[this.#bits & ((1 << MAX_BITS) - 1)] ?? 0;
      need = entry & 15;
      if (need === 0) throw this.#corrupt();
      if (need > this.#count) continue;
      this.#bits >>>= need;
      this.#count -= need;
      return entry >> 4;
    }
  }

  #stored(): void {
    this.#bits = 0;
    this.#count = 0;
    const header = this.#input.subarray(this.#at, this.#at + 4);
    if (header.length < 4) throw new InputEnded();
    this.#at += 4;
    const [low = 0, high = 0, notLow = 0, notHigh = 0] = header;
    const length = low | (high << 8);
    if ((notLow | (notHigh << 8)) !== (~length & 0xffff)) throw this.#corrupt();
    const data = this.#input.subarray(this.#at, this.#at + length);
    if (data.length < length) throw new InputEnded();
    this.#room(length);
    this.#out.set(data, this.#size);
    this.#size += length;
    this.#at += length;
  }

  /** The two codes of a dynamic block. */
  #codes(): [HuffmanCode, HuffmanCode] {
    this.#more(14);
    const literals = this.#take(5) + 257;
    if (literals > MAX_LITERALS) throw this.#corrupt();
    const distances = this.#take(5) + 1;
    if (distances > MAX_DISTANCES) throw this.#corrupt();
    const lengthCode = huffmanCode(this.#lengthLengths(this.#take(4) + 4));
    if (!lengthCode) throw this.#corrupt();
    const lengths = this.#lengths(lengthCode, literals + distances);
    // Every block ends with its marker, so its length may be read at once.
    const first = huffmanCode(lengths.slice(0, literals), lengths[END_OF_BLOCK]);
    const second = huffmanCode(lengths.slice(literals));
    if (!first || !second) throw this.#corrupt();
    return [first, second];
  }

  #lengthLengths(count: number): number[] {
    const lengths = new Array<number>(LENGTH_ORDER.length).fill(0);
    for (const place of LENGTH_ORDER.slice(0, count)) lengths[place] = this.#take(3);
    return lengths;
  }

  #lengths(code: HuffmanCode, count: number): number[] {
    const lengths: number[] = [];
    while (lengths.length < count) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        lengths.push(symbol);
        continue;
      }
      if (symbol === 16 && lengths.length === 0) throw this.#corrupt();
      const value = symbol === 16 ? (lengths.at(-1) ?? 0) : 0;
      const [base, bits] = symbol === 16 ? [3, 2] : symbol === 17 ? [3, 3] : [11, 7];
      const repeat = base + this.#take(bits);
      if (lengths.length + repeat > count) throw this.#corrupt();
      for (let i = 0; i < repeat; i++) lengths.push(value);
    }
    return lengths;
  }

  /** Without a distance code it is the fixed one of five bits. */
  #block(literals: HuffmanCode, distances: HuffmanCode | undefined): void {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === END_OF_BLOCK) return;
      if (symbol < END_OF_BLOCK) {
        this.#room(1);
        this.#out[this.#size++] = symbol;
        continue;
      }
      const length = this.#length(symbol);
      const code = distances ? this.#symbol(distances) : reversed(this.#take(5), 5);
      this.#copy(this.#distance(code), length);
    }
  }

  #length(symbol: number): number {
    if (symbol >= MAX_LITERALS) throw this.#corrupt();
    if (symbol === 285) return 258;
    const code = symbol - 257;
    const bits = code < 8 ? 0 : (code >> 2) - 1;
    const base = code < 8 ? code + 3 : 3 + ((4 | (code & 3)) << bits);
    return base + this.#take(bits);
  }

  #distance(code: number): number {
    if (code >= MAX_DISTANCES) throw this.#corrupt();
    if (code < 4) return code + 1;
    const bits = (code - 2) >> 1;
    return 1 + ((2 | (code & 1)) << bits) + this.#take(bits);
  }

  #copy(distance: number, length: number): void {
    if (distance > Math.min(this.#size, WINDOW)) throw this.#corrupt();
    this.#room(length);
    // One byte after another: the source may reach into what is being written.
    for (let i = 0; i < length; i++, this.#size++) {
      this.#out[this.#size] = this.#out[this.#size - distance] ?? 0;
    }
  }

  #room(length: number): void {
    const size = this.#size + length;
    if (size > this.#maxBytes) throw new OutputTooLarge();
    if (size <= this.#out.length) return;
    const larger = Buffer.alloc(Math.max(size, 2 * this.#out.length));
    this.#out.copy(larger, 0, 0, this.#size);
    this.#out = larger;
  }
}
