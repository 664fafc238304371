/**
 * The state of one parse in regorus' grammar: the cursor, the keywords in force, the nesting
 * counters and the memory of terms read while looking ahead.
 *
 * The engine decides many things by trying one reading and going back. It re-reads what it tried, so
 * its time is exponential in the nesting of brackets. Here a term that was read while looking ahead
 * is remembered by offset, success or failure, which keeps the same decisions linear.
 */
import type { FutureKeyword, ParseLimits, Term, ValueBuilder } from '../../ast.ts';
import { type Mark, Tok, type TokenKind } from '../../lexer.ts';
import type { Source, Span } from '../../source.ts';
import type { RegorusSyntaxError } from './failure.ts';
import { RegorusLexer } from './lexer.ts';

/** What a look-ahead found at an offset. */
type Found =
  | { readonly term: Term; readonly after: Mark; readonly deepest: number; readonly depth: number }
  | { readonly error: RegorusSyntaxError; readonly after: Mark };

/** A keyword read as a name because nothing imported it. */
export interface RegorusWarning {
  readonly offset: number;
  readonly keyword: FutureKeyword;
  readonly words: string;
}

export interface RegorusOptions {
  readonly v1: boolean;
  readonly limits: ParseLimits;
  readonly builder: ValueBuilder | undefined;
  readonly elseOnSets: boolean;
}

export class RegorusParser {
  readonly source: Source;
  readonly lex: RegorusLexer;
  readonly builder: ValueBuilder | undefined;
  v1: boolean;
  readonly elseOnSets: boolean;
  /** Keywords in force, with the offset of the import that brought each, if one did. */
  readonly future = new Map<FutureKeyword, number | undefined>();
  readonly warnings: RegorusWarning[] = [];
  /** Expressions within each other, as the engine counts them. */
  depth = 0;
  /** The greatest `depth` since it was last lowered by a caller. */
  deepest = 0;
  readonly #maxDepth: number;
  readonly #maxExpressionDepth: number;
  #nesting = 0;
  #lookahead = 0;
  readonly #found = new Map<number, Found>();

  constructor(source: Source, { v1, limits, builder, elseOnSets }: RegorusOptions) {
    this.source = source;
    this.lex = new RegorusLexer(source, limits.maxColumns);
    this.builder = builder;
    this.v1 = v1;
    this.elseOnSets = elseOnSets;
    this.#maxDepth = limits.maxDepth;
    this.#maxExpressionDepth = limits.maxExpressionDepth;
    this.lex.next();
  }

  get tok(): TokenKind {
    return this.lex.tok;
  }

  span(start: number): Span {
    return { source: this.source, start, end: this.lex.prevEnd };
  }

  next(): void {
    this.lex.next();
  }

  /** An error at the current token. A string's place is its first character, past the quote. */
  fail(text: string): RegorusSyntaxError {
    return this.failAt(this.anchor(), text);
  }

  failAt(offset: number, text: string, shift = 0): RegorusSyntaxError {
    return this.lex.fail(offset, text, shift);
  }

  /** Where the engine says the current token is. */
  anchor(): number {
    return this.lex.start + (this.tok === Tok.String || this.tok === Tok.RawString ? 1 : 0);
  }

  expect(kind: TokenKind, text: string, context: string): void {
    if (this.tok !== kind) throw this.fail(`expecting \`${text}\` ${context}`);
    this.next();
  }

  /** A keyword that may need an import: consumed if in force, left with a warning if not. */
  futureKeyword(kind: TokenKind, keyword: FutureKeyword, context: string): void {
    if (this.tok !== kind) throw this.fail(`expecting \`${keyword}\` ${context}`);
    if (this.future.has(keyword)) this.next();
    else this.warn(keyword);
  }

  warn(keyword: FutureKeyword): void {
    const offset = this.lex.start;
    if (this.warnings.some((warning) => warning.offset === offset)) return;
    const reason = `due to missing \`import future.keywords.${keyword}\``;
    const words = `\`${keyword}\` will be treated as identifier ${reason}`;
    this.warnings.push({ offset, keyword, words });
  }

