/**
 * The state of one parse in OPA's grammar: the cursor, the errors so far, and going back.
 *
 * A production that fails records its error and returns `undefined`; its caller may add an error of
 * its own, or go back and try another reading, which takes the errors back as well. That is how OPA
 * arrives at its lists of errors, so it is kept. Terms read while another reading is still possible are
 * remembered by offset, failures included: no text is read more than a few times.
 *
 * Source: behaviour of OPA 1.19 (v1/ast/parser.go).
 */
import type { FutureKeyword, RegoVersion, Term, ValueBuilder } from '../../ast.ts';
import { type Mark, Tok, type TokenKind } from '../../lexer.ts';
import { opaExcerpt } from '../../position.ts';
import type { Diagnostic, Source, Span } from '../../source.ts';
import { OpaLexer } from './lexer.ts';

/** Names of tokens as OPA's messages spell them. */
const TOKEN_NAMES: Readonly<Record<TokenKind, string>> = {
  [Tok.Illegal]: 'illegal',
  [Tok.Eof]: 'eof',
  [Tok.Ident]: 'identifier',
  [Tok.Number]: 'number',
  [Tok.String]: 'string',
  [Tok.RawString]: 'string',
  [Tok.TemplatePart]: 'template-string-part',
  [Tok.TemplateEnd]: 'template-string-end',
  [Tok.RawTemplatePart]: 'raw-template-string-part',
  [Tok.RawTemplateEnd]: 'raw-template-string-end',
  [Tok.LBrack]: '[',
  [Tok.RBrack]: ']',
  [Tok.LBrace]: '{',
  [Tok.RBrace]: '}',
  [Tok.LParen]: '(',
  [Tok.RParen]: ')',
  [Tok.Comma]: ',',
  [Tok.Colon]: ':',
  [Tok.Semicolon]: ';',
  [Tok.Dot]: '.',
  [Tok.Assign]: 'assign',
  [Tok.Unify]: 'eq',
  [Tok.In]: 'in',
  [Tok.Equal]: 'equal',
  [Tok.Neq]: 'neq',
  [Tok.Lt]: 'lt',
  [Tok.Lte]: 'lte',
  [Tok.Gt]: 'gt',
  [Tok.Gte]: 'gte',
  [Tok.Or]: 'or',
  [Tok.And]: 'and',
  [Tok.Add]: 'plus',
  [Tok.Sub]: 'minus',
  [Tok.Mul]: 'mul',
  [Tok.Quo]: 'div',
  [Tok.Rem]: 'rem',
  [Tok.Package]: 'package',
  [Tok.Import]: 'import',
  [Tok.As]: 'as',
  [Tok.Default]: 'default',
  [Tok.Else]: 'else',
  [Tok.Not]: 'not',
  [Tok.Some]: 'some',
  [Tok.With]: 'with',
  [Tok.Null]: 'null',
  [Tok.True]: 'true',
  [Tok.False]: 'false',
  [Tok.Every]: 'every',
  [Tok.Contains]: 'contains',
  [Tok.If]: 'if',
  [Tok.SetParen]: 'identifier',
};

export const tokenName = (kind: TokenKind): string => TOKEN_NAMES[kind] ?? 'illegal';

const KEYWORD_TOKENS: Readonly<Record<FutureKeyword, TokenKind>> = {
  contains: Tok.Contains,
  every: Tok.Every,
  if: Tok.If,
  in: Tok.In,
  not: Tok.Not,
};

/** Where the cursor stood, with the errors and hints of that moment. */
export interface Checkpoint {
  readonly mark: Mark;
  readonly errors: number;
  readonly hints: readonly string[];
}

interface Remembered {
  readonly term: Term | undefined;
  readonly after: Mark;
  readonly errors: readonly Diagnostic[];
}

export interface OpaSettings {
  readonly version: RegoVersion;
  readonly builder: ValueBuilder | undefined;
  readonly maxDepth: number;
}

export class OpaParser {
  readonly source: Source;
  readonly lex: OpaLexer;
  readonly settings: OpaSettings;
  readonly errors: Diagnostic[] = [];
  /** `import future.keywords.not`: `not { body }` is a body. */
  notBodies = false;
  /** Future keywords in force. */
  readonly keywords = new Set<FutureKeyword>();
  #hints: readonly string[] = [];
  #blankBefore = -1;
  #depth = 0;
  #lookahead = 0;
  readonly #remembered = new Map<number, Remembered>();

  constructor(source: Source, settings: OpaSettings) {
    this.source = source;
    this.settings = settings;
    this.lex = new OpaLexer(source, (offset, message) => this.error(offset, message));
  }

  get tok(): TokenKind {
    return this.lex.tok;
  }

  get builder(): ValueBuilder | undefined {
    return this.settings.builder;
  }

  get version(): RegoVersion {
    return this.settings.version;
  }

  next(): void {
    this.lex.next();
  }

  /** From `start` to the end of the last token read. */
  span(start: number): Span {
    return { source: this.source, start, end: this.lex.prevEnd };
  }

  addKeyword(keyword: FutureKeyword): void {
    this.keywords.add(keyword);
    this.lex.active.add(KEYWORD_TOKENS[keyword]);
    if (keyword === 'every') this.addKeyword('in');
  }

  // Errors.

