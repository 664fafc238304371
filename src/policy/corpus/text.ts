/**
 * Bytes into text, a line at a time and within bounds. What is no text is refused at its place, with
 * what it seems to be.
 */
import { isUtf8 } from 'node:buffer';
import type { KatasimError } from '#base';
import { corpusErrors } from './errors.ts';

/** 64 MiB: an agent's log of a busy day; a corpus kept in memory stays well inside a small machine. */
export const DEFAULT_MAX_BYTES = 64 << 20;

const LF = 10;
const CR = 13;

export interface TextLine {
  /** Without its line break. */
  readonly bytes: Uint8Array;
  /** From 1. */
  readonly number: number;
  /** False for a last line without a line break: the log may have been cut there. */
  readonly ended: boolean;
}

interface Magic {
  readonly bytes: readonly number[];
  readonly what: string;
  readonly hint: string;
}

const UTF8 = 'Save it as UTF-8 without a byte order mark.';
const MAGIC: readonly Magic[] = [
  {
    bytes: [0xff, 0xfe],
    what: 'this is UTF-16',
    hint: 'iconv -f UTF-16 -t UTF-8 makes UTF-8 of it.',
  },
  {
    bytes: [0xfe, 0xff],
    what: 'this is UTF-16',
    hint: 'iconv -f UTF-16 -t UTF-8 makes UTF-8 of it.',
  },
  { bytes: [0xef, 0xbb, 0xbf], what: 'a byte order mark stands here', hint: UTF8 },
  { bytes: [0x1f, 0x8b], what: 'this is gzip, not text', hint: 'Unpack it first: gunzip.' },
];

/** Throws when the first bytes are those of something else than UTF-8 text. */
export function assertTextStart(bytes: Uint8Array, file: string): void {
  const found = MAGIC.find((magic) => magic.bytes.every((byte, i) => bytes[i] === byte));
  if (found !== undefined) {
    throw corpusErrors.notText(found.what, found.hint, { file, line: 1, column: 1 });
  }
  // UTF-16 without a mark: every other byte of ASCII is zero.
  if (
    bytes.length > 3 &&
    (bytes[0] === 0) !== (bytes[1] === 0) &&
    (bytes[2] === 0) === (bytes[0] === 0)
  ) {
    const hint = 'iconv -f UTF-16LE -t UTF-8 (or UTF-16BE) makes UTF-8 of it.';
    throw corpusErrors.notText('this looks like UTF-16', hint, { file, line: 1, column: 1 });
  }
}

/** Throws at the first byte that text does not have. */
export function textOf(bytes: Uint8Array, file: string, firstLine = 1): string {
  const zero = bytes.indexOf(0);
  if (zero >= 0) throw notText(bytes, zero, 'a zero byte', { file, firstLine });
  if (!isUtf8(bytes))
    throw notText(bytes, firstBadByte(bytes), 'a byte that is no UTF-8', { file, firstLine });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function notText(
  bytes: Uint8Array,
  at: number,
  what: string,
  { file, firstLine }: { readonly file: string; readonly firstLine: number },
): KatasimError {
  const before = Buffer.from(bytes.subarray(0, at)).toString('latin1');
  const line = firstLine + before.split('\n').length - 1;
  const column = at - before.lastIndexOf('\n');
  return corpusErrors.notText(`${what} stands here: this is not text`, UTF8, {
    file,
    line,
    column,
  });
}

/** Lengths of UTF-8 sequences by their first byte; 0 starts none. */
function sequenceLength(byte: number): number {
  if (byte < 0x80) return 1;
  if (byte < 0xc2) return 0;
  if (byte < 0xe0) return 2;
  if (byte < 0xf0) return 3;
  return byte < 0xf5 ? 4 : 0;
}

function firstBadByte(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes[at] ?? 0);
    if (length === 0 || !isUtf8(bytes.subarray(at, at + length))) return at;
    at += length;
  }
  return at;
}

/** Chunks of any size in, whole lines out; nothing is kept but the line that is not ended yet. */
export class LineSplitter {
  readonly #file: string;
  readonly #maxBytes: number;
  #rest: Uint8Array[] = [];
  #number = 1;
  #size = 0;

  constructor(file: string, maxBytes: number) {
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  /** Throws when the bound is passed, naming the line. */
  *push(chunk: Uint8Array): Generator<TextLine> {
    if (this.#size === 0) assertTextStart(chunk, this.#file);
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.#count(end + 1 - start);
      yield this.#line(chunk.subarray(start, end), true);
      start = end + 1;
    }
    this.#count(chunk.length - start);
    if (start < chunk.length) this.#rest.push(chunk.subarray(start));
  }

  *end(): Generator<TextLine> {
    if (this.#rest.length > 0) yield this.#line(new Uint8Array(), false);
  }

  #count(bytes: number): void {
    this.#size += bytes;
    if (this.#size > this.#maxBytes) {
      throw corpusErrors.tooLarge(this.#maxBytes, { file: this.#file, line: this.#number });
    }
  }

  #line(tail: Uint8Array, ended: boolean): TextLine {
    const bytes = this.#rest.length === 0 ? tail : Buffer.concat([...this.#rest, tail]);
    this.#rest = [];
    const line = bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes;
    return { bytes: line, number: this.#number++, ended };
  }
}
