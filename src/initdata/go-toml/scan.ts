/**
 * Tokens of TOML as go-toml reads them, with its error texts: strings, bare keys, comments, blanks
 * and line ends. The text is held as one character per byte (latin1), so that offsets and the bytes
 * in messages are Go's; `utf8` turns a token into text.
 * Source: pelletier/go-toml v2.1.0 unstable/scanner.go, unstable/parser.go, internal/characters.
 */

/** What go-toml would answer. `offset` counts bytes of the document. */
export class GoTomlError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** An error of the parser proper; decode errors come without the prefix in some cases. */
export const syntaxError = (message: string, offset: number): GoTomlError =>
  new GoTomlError(`toml: ${message}`, offset);

export const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

/** Go's `%#U` of one byte: `U+0078 'x'`, without the character when it is not printable. */
function unicodeOf(byte: string): string {
  const code = byte.charCodeAt(0);
  const hex = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  const printable = (code >= 0x20 && code < 0x7f) || (code > 0xa0 && code !== 0xad);
  return printable ? `${hex} '${byte}'` : hex;
}

/** Bytes of the character at `at`, 0 when it is no UTF-8 or a control character. */
function validLength(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first < 0x80) return isForbiddenAscii(first) ? 0 : 1;
  const byte = (i: number): number => text.charCodeAt(at + i);
  const isTail = (i: number, low = 0x80, high = 0xbf): boolean => byte(i) >= low && byte(i) <= high;
  if (first >= 0xc2 && first <= 0xdf) return isTail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    // No overlong forms (E0 80..9F) and no surrogates (ED A0..BF).
    const second = isTail(1, first === 0xe0 ? 0xa0 : 0x80, first === 0xed ? 0x9f : 0xbf);
    return second && isTail(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const second = isTail(1, first === 0xf0 ? 0x90 : 0x80, first === 0xf4 ? 0x8f : 0xbf);
    return second && isTail(2) && isTail(3) ? 4 : 0;
  }
  return 0;
}

/** Control characters but tab, line feed and carriage return. */
const isForbiddenAscii = (code: number): boolean =>
  code <= 0x08 || code === 0x0b || code === 0x0c || (code >= 0x0e && code <= 0x1f) || code === 0x7f;

export const isBareKeyCharacter = (char: string): boolean => /^[A-Za-z0-9_-]$/.test(char);

export function skipBlanks(text: string, at: number): number {
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at;
}

/** Behind the line end at `at`; the caller knows that something is there. */
export function skipNewline(text: string, at: number): number {
  if (text[at] === '\n') return at + 1;
  if (text[at] !== '\r') {
    throw syntaxError(`expected newline but got ${unicodeOf(text[at] ?? '')}`, at);
  }
  if (at + 1 >= text.length) throw syntaxError('windows new line expected', at);
  if (text[at + 1] !== '\n') throw syntaxError('windows new line should be \\r\\n', at);
  return at + 2;
}

/** From the `#`; stops at the line feed. */
export function skipComment(text: string, at: number): number {
  for (let i = at + 1; i < text.length;) {
    if (text[i] === '\n') return i;
    if (text[i] === '\r') {
      if (text[i + 1] === '\n') return i + 1;
      throw syntaxError('invalid character in comment', i);
    }
    const length = validLength(text, i);
    if (length === 0) throw syntaxError('invalid character in comment', i);
    i += length;
  }
  return text.length;
}

export interface Token {
  readonly text: string;
  readonly end: number;
}

/** `'...'` on one line. */
export function scanLiteral(text: string, at: number): Token {
  for (let i = at + 1; i < text.length;) {
    if (text[i] === "'") return { text: text.slice(at + 1, i), end: i + 1 };
    if (text[i] === '\n' || text[i] === '\r') {
      throw syntaxError('literal strings cannot have new lines', i);
    }
    const length = validLength(text, i);
    if (length === 0) throw syntaxError('invalid character', i);
    i += length;
  }
  throw syntaxError('unterminated literal string', text.length);
}

/** `'''...'''`; up to two quotes may stand before the closing three. */
export function scanMultilineLiteral(text: string, at: number): Token {
  for (let i = at + 3; i < text.length;) {
    if (text.startsWith("'''", i)) return closed(text, { at, i, quote: "'", kind: 'literal' });
    if (text[i] === '\r') {
      if (text[i + 1] !== '\n') throw syntaxError('need a \\n after \\r', i);
      i += 2;
      continue;
    }
    const length = validLength(text, i);
    if (length === 0) throw syntaxError('invalid character', i);
    i += length;
  }
  throw syntaxError("multiline literal string not terminated by '''", text.length);
}

interface Closing {
  readonly at: number;
  readonly i: number;
  readonly quote: string;
  readonly kind: 'literal' | 'basic';
}

