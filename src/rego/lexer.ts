/**
 * The part of scanning that both engines share: token kinds, white space, identifiers, operators and
 * the cursor with its saved states. Strings, numbers and what counts as an error belong to the
 * engines (`opa/parse/lexer.ts`, `parse/regorus/lexer.ts`).
 *
 * One pass over UTF-16 units with `charCodeAt`; a token is a kind and two offsets in the lexer itself,
 * no object is made for it.
 */
import type { Source } from './source.ts';

/** A token kind. Not a union of literals: comparing `p.tok` must not fix it, since `next` changes it. */
export type TokenKind = number & { readonly token?: never };

/** Infix operators are contiguous, loosest first, so that one comparison finds them. */
const kinds = {
  Illegal: 0,
  Eof: 1,
  Ident: 2,
  Number: 3,
  String: 4,
  RawString: 5,
  TemplatePart: 6,
  TemplateEnd: 7,
  RawTemplatePart: 8,
  RawTemplateEnd: 9,
  LBrack: 10,
  RBrack: 11,
  LBrace: 12,
  RBrace: 13,
  LParen: 14,
  RParen: 15,
  Comma: 16,
  Colon: 17,
  Semicolon: 18,
  Dot: 19,
  Assign: 20,
  Unify: 21,
  In: 22,
  Equal: 23,
  Neq: 24,
  Lt: 25,
  Lte: 26,
  Gt: 27,
  Gte: 28,
  Or: 29,
  And: 30,
  Add: 31,
  Sub: 32,
  Mul: 33,
  Quo: 34,
  Rem: 35,
  Package: 36,
  Import: 37,
  As: 38,
  Default: 39,
  Else: 40,
  Not: 41,
  Some: 42,
  With: 43,
  Null: 44,
  True: 45,
  False: 46,
  Every: 47,
  Contains: 48,
  If: 49,
  /** `set(` before `)`, a token of its own in regorus. */
  SetParen: 50,
} as const;

export const Tok: Readonly<Record<keyof typeof kinds, TokenKind>> = kinds;

/** The keyword an identifier spells, or `Ident`. */
export function keywordKind(text: string, start: number, end: number): TokenKind {
  switch (end - start) {
    case 2:
      if (text.startsWith('as', start)) return Tok.As;
      if (text.startsWith('if', start)) return Tok.If;
      if (text.startsWith('in', start)) return Tok.In;
      break;
    case 3:
      if (text.startsWith('not', start)) return Tok.Not;
      break;
    case 4:
      if (text.startsWith('some', start)) return Tok.Some;
      if (text.startsWith('true', start)) return Tok.True;
      if (text.startsWith('with', start)) return Tok.With;
      if (text.startsWith('else', start)) return Tok.Else;
      if (text.startsWith('null', start)) return Tok.Null;
      break;
    case 5:
      if (text.startsWith('false', start)) return Tok.False;
      if (text.startsWith('every', start)) return Tok.Every;
      break;
    case 6:
      if (text.startsWith('import', start)) return Tok.Import;
      break;
    case 7:
      if (text.startsWith('default', start)) return Tok.Default;
      if (text.startsWith('package', start)) return Tok.Package;
      break;
    case 8:
      if (text.startsWith('contains', start)) return Tok.Contains;
      break;
    default:
  }
  return Tok.Ident;
}

/** What `Lexer.reset` goes back to. */
export interface Mark {
  readonly tok: TokenKind;
  readonly start: number;
  readonly end: number;
  readonly prevEnd: number;
  readonly newline: boolean;
  readonly comments: number;
}

const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
export const isDecimal = (code: number): boolean => code >= 48 && code <= 57;

/** A scanner over one source, positioned on a token. */
export abstract class Lexer {
  readonly source: Source;
  readonly text: string;
  tok: TokenKind = Tok.Illegal;
  /** Offsets of the current token. */
  start = 0;
  end = 0;
  /** Where the token before ended; different from `start` when white space or a comment lies between. */
  prevEnd = 0;
  /** A line break lies between the token before and this one. */
  newline = false;
  /**
   * Offsets of the comments met so far, two per comment. Going back lowers the count and keeps the
   * entries: whoever comes this way again finds the same comments at the same places.
   */
  readonly #comments: number[] = [];
  #commentCount = 0;

  constructor(source: Source, text: string = source.text) {
    this.source = source;
    this.text = text;
  }

  /** White space or a comment lies before the current token. */
  get spaced(): boolean {
    return this.start !== this.prevEnd;
  }

  /** The comments before the current token. */
  get comments(): readonly number[] {
    return this.#comments.slice(0, this.#commentCount);
  }