  error(offset: number, reason: string): void {
    const hints = this.#hints;
    const label = hints.length > 1 ? 'hints' : 'hint';
    const message = hints.length === 0 ? reason : `${reason} (${label}: ${hints.join(', ')})`;
    const end = offset === this.lex.start ? Math.max(this.lex.end, offset) : offset + 1;
    this.errors.push(opaParseError({ source: this.source, start: offset, end }, message, true));
    this.#hints = [];
  }

  hint(text: string): void {
    this.#hints = [...this.#hints, text];
  }

  /** The current token cannot stand here. */
  illegal(note = ''): void {
    const { tok, start } = this.lex;
    if (this.onBlank) {
      this.illegalBlank(note);
      return;
    }
    if (tok === Tok.Illegal) {
      this.error(start, 'illegal token');
      return;
    }
    const what = isKeywordToken(tok) ? 'keyword' : 'token';
    const reason = `unexpected ${tokenName(tok)} ${what}`;
    this.error(start, note === '' ? reason : `${reason}: ${note}`);
  }

  /** White space cannot stand before the current token. */
  illegalBlank(note: string): void {
    this.#blankBefore = this.lex.start;
    this.error(this.lex.prevEnd, `unexpected whitespace token: ${note}`);
  }

  /** OPA's cursor is still on a blank that could not stand before the current token. */
  get onBlank(): boolean {
    return this.#blankBefore === this.lex.start;
  }

  // Going back.

  checkpoint(): Checkpoint {
    return { mark: this.lex.mark(), errors: this.errors.length, hints: this.#hints };
  }

  back(to: Checkpoint): void {
    this.lex.reset(to.mark);
    this.errors.length = to.errors;
    this.#blankBefore = -1;
    this.#hints = to.hints;
  }

  /** Runs `read` remembering its terms, because it may be taken back. */
  lookingAhead<T>(read: () => T): T {
    this.#lookahead += 1;
    const result = read();
    this.#lookahead -= 1;
    return result;
  }

  /** Terms are remembered only within one statement. */
  forget(): void {
    if (this.#remembered.size > 0) this.#remembered.clear();
  }

  /** Reads a term, or takes it from memory when it was read here before. */
  remembered(read: () => Term | undefined): Term | undefined {
    if (this.#lookahead === 0 && this.#remembered.size === 0) return read();
    // A keyword before `.` is read as a name or not: the kind is part of the place.
    const place = this.lex.start * 64 + this.lex.tok;
    const found = this.#remembered.get(place);
    if (found !== undefined) {
      this.lex.reset(found.after);
      this.errors.push(...found.errors);
      return found.term;
    }
    const before = this.errors.length;
    const term = read();
    if (this.#lookahead > 0) {
      const errors = this.errors.slice(before);
      this.#remembered.set(place, { term, after: this.lex.mark(), errors });
    }
    return term;
  }

  // Nesting.

  /** Runs `read` one level deeper, or fails when that is too deep. */
  nested<T>(read: () => T | undefined): T | undefined {
    if (this.#depth >= this.settings.maxDepth) {
      this.error(this.lex.start, 'max parsing recursion depth exceeded');
      return undefined;
    }
    this.#depth += 1;
    const result = read();
    this.#depth -= 1;
    return result;
  }

  /** Operators of one chain nest to the left; says whether one more is allowed. */
  chainAllows(links: number): boolean {
    if (links <= this.settings.maxDepth) return true;
    this.error(this.lex.start, 'max parsing recursion depth exceeded');
    return false;
  }

  // Keywords that are names when `.` or `[` follows.

  /** The token is a keyword that may be a part of a reference. */
  isKeyword(kind: TokenKind): boolean {
    if (kind >= Tok.Package && kind <= Tok.False) return true;
    if (kind === Tok.In || (kind >= Tok.Every && kind <= Tok.If)) return true;
    return false;
  }

  /** Turns a keyword before `.` or `[` into a name: `if.x`. */
  keywordAsHead(): boolean {
    if (!this.isKeyword(this.tok)) return false;
    const after = this.lex.text.charCodeAt(this.lex.end);
    if (after !== 46 && after !== 91) return false;
    this.lex.tok = Tok.Ident;
    return true;
  }

  /** Turns any keyword into a name; says whether the token is a name now. */
  nameOrKeyword(): boolean {
    if (this.isKeyword(this.tok)) this.lex.tok = Tok.Ident;
    return this.tok === Tok.Ident;
  }

  /**
   * Whether reading on from `to` with all future keywords in force satisfies `read`. Leaves no trace:
   * it serves the hints of v0.
   */
  wouldRead(to: Checkpoint, read: (p: OpaParser) => boolean): boolean {
    const future = new OpaParser(this.source, { ...this.settings, builder: undefined });
    for (const keyword of ['contains', 'every', 'if', 'in'] as const) future.addKeyword(keyword);
    future.lex.reset({ ...to.mark, end: to.mark.start });
    future.next();
    return read(future);
  }
}

/** A `rego_parse_error`; `excerpt` adds the source line and a caret. */
export function opaParseError(span: Span, message: string, excerpt: boolean): Diagnostic {
  return {
    severity: 'error',
    code: 'rego_parse_error',
    message,
    span,
    details: excerpt ? opaExcerpt(span.source, span.start) : [],
  };
}

const isKeywordToken = (kind: TokenKind): boolean =>
  (kind >= Tok.Package && kind <= Tok.If) || kind === Tok.In;