  /** One more expression inside another. The engine stops at 32. */
  deeper<T>(read: () => T): T {
    const limit = this.#maxExpressionDepth;
    if (this.depth >= limit) throw this.tooDeep(limit);
    this.depth += 1;
    if (this.depth > this.deepest) this.deepest = this.depth;
    const result = read();
    this.depth -= 1;
    return result;
  }

  tooDeep(limit: number): RegorusSyntaxError {
    return this.fail(`expression nesting too deep (>${limit})`);
  }

  /** Whether what was read down to `deepest` may stand one expression deeper. */
  fitsDeeper(): boolean {
    return this.deepest + 1 <= this.#maxExpressionDepth;
  }

  /** Brackets of any kind: not counted by the engine, bounded here all the same. */
  nested<T>(read: () => T): T {
    this.#nesting += 1;
    if (this.#nesting > this.#maxDepth) throw this.tooDeep(this.#maxDepth);
    const result = read();
    this.#nesting -= 1;
    return result;
  }

  /** Bounds the operators of one chain, because they nest to the left. */
  checkChain(links: number): void {
    if (links > this.#maxDepth) throw this.tooDeep(this.#maxDepth);
  }

  /** Goes back to a mark, with the counters of that moment. */
  back(mark: Mark, depth: number, nesting: number): void {
    this.lex.reset(mark);
    this.depth = depth;
    this.#nesting = nesting;
  }

  get nesting(): number {
    return this.#nesting;
  }

  /** Runs `read` remembering its terms, because it may be taken back. */
  lookingAhead<T>(read: () => T): T {
    this.#lookahead += 1;
    try {
      return read();
    } finally {
      this.#lookahead -= 1;
    }
  }

  /** Terms are remembered only within one rule. */
  forget(): void {
    if (this.#found.size > 0) this.#found.clear();
  }

  /** Reads a term, or takes it from memory when it was read here before. */
  remembered(read: () => Term): Term {
    if (this.#lookahead === 0 && this.#found.size === 0) return read();
    const { depth, deepest } = this;
    // The engine's depth counter decides errors, so it is part of the place; brackets bound it.
    const place = this.lex.start * 4096 + depth;
    const found = this.#found.get(place);
    if (found !== undefined) {
      this.lex.reset(found.after);
      if ('error' in found) throw found.error;
      if (found.deepest > deepest) this.deepest = found.deepest;
      return found.term;
    }
    this.deepest = depth;
    try {
      const term = read();
      if (this.#lookahead > 0) {
        this.#found.set(place, { term, after: this.lex.mark(), deepest: this.deepest, depth });
      }
      if (deepest > this.deepest) this.deepest = deepest;
      return term;
    } catch (error) {
      if (this.#lookahead > 0) {
        this.#found.set(place, { error: error as RegorusSyntaxError, after: this.lex.mark() });
      }
      throw error;
    }
  }
}

/** `as default else false import package not null some true with`. */
export const isReserved = (kind: TokenKind): boolean => kind >= Tok.Package && kind <= Tok.False;

export const isIdentifier = (kind: TokenKind): boolean =>
  kind === Tok.Ident || kind === Tok.In || (kind >= Tok.Package && kind <= Tok.SetParen);

const FUTURE: Readonly<Partial<Record<TokenKind, FutureKeyword>>> = {
  [Tok.Contains]: 'contains',
  [Tok.Every]: 'every',
  [Tok.If]: 'if',
  [Tok.In]: 'in',
};

/** How many names there are that may be imported and mean something. */
const KNOWN_KEYWORDS = 4;

/**
 * The token is a keyword that is in force by import or by version. The engine lets any name be
 * imported as a future keyword, and refuses it as a variable from then on.
 */
export function isActiveFuture(p: RegorusParser, kind: TokenKind): boolean {
  const keyword = FUTURE[kind];
  if (keyword !== undefined) return p.future.has(keyword);
  const { size } = p.future;
  if (kind !== Tok.Ident || size === 0 || (p.v1 && size === KNOWN_KEYWORDS)) return false;
  return p.future.has(p.lex.lit() as FutureKeyword);
}
