/**
 * Infix expressions of OPA's grammar, by binding strength. `continueInfix` goes on from a term already
 * read: OPA reads the first term of a bracket alone to see whether it heads a comprehension.
 */
import type { Term } from '../../ast.ts';
import { Tok } from '../../lexer.ts';
import { infixCall, membership } from '../../parse/nodes.ts';
import type { OpaParser } from './parser.ts';
import { parseTerm } from './terms.ts';

/** Binding strength: relations 1, `|` 2, `&` 3, `+ -` 4, `* / %` 5; 0 for anything else. */
function strength(p: OpaParser): number {
  const { tok } = p;
  if (tok >= Tok.Mul) return tok <= Tok.Rem ? 5 : 0;
  if (tok >= Tok.Add) return 4;
  if (tok === Tok.And) return 3;
  if (tok === Tok.Or) return 2;
  return tok >= Tok.Equal ? 1 : 0;
}

/** infix = relation ( "in" relation )* | relation "," relation "in" relation ( "in" relation )* */
export function parseInfix(p: OpaParser): Term | undefined {
  return p.nested(() => {
    const { start } = p.lex;
    const first = parseTerm(p);
    return first && continueInfix(p, first, start, true);
  });
}

/** item = relation ( "in" relation )* ; in a list a comma separates items */
export function parseItem(p: OpaParser): Term | undefined {
  return p.nested(() => {
    const { start } = p.lex;
    const first = parseTerm(p);
    return first && continueInfix(p, first, start, false);
  });
}

export function continueInfix(p: OpaParser, first: Term, start: number, keyed: boolean): Term {
  let left = continueRelation(p, first, start);
  for (let links = 1; p.chainAllows(links); links += 1) {
    if (keyed && p.tok === Tok.Comma) {
      const member = tryKeyed(p, left, start);
      if (member !== undefined) {
        left = member;
        if (p.tok === Tok.In) continue;
        return left;
      }
    }
    p.keywordAsHead();
    if (p.tok !== Tok.In) return left;
    const at = p.lex.start;
    p.next();
    const domain = parseRelation(p);
    if (domain === undefined) return left;
    left = membership(undefined, left, domain, at, p.span(start));
    if (p.tok !== Tok.In) return left;
  }
  return left;
}

/** "," relation "in" relation , or nothing with the cursor back at the comma */
function tryKeyed(p: OpaParser, key: Term, start: number): Term | undefined {
  const before = p.checkpoint();
  p.next();
  const value = p.lookingAhead(() => parseRelation(p));
  if (value !== undefined && p.tok === Tok.In) {
    const at = p.lex.start;
    p.next();
    const domain = p.lookingAhead(() => parseRelation(p));
    if (domain !== undefined) return membership(key, value, domain, at, p.span(start));
  }
  p.back(before);
  return undefined;
}

/** relation = or ( ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) or )* , and so on inwards */
export function parseRelation(p: OpaParser): Term | undefined {
  const { start } = p.lex;
  const first = parseTerm(p);
  return first && continueRelation(p, first, start);
}

function continueRelation(p: OpaParser, first: Term, start: number): Term {
  return strength(p) === 0 ? first : climb(p, first, start, 1);
}

function climb(p: OpaParser, first: Term, start: number, least: number): Term {
  let left = first;
  let most = Infinity;
  for (let links = 1; ; links += 1) {
    const level = strength(p);
    if (level === 0 || level < least || level > most || !p.chainAllows(links)) return left;
    const operator = p.tok;
    const at = p.lex.start;
    p.next();
    const from = p.lex.start;
    let right = parseTerm(p);
    if (right === undefined) {
      // OPA keeps what it has and looks for looser operators only.
      most = level - 1;
      continue;
    }
    if (strength(p) > level) right = climb(p, right, from, level + 1);
    left = infixCall(operator, at, left, right, p.span(start));
  }
}
