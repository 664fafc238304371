/**
 * Arrays, objects, sets and comprehensions of OPA's grammar. A bracket's first term is read alone: a bar
 * after it makes a comprehension, which wins over a union. Productions stop on the closing bracket.
 */
import type { Body, SetTerm, ConstantTerm, Term } from '../../ast.ts';
import { Tok, type TokenKind } from '../../lexer.ts';
import type { Span } from '../../source.ts';
import { arrayTerm, objectTerm, setTerm } from '../../parse/nodes.ts';
import { parseBody } from './bodies.ts';
import { continueInfix, parseItem } from './infix.ts';
import { type OpaParser, tokenName } from './parser.ts';
import { parseTerm } from './terms.ts';

/** From `start` to the end of the closing bracket, which is the current token. */
const closedSpan = (p: OpaParser, start: number): Span => ({
  source: p.source,
  start,
  end: p.lex.end,
});

export function setOf(p: OpaParser, items: readonly Term[], span: Span): SetTerm | ConstantTerm {
  return setTerm(items, span, p.builder);
}

/** list = item ( "," item )* ","? , up to `close`; `items` are the ones already read */
export function parseTermList(p: OpaParser, close: TokenKind, items: Term[]): Term[] | undefined {
  let next: 'more' | 'end' | 'fault' = p.tok === close ? 'end' : 'more';
  while (next === 'more') {
    const item = parseItem(p);
    if (item === undefined) return undefined;
    items.push(item);
    next = afterItem(p, close);
  }
  return next === 'end' ? items : undefined;
}

/** "," before a further item, or the end of the list. */
function afterItem(p: OpaParser, close: TokenKind): 'more' | 'end' | 'fault' {
  if (p.tok === close) return 'end';
  if (p.tok !== Tok.Comma) {
    p.illegal(`expected "," or "${tokenName(close)}"`);
    return 'fault';
  }
  p.next();
  return p.tok === close ? 'end' : 'more';
}

/** Goes on with a list whose first term has been read alone. */
function continueList(
  p: OpaParser,
  close: TokenKind,
  head: Term,
  start: number,
): Term[] | undefined {
  const first = p.nested(() => continueInfix(p, head, start, false));
  if (first === undefined) return undefined;
  const next = afterItem(p, close);
  if (next === 'more') return parseTermList(p, close, [first]);
  return next === 'end' ? [first] : undefined;
}

/** array = "[" list? "]" ; array-comprehension = "[" term "|" body "]" */
export function parseArray(p: OpaParser): Term | undefined {
  const { start } = p.lex;
  p.next();
  if (p.tok === Tok.RBrack) return arrayTerm([], closedSpan(p, start), p.builder);
  const mayComprehend = skipLeadingComma(p);
  const at = p.lex.start;
  const head = parseTerm(p);
  if (head === undefined) return undefined;
  if (p.tok === Tok.Or && mayComprehend) {
    const bar = p.checkpoint();
    const body = comprehensionBody(p, Tok.RBrack);
    if (body !== undefined) {
      const span = closedSpan(p, start);
      return { kind: 'comprehension', shape: 'array', value: head, body, span };
    }
    if (p.tok !== Tok.Comma) return undefined;
    p.back(bar);
  }
  const items = continueList(p, Tok.RBrack, head, at);
  return items && arrayTerm(items, closedSpan(p, start), p.builder);
}

/** OPA still takes `[, x]`; what follows is then no comprehension. */
function skipLeadingComma(p: OpaParser): boolean {
  if (p.tok !== Tok.Comma) return true;
  p.next();
  return false;
}

/** "|" body , up to `close` */
function comprehensionBody(p: OpaParser, close: TokenKind): Body | undefined {
  p.next();
  return p.lookingAhead(() => parseBody(p, close));
}