  mark(): Mark {
    const { tok, start, end, prevEnd, newline } = this;
    return { tok, start, end, prevEnd, newline, comments: this.#commentCount };
  }

  reset(mark: Mark): void {
    this.tok = mark.tok;
    this.start = mark.start;
    this.end = mark.end;
    this.prevEnd = mark.prevEnd;
    this.newline = mark.newline;
    this.#commentCount = mark.comments;
  }

  /** The current token's text. */
  lit(): string {
    return this.text.slice(this.start, this.end);
  }

  /** Moves to the next token. */
  next(): void {
    this.prevEnd = this.end;
    this.#skipBlanks();
    const { text, start } = this;
    const code = start < text.length ? text.charCodeAt(start) : 0;
    if (isLetter(code)) {
      this.#identifier(start);
      return;
    }
    switch (code) {
      case 34:
        this.scanString();
        return;
      case 96:
        this.scanRawString();
        return;
      case 91: {
        this.#one(Tok.LBrack);
        return;
      }
      case 93: {
        this.#one(Tok.RBrack);
        return;
      }
      case 123: {
        this.#one(Tok.LBrace);
        return;
      }
      case 125: {
        this.#one(Tok.RBrace);
        return;
      }
      case 40: {
        this.#one(Tok.LParen);
        return;
      }
      case 41: {
        this.#one(Tok.RParen);
        return;
      }
      case 44: {
        this.#one(Tok.Comma);
        return;
      }
      case 58: {
        this.#orEqual(Tok.Colon, Tok.Assign);
        return;
      }
      case 61: {
        this.#orEqual(Tok.Unify, Tok.Equal);
        return;
      }
      case 60: {
        this.#orEqual(Tok.Lt, Tok.Lte);
        return;
      }
      case 62: {
        this.#orEqual(Tok.Gt, Tok.Gte);
        return;
      }
      case 33:
        if (text.charCodeAt(start + 1) === 61) {
          this.#two(Tok.Neq);
          return;
        }
        this.scanOther(code);
        return;
      case 43: {
        this.#one(Tok.Add);
        return;
      }
      case 45:
        this.scanMinus();
        return;
      case 46:
        this.scanDot();
        return;
      case 42: {
        this.#one(Tok.Mul);
        return;
      }
      case 47: {
        this.#one(Tok.Quo);
        return;
      }
      case 37: {
        this.#one(Tok.Rem);
        return;
      }
      case 38: {
        this.#one(Tok.And);
        return;
      }
      case 124: {
        this.#one(Tok.Or);
        return;
      }
      case 59: {
        this.#one(Tok.Semicolon);
        return;
      }
      default:
        if (isDecimal(code)) {
          this.scanNumber();
          return;
        }
        if (code === 0 && start >= text.length) {
          this.tok = Tok.Eof;
          this.end = start;
          return;
        }
        this.scanOther(code);
    }
  }

  protected abstract scanString(): void;
  protected abstract scanRawString(): void;
  protected abstract scanNumber(): void;
  /** A character that begins no token of the shared grammar. */
  protected abstract scanOther(code: number): void;
  /** Called on a CR; returns false to treat it as white space. */
  protected abstract checkReturn(at: number): void;

  protected scanMinus(): void {
    this.#one(Tok.Sub);
  }

  protected scanDot(): void {
    this.#one(Tok.Dot);
  }

  /** Gives an identifier its kind; engines decide which keywords are in force. */
  protected identifierKind(start: number, end: number): TokenKind {
    return keywordKind(this.text, start, end);
  }

  protected take(kind: TokenKind, end: number): void {
    this.tok = kind;
    this.end = end;
  }

  #one(kind: TokenKind): void {
    this.tok = kind;
    this.end = this.start + 1;
  }

  #two(kind: TokenKind): void {
    this.tok = kind;
    this.end = this.start + 2;
  }

  #orEqual(alone: TokenKind, withEqual: TokenKind): void {
    if (this.text.charCodeAt(this.start + 1) === 61) this.#two(withEqual);
    else this.#one(alone);
  }

  #identifier(start: number): void {
    const { text } = this;
    let end = start + 1;
    while (end < text.length) {
      const code = text.charCodeAt(end);
      if (!isLetter(code) && !isDecimal(code) && !this.continuesIdentifier(code)) break;
      end += 1;
    }
    this.end = end;
    this.tok = this.identifierKind(start, end);
  }

  /** OPA takes non-ASCII digits after the first character. */
  protected continuesIdentifier(_code: number): boolean {
    return false;
  }

  #skipBlanks(): void {
    const { text } = this;
    let at = this.end;
    let newline = false;
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 10) newline = true;
      else if (code === 13) this.checkReturn(at);
      else if (code === 35) {
        const found = text.indexOf('\n', at);
        const end = found === -1 ? text.length : found;
        this.#comments[this.#commentCount] = at;
        this.#comments[this.#commentCount + 1] = end;
        this.#commentCount += 2;
        at = end - 1;
      } else if (code !== 32 && code !== 9) break;
    }
    this.newline = newline;
    this.start = at;
  }
}
