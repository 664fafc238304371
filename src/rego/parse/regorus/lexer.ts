/**
 * Scanning as regorus does it: JSON numbers with their sign, JSON strings, `set(` before
 * `)` as one token, a NUL anywhere ends the text, and errors that stop at once.
 *
 * Source: regorus at the commit the agent pins, src/lexer.rs; error texts from its recorded runs.
 */
import { isDecimal, keywordKind, Lexer, Tok, type TokenKind } from '../../lexer.ts';
import { regorusColumnOverflow, regorusPosition, utf8Length } from '../../position.ts';
import type { Source } from '../../source.ts';
import { failure, RegorusSyntaxError } from './failure.ts';

const isHex = (code: number): boolean =>
  isDecimal(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
const isAlphanumeric = (code: number): boolean =>
  isDecimal(code) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90);

export class RegorusLexer extends Lexer {
  /** A raw string's line breaks count as breaks before the token after it. */
  #rawBreaks = false;
  /** Offset at which a line gets too long; `Infinity` for all usual texts. */
  #overflow = Infinity;
  readonly #maxColumns: number;

  constructor(source: Source, maxColumns: number) {
    // A NUL is the engine's end marker, wherever it stands.
    const nul = source.text.indexOf('\0');
    super(source, nul === -1 ? source.text : source.text.slice(0, nul));
    this.#maxColumns = maxColumns;
    this.#overflow = regorusColumnOverflow(source, maxColumns) ?? Infinity;
  }

  override next(): void {
    const broken = this.tok === Tok.RawString && this.#rawBreaks;
    super.next();
    if (broken) this.newline = true;
    if (this.end > this.#overflow) this.#tooWide();
  }

  /** The engine's error at an offset. */
  fail(offset: number, text: string, shift = 0): RegorusSyntaxError {
    return failure(this.source, offset, text, { shift });
  }

  protected override checkReturn(at: number): void {
    if (this.text.charCodeAt(at + 1) !== 10) {
      throw this.fail(at, '\\r must be followed by \\n');
    }
  }

  protected override identifierKind(start: number, end: number): TokenKind {
    if (end - start === 3 && this.text.startsWith('set(', start) && this.#closes(end + 1)) {
      this.end = end + 1;
      return Tok.SetParen;
    }
    return keywordKind(this.text, start, end);
  }

  /** The next token is `)`. */
  #closes(at: number): boolean {
    const { text } = this;
    for (let i = at; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      if (code === 41) return true;
      if (code === 35) {
        const end = text.indexOf('\n', i);
        if (end === -1) return false;
        i = end;
      } else if (code !== 32 && code !== 9 && code !== 10 && code !== 13) return false;
    }
    return false;
  }

  protected override scanMinus(): void {
    if (isDecimal(this.text.charCodeAt(this.start + 1))) this.scanNumber();
    else this.take(Tok.Sub, this.start + 1);
  }

  protected override scanDot(): void {
    if (isDecimal(this.text.charCodeAt(this.start + 1))) this.scanNumber();
    else this.take(Tok.Dot, this.start + 1);
  }

  protected override scanNumber(): void {
    const { text, start } = this;
    const first = text.charCodeAt(start);
    let end = start + 1;
    if (first !== 48) end = this.#digits(end);
    if (text.charCodeAt(end) === 46 && isDecimal(text.charCodeAt(end + 1))) {
      end = this.#digits(end + 1);
    }
    let code = text.charCodeAt(end);
    // Short plain numbers need no second look.
    let exact = first !== 46;
    if (code === 101 || code === 69) {
      exact = false;
      end += 1;
      code = text.charCodeAt(end);
      if (code === 43 || code === 45) end += 1;
      end = this.#digits(end);
    }
    code = text.charCodeAt(end);
    if (code === 95 || code === 46 || isAlphanumeric(code)) throw this.fail(end, 'invalid number');
    if (!exact || end - start > 15 || first === 45) this.#checkNumber(start, end);
    this.take(Tok.Number, end);
  }

