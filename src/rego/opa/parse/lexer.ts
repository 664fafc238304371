/**
 * Scanning as OPA does it. A fault does not stop the scan: it is handed to `report` and the token
 * becomes `Illegal`, so that the parser can say what it expected there.
 *
 * Source: behaviour of OPA 1.19 (v1/ast/internal/scanner), error texts included.
 */
import { isDecimal, keywordKind, Lexer, Tok, type TokenKind } from '../../lexer.ts';
import type { Source } from '../../source.ts';

const QUOTE = 34;
const DOLLAR = 36;
const BACKSLASH = 92;
const BACKQUOTE = 96;
const BRACE = 123;
const BYTE_ORDER_MARK = 0xfeff;

const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;

export class OpaLexer extends Lexer {
  /** Future keywords in force. */
  readonly active = new Set<TokenKind>();
  /** Import paths are read as if there were no future keywords. */
  plainNames = false;
  /** The last template part: its text between the delimiters, as written. */
  partStart = 0;
  partEnd = 0;
  readonly #report: (offset: number, message: string) => void;
  /** The next character that OPA refuses anywhere: NUL, or a byte order mark past the start. */
  #odd: number;

  constructor(source: Source, report: (offset: number, message: string) => void) {
    super(source);
    this.#report = report;
    if (this.text.charCodeAt(0) === BYTE_ORDER_MARK) this.end = 1;
    this.#odd = this.#nextOdd(1);
    if (this.text.charCodeAt(0) === 0) this.#odd = 0;
  }

  override next(): void {
    super.next();
    if (this.#odd !== -1) this.#checkOdd();
  }

  #nextOdd(from: number): number {
    const nul = this.text.indexOf('\0', from);
    const mark = this.text.indexOf('\ufeff', from);
    if (nul === -1) return mark;
    return mark === -1 ? nul : Math.min(nul, mark);
  }

  /** OPA reads one character ahead, so the token that ends at the character is at fault as well. */
  #checkOdd(): void {
    while (this.#odd !== -1 && this.#odd <= this.end) {
      if (this.#odd >= this.prevEnd && this.#odd < this.text.length) {
        const nul = this.text.charCodeAt(this.#odd) === 0;
        this.#fault(nul ? 'illegal null character' : 'illegal byte-order mark');
      }
      this.#odd = this.#nextOdd(this.#odd + 1);
    }
  }

  #fault(message: string): void {
    this.#report(this.start, message);
    this.tok = Tok.Illegal;
  }

  protected override identifierKind(start: number, end: number): TokenKind {
    const kind = keywordKind(this.text, start, end);
    switch (kind) {
      case Tok.In:
      case Tok.Every:
      case Tok.Contains:
      case Tok.If:
        return !this.plainNames && this.active.has(kind) ? kind : Tok.Ident;
      case Tok.Not:
        return this.plainNames ? Tok.Ident : kind;
      default:
        return kind;
    }
  }

  protected override continuesIdentifier(code: number): boolean {
    return code >= 0x80 && /\p{Nd}/u.test(String.fromCharCode(code));
  }

  protected override checkReturn(): void {
    // White space like any other.
  }

  protected override scanNumber(): void {
    const { text, start } = this;
    const faults: string[] = [];
    let end = this.#digits(start);
    if (text.charCodeAt(end) === 46) {
      const after = this.#digits(end + 1);
      if (after === end + 1) faults.push('expected fraction');
      end = after;
    }
    if ((text.charCodeAt(end) | 32) === 101) {
      end += 1;
      const sign = text.charCodeAt(end);
      if (sign === 43 || sign === 45) end += 1;
      const after = this.#digits(end);
      if (after === end) faults.push('expected exponent');
      end = after;
    }
    if (isLetter(text.charCodeAt(end))) {
      faults.push('illegal number format');
      while (isLetter(text.charCodeAt(end)) || isDecimal(text.charCodeAt(end))) end += 1;
    }
    this.take(Tok.Number, end);
    for (const fault of faults) this.#fault(fault);
  }

  #digits(from: number): number {
    let end = from;
    while (isDecimal(this.text.charCodeAt(end))) end += 1;
    return end;
  }

  protected override scanString(): void {
    this.take(Tok.String, this.start + 1);
    this.#quoted(false, Tok.String, Tok.String);
  }

  protected override scanRawString(): void {
    const close = this.text.indexOf('`', this.start + 1);
    if (close !== -1) {
      this.take(Tok.RawString, close + 1);
      return;
    }
    this.take(Tok.RawString, this.text.length);
    this.#fault('non-terminated string');
  }

  /** Reads on to the closing quote or, in a template, to `{`. */
  #quoted(template: boolean, part: TokenKind, whole: TokenKind): void {
    const { text } = this;
    const faults: string[] = [];
    let at = this.end;
    this.tok = whole;
    while (true) {
      const code = at < text.length ? text.charCodeAt(at) : 10;
      if (code === 10) {
        faults.push('non-terminated string');
        break;
      }
      at += 1;
      if (code === QUOTE) break;
      if (template && code === BRACE) {
        this.tok = part;
        break;
      }
      if (code !== BACKSLASH) continue;
      const escape = text.charAt(at);
      if (escape === 'u') at = Math.min(at + 4, text.length);
      else if (template && escape === '{') at += 1;
      else if (escape !== '' && '\\"/bfnrt'.includes(escape)) at += 1;
      else faults.push('illegal escape sequence');
    }
    this.end = at;
    for (const fault of faults) this.#fault(fault);
  }

  protected override scanOther(code: number): void {
    const next = this.text.charCodeAt(this.start + 1);
    if (code === DOLLAR && (next === QUOTE || next === BACKQUOTE)) {
      this.end = this.start + 2;
      this.#templatePart(next === BACKQUOTE);
      return;
    }
    this.take(Tok.Illegal, this.start + (code >= 0xd800 && code <= 0xdbff ? 2 : 1));
    if (code === 33) this.#fault('illegal ! character');
    else if (code === DOLLAR) this.#fault('illegal $ character');
  }

  /** Goes on with a template string after the `}` of an expression. */
  continueTemplate(raw: boolean): void {
    this.prevEnd = this.end;
    this.start = this.end;
    this.newline = false;
    this.#templatePart(raw);
    if (this.#odd !== -1) this.#checkOdd();
  }

  #templatePart(raw: boolean): void {
    this.partStart = this.end;
    if (raw) this.#rawPart();
    else this.#quoted(true, Tok.TemplatePart, Tok.TemplateEnd);
    this.partEnd = this.end - 1;
  }

  #rawPart(): void {
    const { text } = this;
    let at = this.end;
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === BACKQUOTE || code === BRACE) {
        this.take(code === BRACE ? Tok.RawTemplatePart : Tok.RawTemplateEnd, at + 1);
        return;
      }
      if (code === BACKSLASH && text.charCodeAt(at + 1) === BRACE) at += 1;
    }
    this.take(Tok.RawTemplateEnd, at);
    this.#fault('non-terminated string');
  }
}