/** set = "{" list "}" ; object = "{" pairs? "}" ; and the comprehensions of both */
export function parseSetOrObject(p: OpaParser): Term | undefined {
  const { start } = p.lex;
  p.next();
  if (p.tok === Tok.RBrace) return objectTerm([], [], closedSpan(p, start), p.builder);
  const mayComprehend = skipLeadingComma(p);
  const at = p.lex.start;
  const head = parseTerm(p);
  if (head === undefined) return undefined;
  if (p.tok === Tok.Or && mayComprehend) return parseSetAtBar(p, head, start, at);
  if (p.tok === Tok.Colon) return parseObject(p, head, mayComprehend, start);
  if (p.tok === Tok.RBrace || p.tok === Tok.Comma) return parseSet(p, head, start);
  const first = p.nested(() => continueInfix(p, head, at, false));
  if (first === undefined) return undefined;
  if (p.tok === Tok.RBrace || p.tok === Tok.Comma) return parseSet(p, first, start);
  if (p.tok === Tok.Colon) return parseObject(p, first, mayComprehend, start);
  p.illegal('non-terminated set');
  return undefined;
}

/** "," list , after the first item */
function parseSet(p: OpaParser, first: Term, start: number): Term | undefined {
  let items: Term[] | undefined = [first];
  if (p.tok === Tok.Comma) {
    p.next();
    items = parseTermList(p, Tok.RBrace, items);
  }
  return items && setTerm(items, closedSpan(p, start), p.builder);
}

/** "|" body , or a union as the set's first item */
function parseSetAtBar(p: OpaParser, head: Term, start: number, at: number): Term | undefined {
  const bar = p.checkpoint();
  const body = comprehensionBody(p, Tok.RBrace);
  if (body !== undefined) {
    return { kind: 'comprehension', shape: 'set', value: head, body, span: closedSpan(p, start) };
  }
  if (p.tok !== Tok.Comma) return undefined;
  p.back(bar);
  const items = continueList(p, Tok.RBrace, head, at);
  return items && setTerm(items, closedSpan(p, start), p.builder);
}

/** ":" value ( "," key ":" value )* , or ":" term "|" body */
function parseObject(
  p: OpaParser,
  key: Term,
  mayComprehend: boolean,
  start: number,
): Term | undefined {
  p.next();
  const before = p.checkpoint();
  const at = p.lex.start;
  const value = parseTerm(p);
  if (value === undefined) return undefined;
  let mayContinue = true;
  if (mayComprehend && (p.tok === Tok.RBrace || p.tok === Tok.Comma || p.tok === Tok.Or)) {
    mayContinue = p.tok === Tok.Or;
    const bar = p.checkpoint();
    const term = finishObject(p, key, value, start, true);
    if (term !== undefined) return term;
    if (mayContinue) p.back(bar);
  }
  if (mayContinue) {
    const whole = p.nested(() => continueInfix(p, value, at, false));
    if (whole === undefined) return undefined;
    if (p.tok === Tok.RBrace || p.tok === Tok.Comma)
      return finishObject(p, key, whole, start, false);
  } else p.back(before);
  p.illegal('non-terminated object');
  return undefined;
}

function finishObject(
  p: OpaParser,
  key: Term,
  value: Term,
  start: number,
  mayComprehend: boolean,
): Term | undefined {
  if (p.tok === Tok.RBrace) return objectTerm([key], [value], closedSpan(p, start), p.builder);
  if (p.tok === Tok.Or && mayComprehend) {
    const body = comprehensionBody(p, Tok.RBrace);
    if (body === undefined) return undefined;
    const span = closedSpan(p, start);
    return { kind: 'comprehension', shape: 'object', key, value, body, span };
  }
  p.next();
  const keys = [key];
  const values = [value];
  if (!parsePairs(p, keys, values)) return undefined;
  return objectTerm(keys, values, closedSpan(p, start), p.builder);
}

/** pairs = item ":" item ( "," item ":" item )* ","? */
function parsePairs(p: OpaParser, keys: Term[], values: Term[]): boolean {
  let next: 'more' | 'end' | 'fault' = p.tok === Tok.RBrace ? 'end' : 'more';
  while (next === 'more') {
    const key = parseItem(p);
    if (key === undefined) return false;
    if (p.tok !== Tok.Colon) {
      p.illegal('expected ":"');
      return false;
    }
    p.next();
    const value = parseItem(p);
    if (value === undefined) return false;
    keys.push(key);
    values.push(value);
    next = afterItem(p, Tok.RBrace);
  }
  return next === 'end';
}