  #digits(at: number): number {
    let end = at;
    while (isDecimal(this.text.charCodeAt(end))) end += 1;
    return end;
  }

  /** The literal is read once more by a JSON reader, whose words come through. */
  #checkNumber(start: number, end: number): void {
    const literal = this.text.slice(start, end);
    let words: string | undefined;
    if (literal.startsWith('.')) words = 'expected value';
    else if (/^-?0\d/.test(literal)) words = 'invalid number';
    else if (/[eE][+-]?$/.test(literal)) {
      words = `EOF while parsing a value at line 1 column ${literal.length}`;
    } else if (/[.eE]/.test(literal) && !Number.isFinite(Number(literal))) words = 'out of range';
    if (words === undefined) return;
    throw this.fail(start, `invalid number. serde_json cannot parse number: ${words}`);
  }

  protected override scanString(): void {
    const { text, start } = this;
    let at = start + 1;
    let unicode = false;
    while (true) {
      const code = at < text.length ? text.charCodeAt(at) : 0;
      if (code === 34) break;
      if (code === 0) throw this.fail(start, 'unmatched "');
      if (code === 92) {
        const escape = text.charCodeAt(at + 1);
        if (escape === 117) {
          this.#checkHex(start, at + 2);
          unicode = true;
          at += 6;
        } else if (isEscape(escape)) at += 2;
        else throw this.#inString(start, at, 'invalid escape sequence');
      } else if (code < 0x20) throw this.#inString(start, at, 'invalid character in string');
      else at += 1;
    }
    if (unicode) this.#checkSurrogates(start, at + 1);
    this.take(Tok.String, at + 1);
  }

  #checkHex(start: number, at: number): void {
    for (let i = at; i < at + 4; i += 1) {
      if (!isHex(this.text.charCodeAt(i))) {
        throw this.#inString(start, i, 'invalid hex escape sequence');
      }
    }
  }

  /** Inside a string the engine's column is that of the first character plus the bytes passed. */
  #inString(start: number, at: number, words: string): RegorusSyntaxError {
    const { row, col } = regorusPosition(this.source, start);
    const bytes = utf8Length(this.text, start + 1, at);
    return failure(this.source, at, words, { position: { row, col: col + 1 + bytes } });
  }

  /** Half a surrogate pair is an error of the JSON reader; its column counts bytes of the literal. */
  #checkSurrogates(start: number, end: number): void {
    const literal = this.text.slice(start, end);
    for (const found of literal.matchAll(/\\(?:u([0-9a-fA-F]{4})(\\u([0-9a-fA-F]{4}))?|.)/gs)) {
      const [whole, first, second, low] = found;
      if (first === undefined) continue;
      const high = parseInt(first, 16);
      if (high < 0xd800 || high > 0xdfff) {
        // The pair of escapes was matched as one: look at the second on its own.
        if (low !== undefined && isSurrogate(low)) {
          this.#loneSurrogate(literal, found.index + whole.length, start, isHigh(low));
        }
        continue;
      }
      const paired = low !== undefined && high <= 0xdbff && isLow(low);
      if (paired) continue;
      const passed = found.index + 6 + (high <= 0xdbff && second !== undefined ? 6 : 0);
      this.#loneSurrogate(literal, passed, start, high <= 0xdbff && second === undefined);
    }
  }

  #loneSurrogate(literal: string, passed: number, start: number, unfinished: boolean): never {
    const bytes = utf8Length(literal, 0, passed) + (unfinished ? 1 : 0);
    const words = unfinished
      ? 'unexpected end of hex escape'
      : 'lone leading surrogate in hex escape';
    throw failure(
      this.source,
      start,
      `serde_json cannot parse string: ${words} at line 1 column ${bytes}`,
    );
  }

  protected override scanRawString(): void {
    const { text, start } = this;
    const close = text.indexOf('`', start + 1);
    if (close === -1) throw this.fail(start + 1, 'unmatched `');
    const line = text.indexOf('\n', start);
    this.#rawBreaks = line !== -1 && line < close;
    this.take(Tok.RawString, close + 1);
  }

  protected override scanOther(): void {
    throw this.fail(this.start, 'invalid character');
  }

  #tooWide(): never {
    const words = `line exceeds maximum column width of ${this.#maxColumns}`;
    throw failure(this.source, this.#overflow, words);
  }
}

const isEscape = (code: number): boolean =>
  code === 34 || // "
  code === 92 || // \
  code === 47 || // /
  code === 98 || // b
  code === 102 || // f
  code === 110 || // n
  code === 114 || // r
  code === 116; // t
const isSurrogate = (hex: string): boolean => /^d[89a-f]/i.test(hex);
const isHigh = (hex: string): boolean => /^d[89ab]/i.test(hex);
const isLow = (hex: string): boolean => /^d[c-f]/i.test(hex);