function closed(text: string, { at, i, quote, kind }: Closing): Token {
  let end = i + 3;
  while (text[end] === quote && end < i + 5) end++;
  if (end === i + 5 && text[end] === quote) {
    const quotes = quote.repeat(3);
    throw syntaxError(`${quotes} not allowed in multiline ${kind} string`, i + 2);
  }
  return { text: text.slice(firstOf(text, at + 3), end - 3), end };
}

/** A line end right behind the opening quotes does not count. */
function firstOf(text: string, at: number): number {
  if (text[at] === '\n') return at + 1;
  return text.startsWith('\r\n', at) ? at + 2 : at;
}

/** `"..."` on one line, escapes resolved. */
export function scanBasic(text: string, at: number): Token {
  let escaped = false;
  for (let i = at + 1; i < text.length; i++) {
    const char = text[i];
    if (char === '"') {
      const body = { start: at + 1, end: i, escaped, multiline: false };
      return { text: resolve(text, body), end: i + 1 };
    }
    if (char === '\n' || char === '\r') {
      throw syntaxError('basic strings cannot have new lines', i);
    }
    if (char === '\\') {
      if (i + 1 >= text.length) throw syntaxError('need a character after \\', i);
      escaped = true;
      i++;
    }
  }
  throw syntaxError('basic string not terminated by "', text.length);
}

/** `"""..."""`, escapes and line continuations resolved. */
export function scanMultilineBasic(text: string, at: number): Token {
  let escaped = false;
  for (let i = at + 3; i < text.length; i++) {
    if (text.startsWith('"""', i)) {
      const { end } = closed(text, { at, i, quote: '"', kind: 'basic' });
      const body = { start: firstOf(text, at + 3), end: end - 3, escaped, multiline: true };
      return { text: resolve(text, body), end };
    }
    if (text[i] === '\\') {
      if (i + 1 >= text.length) throw syntaxError('need a character after \\', i);
      escaped = true;
      i++;
    } else if (text[i] === '\r') {
      if (text[i + 1] !== '\n') throw syntaxError('need a \\n after \\r', i);
      i++;
    }
  }
  throw syntaxError('multiline basic string not terminated by """', text.length);
}

interface Body {
  readonly start: number;
  readonly end: number;
  readonly escaped: boolean;
  readonly multiline: boolean;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  e: '\x1b',
};

function resolve(text: string, { start, end, escaped, multiline }: Body): string {
  const out: string[] = [];
  for (let i = start; i < end;) {
    if (text[i] === '\\') {
      const next = multiline ? continuation(text, i, end) : undefined;
      if (next !== undefined) {
        i = next;
        continue;
      }
      const char = text[i + 1] ?? '';
      const digits = char === 'u' ? 4 : char === 'U' ? 8 : 0;
      // A multi-line string may run into its own quotes here, as upstream's does.
      const limit = multiline ? text.length : end;
      if (digits > 0) out.push(codePoint(text, { at: i + 2, digits, limit }));
      else {
        const value = ESCAPES[char];
        if (value === undefined) {
          throw syntaxError(`invalid escaped character ${unicodeOf(char)}`, i + 1);
        }
        out.push(value);
      }
      i += 2 + digits;
      continue;
    }
    const length = validLength(text, i);
    if (length === 0) {
      const what = escaped ? `invalid character ${unicodeOf(text[i] ?? '')}` : 'invalid UTF-8';
      throw syntaxError(what, i);
    }
    out.push(text.slice(i, i + length));
    i += length;
  }
  return out.join('');
}

/** A backslash that is last on its line joins it with what follows the blanks of the next ones. */
function continuation(text: string, at: number, end: number): number | undefined {
  let i = at + 1;
  while (i < end && (text[i] === ' ' || text[i] === '\t' || text.startsWith('\r\n', i))) i++;
  if (i >= end || text[i] !== '\n') return undefined;
  while (i < end && /[\n\r \t]/.test(text[i] ?? '')) i++;
  return i;
}

interface CodePoint {
  readonly at: number;
  readonly digits: number;
  readonly limit: number;
}

function codePoint(text: string, { at, digits, limit }: CodePoint): string {
  const hex = text.slice(at, Math.min(at + digits, limit));
  if (hex.length < digits) {
    throw syntaxError(`unicode point needs ${digits} character, not ${hex.length}`, at);
  }
  const bad = hex.search(/[^0-9a-fA-F]/);
  if (bad >= 0) throw syntaxError('non-hex character', at + bad);
  const code = Number.parseInt(hex, 16);
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
    throw syntaxError('escape sequence is invalid Unicode code point', at);
  }
  return Buffer.from(String.fromCodePoint(code), 'utf8').toString('latin1');
}
