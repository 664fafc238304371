/**
 * Standard base64 as Go's streaming decoder reads it, errors included, because the shim and the
 * adaptor wrap one in the other (base64.NewDecoder inside gzip.NewReader) and users see its texts.
 * Source: Go encoding/base64, compress/gzip.
 *
 * The quirk worth keeping: the byte number in `illegal base64 data at input byte N` counts within
 * the current block of 1024 characters, line breaks left out.
 */

/** Go's decoder reads its input in blocks of this size. */
const BLOCK = 1024;
const PAD = 0x3d;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const INVALID = 0xff;
const DECODE = new Uint8Array(256).fill(INVALID);
for (let i = 0; i < ALPHABET.length; i++) DECODE[ALPHABET.charCodeAt(i)] = i;

interface Base64Stream {
  /** What was decoded before the end or the error. */
  readonly bytes: Uint8Array;
  /** Go's error text when the input does not end well. */
  readonly error: string | undefined;
  /** Where in the text the error is, for people: counts every character from 0. */
  readonly errorAt: number | undefined;
}

interface Block {
  /** Bytes written. */
  readonly written: number;
  /** Offset in the block of the first illegal byte. */
  readonly illegal: number | undefined;
}

/** Decodes as far as Go would; never throws. */
export function decodeBase64Stream(text: string): Base64Stream {
  const { chars, positions } = withoutNewlines(text);
  const out = new Uint8Array(Math.floor(chars.length / 4) * 3);
  let written = 0;
  let start = 0;
  // `end` follows the reads of 1024 raw characters; what is left of a quantum waits for the next.
  for (let raw = BLOCK; start + 4 <= chars.length; raw += BLOCK) {
    const end = upTo(positions, raw, start);
    const whole = start + Math.floor((end - start) / 4) * 4;
    if (whole === start) continue;
    const block = decodeBlock(chars.subarray(start, whole), out.subarray(written));
    written += block.written;
    if (block.illegal !== undefined) {
      return {
        bytes: out.subarray(0, written),
        error: `illegal base64 data at input byte ${block.illegal}`,
        errorAt: positions[start + block.illegal] ?? text.length,
      };
    }
    start = whole;
  }
  const cut = start < chars.length;
  return {
    bytes: out.subarray(0, written),
    error: cut ? 'unexpected EOF' : undefined,
    errorAt: cut ? text.length : undefined,
  };
}

function withoutNewlines(text: string): { chars: Uint8Array; positions: Uint32Array } {
  const chars = new Uint8Array(text.length);
  const positions = new Uint32Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x0a || code === 0x0d) continue;
    // Anything beyond Latin-1 is as illegal as any other wrong byte.
    chars[length] = code > 0xff ? 0 : code;
    positions[length++] = i;
  }
  return { chars: chars.subarray(0, length), positions: positions.subarray(0, length) };
}

/** How many of the kept characters come from the first `raw` characters of the text. */
function upTo(positions: Uint32Array, raw: number, from: number): number {
  let end = from;
  while (end < positions.length && (positions[end] ?? 0) < raw) end++;
  return end;
}

function decodeBlock(src: Uint8Array, dst: Uint8Array): Block {
  let written = 0;
  for (let at = 0; at < src.length; at += 4) {
    const value = [0, 0, 0, 0];
    let length = 4;
    let illegal: number | undefined;
    for (let j = 0; j < 4; j++) {
      const char = src[at + j] ?? 0;
      const bits = DECODE[char] ?? INVALID;
      if (bits !== INVALID) {
        value[j] = bits;
        continue;
      }
      if (char !== PAD || j < 2) return { written, illegal: at + j };
      if (j === 2 && src[at + 3] !== PAD) return { written, illegal: at + 2 };
      // Padding ends the input; what follows is an error, but these bytes still count.
      if (at + 4 < src.length) illegal = at + 4;
      length = j;
      break;
    }
    const [a = 0, b = 0, c = 0, d = 0] = value;
    if (length > 1) dst[written++] = (a << 2) | (b >> 4);
    if (length > 2) dst[written++] = ((b & 15) << 4) | (c >> 2);
    if (length > 3) dst[written++] = ((c & 3) << 6) | d;
    if (illegal !== undefined) return { written, illegal };
  }
  return { written, illegal: undefined };
}

/** Standard alphabet, padded, on one line: what `base64 -w0` prints. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
