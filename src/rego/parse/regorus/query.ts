/** Queries and their literals in regorus' grammar. */
import type {
  Body,
  Every,
  ExprLiteral,
  Literal,
  SomeDecl,
  SomeIn,
  Term,
  VarTerm,
  With,
  RefTerm,
} from '../../ast.ts';
import { Tok, type TokenKind } from '../../lexer.ts';
import { regorusPosition } from '../../position.ts';
import type { Span } from '../../source.ts';
import { infixCall } from '../nodes.ts';
import { RegorusSyntaxError } from './failure.ts';
import { continueExpr, parseExpr, parseIn, parseRelation } from './infix.ts';
import type { RegorusParser } from './parser.ts';
import { parsePathRef } from './paths.ts';
import { parseTerm, parseVar } from './terms.ts';

/** Raised without a place of its own; callers that can read on differently never show it. */
const plain = (p: RegorusParser, words: string): RegorusSyntaxError =>
  new RegorusSyntaxError(p.lex.start, words, () => words);

/**
 * query = literal ( ( ";" | newline ) literal )* , then `close`. `open` is the place of the bracket or
 * bar before it. When the first literal shows that this is no query, the cursor is back where it was.
 */
export function parseQuery(p: RegorusParser, open: number, close: TokenKind, text: string): Body {
  const mark = p.lex.mark();
  const { depth, nesting } = p;
  const definite = p.tok === Tok.Some || p.tok === Tok.Every;
  const notAQuery = (words: string): RegorusSyntaxError => {
    p.back(mark, depth, nesting);
    return plain(p, words);
  };
  let first: Literal;
  try {
    first = p.lookingAhead(() => parseLiteral(p));
  } catch (error) {
    if (definite || p.tok === Tok.Unify || p.tok === Tok.Assign) throw error;
    p.back(mark, depth, nesting);
    throw p.failAt(open, `expecting ${text}`);
  }
  if (p.tok === Tok.Colon) throw notAQuery('try parsing as comprehension');
  if (p.tok === close && isUnion(first)) throw notAQuery('try parse as comprehension');
  if (p.tok === Tok.Comma) throw notAQuery(`encountered , when expecting ${text}`);
  const body = [first];
  while (p.tok !== close && p.tok !== Tok.Eof) {
    if (p.tok === Tok.Semicolon) p.next();
    else if (!p.lex.newline) break;
    body.push(parseLiteral(p));
  }
  p.expect(close, text, 'while parsing query');
  return body;
}

/** `{1 | 2 | 3}` is a set of one union, `{1 | 2}` a comprehension. */
function isUnion(literal: Literal): boolean {
  if (literal.kind !== 'expr' || literal.negated) return false;
  const { term } = literal;
  return term.kind === 'call' && term.infix === '|';
}

/** A whole text as a query: literal ( ( ";" | newline ) literal )* */
export function parseUserQuery(p: RegorusParser): Body {
  const body = [parseLiteral(p)];
  while (p.tok !== Tok.Eof) {
    if (p.tok === Tok.Semicolon) p.next();
    else if (!p.lex.newline) throw p.fail('expecting EOF');
    body.push(parseLiteral(p));
  }
  return body;
}

/** literal = ( some | every | "not"? assignment ) with* */
export function parseLiteral(p: RegorusParser): Literal {
  const { start } = p.lex;
  if (p.tok === Tok.Some) return parseSome(p);
  if (p.tok === Tok.Every) {
    if (p.future.has('every')) return parseEvery(p);
    p.warn('every');
  }
  const negated = p.tok === Tok.Not;
  if (negated) p.next();
  const term = parseAssignment(p);
  const modifiers = parseWith(p);
  const literal: ExprLiteral = {
    kind: 'expr',
    negated,
    term,
    with: modifiers,
    span: p.span(start),
  };
  return literal;
}

/** assignment = term ( ":=" | "=" ) expr | expr */
function parseAssignment(p: RegorusParser): Term {
  const mark = p.lex.mark();
  const { depth, nesting, deepest } = p;
  const { start } = p.lex;
  p.deepest = depth;
  const left = p.tok === Tok.LParen ? p.lookingAhead(() => parseTerm(p)) : parseTerm(p);
  const { tok } = p;
  if (tok === Tok.Unify || tok === Tok.Assign) {
    p.deepest = Math.max(deepest, p.deepest);
    const at = p.lex.start;
    if (tok === Tok.Assign && p.v1 && left.kind === 'var') refuseRoots(p, left.name, at);
    p.next();
    const right = parseExpr(p);
    return infixCall(tok, at, left, right, p.span(start));
  }
  // The engine reads the term again as an expression, one level deeper.
  if (!p.fitsDeeper()) {
    p.back(mark, depth, nesting);
    p.deepest = deepest;
    return parseExpr(p);
  }
  p.deepest = Math.max(deepest, p.deepest + 1);
  p.depth += 1;
  const term = continueExpr(p, left, start);
  p.depth -= 1;
  return term;
}

