/**
 * Infix expressions of regorus' grammar. Each `continue` function goes on from a term already
 * read, which is how the engine's second reading of the same text is avoided.
 */
import type { NumberTerm, Term } from '../../ast.ts';
import { Tok, type TokenKind } from '../../lexer.ts';
import { infixCall, membership } from '../nodes.ts';
import type { RegorusParser } from './parser.ts';
import { parseTerm } from './terms.ts';

/** Binding strength: relations 1, `|` 2, `&` 3, `+ -` 4, `* / %` 5; 0 for anything else. */
function strength(p: RegorusParser): number {
  const { tok } = p;
  if (tok >= Tok.Mul) return tok <= Tok.Rem ? 5 : 0;
  if (tok >= Tok.Add) return 4;
  if (tok === Tok.And) return 3;
  if (tok === Tok.Or) return 2;
  if (tok >= Tok.Equal) return 1;
  // `1 -2` is two numbers to the lexer and a difference to the parser.
  return tok === Tok.Number && p.lex.text.charCodeAt(p.lex.start) === 45 ? 4 : 0;
}

/** relation = union ( ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) union )* , and so on inwards */
export function parseRelation(p: RegorusParser): Term {
  const { start } = p.lex;
  return continueRelation(p, parseTerm(p), start);
}

export function continueRelation(p: RegorusParser, first: Term, start: number): Term {
  return strength(p) === 0 ? first : climb(p, first, start, 1);
}

function climb(p: RegorusParser, first: Term, start: number, least: number): Term {
  let left = first;
  // `1 -2 * 3` ends after the difference: the engine is past its products then.
  let most = 5;
  for (let links = 1; ; links += 1) {
    const level = strength(p);
    if (level < least || level > most || level === 0) return left;
    most = level;
    p.checkChain(links);
    const { tok } = p;
    const at = p.lex.start;
    let right: Term;
    let operator: TokenKind = tok;
    if (tok === Tok.Number) {
      right = takeSubtrahend(p);
      operator = Tok.Sub;
    } else {
      p.next();
      const from = p.lex.start;
      right = parseTerm(p);
      if (strength(p) > level) right = climb(p, right, from, level + 1);
    }
    left = infixCall(operator, at, left, right, p.span(start));
  }
}

/** The `2` of `1 -2`. */
function takeSubtrahend(p: RegorusParser): NumberTerm {
  const start = p.lex.start + 1;
  const text = p.lex.text.slice(start, p.lex.end);
  p.next();
  return { kind: 'number', text, span: p.span(start) };
}

/** in-expr = relation ( "in" relation )* */
export function parseIn(p: RegorusParser): Term {
  const { start } = p.lex;
  return continueIn(p, parseTerm(p), start);
}

export function continueIn(p: RegorusParser, first: Term, start: number): Term {
  let term = continueRelation(p, first, start);
  while (p.tok === Tok.In && p.future.has('in')) term = parseMembership(p, undefined, term, start);
  return term;
}

/** membership = "in" relation ( "in" relation )* , after `value` or `key , value` */
function parseMembership(
  p: RegorusParser,
  first: Term | undefined,
  second: Term,
  start: number,
): Term {
  let key = first;
  let value = second;
  for (let links = 1; ; links += 1) {
    p.checkChain(links);
    const at = p.lex.start;
    p.futureKeyword(Tok.In, 'in', 'while parsing membership expression');
    const domain = parseRelation(p);
    value = membership(key, value, domain, at, p.span(start));
    key = undefined;
    if (p.tok !== Tok.In) return value;
  }
}

/** expr = in-expr | relation "," relation "in" relation ; one level of the engine's depth count */
export function parseExpr(p: RegorusParser): Term {
  return p.deeper(() => {
    const { start } = p.lex;
    return continueExpr(p, parseTerm(p), start);
  });
}

export function continueExpr(p: RegorusParser, first: Term, start: number): Term {
  let term = continueRelation(p, first, start);
  if (p.tok === Tok.Comma) {
    p.next();
    const value = parseRelation(p);
    term = parseMembership(p, term, value, start);
  }
  while (p.tok === Tok.In && p.future.has('in')) term = parseMembership(p, undefined, term, start);
  return term;
}