/** v1: `input` and `data` are not to be redefined. */
export function refuseRoots(p: RegorusParser, name: string, at: number): void {
  if (name === 'input' || name === 'data') throw p.failAt(at, `${name} cannot be shadowed`);
}

/** with = ( "with" path "as" in-expr )* */
function parseWith(p: RegorusParser): With[] {
  const modifiers: With[] = [];
  while (p.tok === Tok.With) {
    const { start } = p.lex;
    p.next();
    const target: VarTerm | RefTerm = parsePathRef(p);
    p.expect(Tok.As, 'as', 'while parsing with-modifier expression');
    const value = parseIn(p);
    modifiers.push({ kind: 'with', target, value, span: p.span(start) });
  }
  return modifiers;
}

/** every = "every" var ( "," var )? "in" relation "{" query "}" */
function parseEvery(p: RegorusParser): Every {
  const context = 'Failed to parse `every` statement.';
  const { start } = p.lex;
  p.next();
  const first = parseVar(p);
  let second: VarTerm | undefined;
  if (p.tok === Tok.Comma) {
    p.next();
    try {
      second = parseVar(p);
    } catch (error) {
      throw error instanceof RegorusSyntaxError
        ? p.failAt(start, `${context}\n${error.full}`)
        : error;
    }
  }
  p.futureKeyword(Tok.In, 'in', context);
  const domain = parseRelation(p);
  const open = p.lex.start;
  p.expect(Tok.LBrace, '{', context);
  const body = p.nested(() => parseQuery(p, open, Tok.RBrace, '}'));
  const modifiers = parseWith(p);
  const rest = { domain, body, with: modifiers, span: p.span(start) };
  return second === undefined
    ? { kind: 'every', value: first, ...rest }
    : { kind: 'every', key: first, value: second, ...rest };
}

/** some = "some" term ( "," term )? "in" relation | "some" var ( "," var )* */
function parseSome(p: RegorusParser): SomeDecl | SomeIn {
  const { start } = p.lex;
  p.next();
  // The engine marks the first operand by its first token only.
  const marks: Span[] = [{ source: p.source, start: p.anchor(), end: tokenEnd(p) }];
  const operands = [parseTerm(p)];
  while (p.tok === Tok.Comma) {
    p.next();
    const from = p.anchor();
    const operand = parseTerm(p);
    operands.push(operand);
    // A string ends before its closing quote.
    const end = p.lex.prevEnd - (operand.kind === 'string' ? 1 : 0);
    marks.push({ source: p.source, start: from, end });
  }
  if (p.tok !== Tok.In || !p.future.has('in')) {
    if (p.tok === Tok.In) p.warn('in');
    const vars = operands.map((operand, i) => {
      if (operand.kind !== 'var') throw encountered(p, marks[i], 'identifier');
      return operand;
    });
    const span = p.span(start);
    return { kind: 'some', vars, with: parseWith(p), span };
  }
  if (operands.length > 2) throw encountered(p, marks[2], '`in`');
  p.next();
  const domain = parseRelation(p);
  const modifiers = parseWith(p);
  const rest = { domain, with: modifiers, span: p.span(start) };
  const [first, second] = operands as [Term, Term?];
  return second === undefined
    ? { kind: 'some-in', value: first, ...rest }
    : { kind: 'some-in', key: first, value: second, ...rest };
}

const tokenEnd = (p: RegorusParser): number =>
  p.tok === Tok.String || p.tok === Tok.RawString ? p.lex.end - 1 : p.lex.end;

function encountered(p: RegorusParser, mark: Span | undefined, wanted: string): RegorusSyntaxError {
  const span = mark ?? p.span(p.lex.start);
  const found = p.lex.text.slice(span.start, span.end);
  const words = `encountered \`${found}\` while expecting ${wanted}`;
  return new RegorusSyntaxError(span.start, words, () => {
    const { row, col } = regorusPosition(p.source, span.start);
    return `${p.source.name}:${row}:${col} error: ${words}`;
  });
}
