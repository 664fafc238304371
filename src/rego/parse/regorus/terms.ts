/**
 * Terms of regorus' grammar. Source: regorus at the agent's pin, src/parser.rs; where it reads
 * something twice, this reads once and goes on from what it has.
 */
import type { ComprehensionTerm, RefTerm, Term, VarTerm } from '../../ast.ts';
import { Tok, type TokenKind } from '../../lexer.ts';
import { arrayTerm, calleeName, objectTerm, setTerm } from '../nodes.ts';
import { decodeEscapes } from '../strings.ts';
import { continueIn, parseExpr, parseIn } from './infix.ts';
import { type RegorusParser, isActiveFuture, isIdentifier, isReserved } from './parser.ts';
import { parseQuery } from './query.ts';

/** var = an identifier that is no keyword; `contains` is a builtin's name as well. */
export function parseVar(p: RegorusParser): VarTerm {
  const { tok } = p;
  if (isReserved(tok) || (tok !== Tok.Contains && isActiveFuture(p, tok))) {
    throw p.fail(`unexpected keyword \`${p.lex.lit()}\``);
  }
  return takeIdentifier(p);
}

/** ident = an identifier that is no reserved word. */
export function parseIdent(p: RegorusParser): VarTerm {
  if (isReserved(p.tok)) throw p.fail(`unexpected keyword \`${p.lex.lit()}\``);
  return takeIdentifier(p);
}

function takeIdentifier(p: RegorusParser): VarTerm {
  if (!isIdentifier(p.tok)) throw p.fail('expecting identifier');
  const name = p.lex.lit();
  const { start } = p.lex;
  p.next();
  return { kind: 'var', name, span: p.span(start) };
}

/** term = scalar | var | array | object | set | comprehension | "(" expr ")" | "-" in-expr | ref | call */
export function parseTerm(p: RegorusParser): Term {
  return p.remembered(() => readTerm(p));
}

function readTerm(p: RegorusParser): Term {
  const { start } = p.lex;
  switch (p.tok) {
    case Tok.LParen:
      return p.nested(() => {
        p.next();
        const inner = parseExpr(p);
        p.expect(Tok.RParen, ')', 'while parsing parenthesized expression');
        return inner;
      });
    case Tok.Sub:
      return p.nested(() => {
        p.next();
        const operand = parseIn(p);
        return { kind: 'unary', operand, span: p.span(start) };
      });
    case Tok.LBrack:
      return parseAccess(
        p,
        p.nested(() => parseBracket(p)),
        start,
      );
    case Tok.LBrace:
      return parseAccess(
        p,
        p.nested(() => parseBrace(p)),
        start,
      );
    case Tok.SetParen:
      p.next();
      p.expect(Tok.RParen, ')', 'while parsing empty set');
      return parseAccess(p, setTerm([], p.span(start), p.builder), start);
    default:
      return parseAccess(p, parseScalarOrVar(p), start);
  }
}

/** scalar = number | string | raw-string | "null" | "true" | "false" */
function parseScalarOrVar(p: RegorusParser): Term {
  const { start, end } = p.lex;
  switch (p.tok) {
    case Tok.Number: {
      const text = p.lex.lit();
      p.next();
      return { kind: 'number', text, span: p.span(start) };
    }
    case Tok.String: {
      const value = decodeEscapes(p.lex.text.slice(start + 1, end - 1));
      p.next();
      return { kind: 'string', value, raw: false, span: p.span(start) };
    }
    case Tok.RawString: {
      const value = p.lex.text.slice(start + 1, end - 1);
      p.next();
      return { kind: 'string', value, raw: true, span: p.span(start) };
    }
    case Tok.Null:
      p.next();
      return { kind: 'null', span: p.span(start) };
    case Tok.True:
    case Tok.False: {
      const value = p.tok === Tok.True;
      p.next();
      return { kind: 'boolean', value, span: p.span(start) };
    }
    default:
      if (!isIdentifier(p.tok)) throw p.fail('expecting expression');
      return parseVar(p);
  }
}

/** access = ( "." var | "[" in-expr "]" | "(" args ")" )* ; no blank before "." and "[" */
function parseAccess(p: RegorusParser, head: Term, start: number): Term {
  let term = head;
  let path: Term[] = [];
  // Names and string keys may lead to a function; nothing does after the first call.
  let callable = head.kind === 'var';
  let at = start;
  const folded = (): Term => {
    if (path.length === 0) return term;
    const ref: RefTerm = { kind: 'ref', head: term, path, at, span: p.span(start) };
    path = [];
    return ref;
  };
  while (true) {
    const { tok } = p;
    if (tok === Tok.Dot || tok === Tok.LBrack) {
      // The engine ends a string before its closing quote, so an access can never touch one.
      if (p.lex.spaced || (path.length === 0 && head.kind === 'string')) {
        // On a new line it may begin another literal.
        if (p.lex.newline) break;
        throw p.fail(`invalid whitespace before ${p.lex.lit()}`);
      }
      at = p.lex.start;
      if (tok === Tok.Dot) path.push(parseField(p));
      else {
        const index = p.nested(() => parseIndex(p));
        callable &&= index.kind === 'string' && !index.raw;
        path.push(index);
      }
    } else if (tok === Tok.LParen && callable) {
      const callee = folded() as VarTerm | RefTerm;
      const open = p.lex.start;
      const args = p.nested(() => parseArguments(p));
      term = {
        kind: 'call',
        name: calleeName(callee),
        callee,
        args,
        at: open,
        span: p.span(start),
      };
      callable = false;
    } else break;
  }
  return folded();
}

/** "." var, without blanks. The result is the name as a string. */
function parseField(p: RegorusParser): Term {
  const dot = p.lex.start;
  p.next();
  const { name, span } = parseVar(p);
  if (span.start !== dot + 1) {
    throw p.failAt(span.start, 'invalid whitespace between . and identifier', -1);
  }
  return { kind: 'string', value: name, raw: false, span };
}

function parseIndex(p: RegorusParser): Term {
  p.next();
  const index = parseIn(p);
  p.expect(Tok.RBrack, ']', 'while parsing bracketed reference');
  return index;
}

/** args = "(" ( in-expr ( "," in-expr )* ","? )? ")" */
function parseArguments(p: RegorusParser): Term[] {
  p.next();
  const args = p.tok === Tok.RParen ? [] : parseItems(p, Tok.RParen, parseIn(p));
  p.expect(Tok.RParen, ')', 'while parsing call expr');
  return args;
}

/** items = in-expr ( "," in-expr )* ","? , the first already read; stops before the closing bracket */
function parseItems(p: RegorusParser, close: TokenKind, first: Term): Term[] {
  const items = [first];
  while (p.tok === Tok.Comma) {
    p.next();
    if (p.tok === close || p.tok === Tok.Eof) break;
    items.push(parseIn(p));
  }
  return items;
}

/** array = "[" items? "]" ; array-comprehension = "[" term "|" query "]" */
export function parseBracket(p: RegorusParser): Term {
  const { start } = p.lex;
  p.next();
  let items: Term[] = [];
  if (p.tok !== Tok.RBrack) {
    const at = p.lex.start;
    const first = parseTerm(p);
    const body = parseComprehensionBody(p, Tok.RBrack, ']');
    if (body !== undefined) {
      return { kind: 'comprehension', shape: 'array', value: first, body, span: p.span(start) };
    }
    items = parseItems(p, Tok.RBrack, continueIn(p, first, at));
  }
  p.expect(Tok.RBrack, ']', 'while parsing array');
  return arrayTerm(items, p.span(start), p.builder);
}

/** set, object or comprehension, all in braces; `{}` is the empty object */
export function parseBrace(p: RegorusParser): Term {
  const { start } = p.lex;
  p.next();
  if (p.tok === Tok.RBrace) {
    p.next();
    return objectTerm([], [], p.span(start), p.builder);
  }
  const at = p.lex.start;
  const head = parseTerm(p);
  const body = parseComprehensionBody(p, Tok.RBrace, '}');
  if (body !== undefined) {
    return { kind: 'comprehension', shape: 'set', value: head, body, span: p.span(start) };
  }
  const first = continueIn(p, head, at);
  if (p.tok === Tok.Colon) return parseObject(p, first, start);
  const items = parseItems(p, Tok.RBrace, first);
  p.expect(Tok.RBrace, '}', 'while parsing set');
  return setTerm(items, p.span(start), p.builder);
}

/** object = "{" key ":" value ( "," key ":" value )* ","? "}" , at the first ":" */
function parseObject(p: RegorusParser, key: Term, start: number): Term {
  p.next();
  const at = p.lex.start;
  const head = parseTerm(p);
  const body = parseComprehensionBody(p, Tok.RBrace, '}');
  if (body !== undefined) {
    return { kind: 'comprehension', shape: 'object', key, value: head, body, span: p.span(start) };
  }
  const keys = [key];
  const values = [continueIn(p, head, at)];
  while (p.tok === Tok.Comma) {
    p.next();
    if (p.tok === Tok.RBrace || p.tok === Tok.Eof) break;
    keys.push(parseIn(p));
    p.expect(Tok.Colon, ':', 'while parsing object item');
    values.push(parseIn(p));
  }
  p.expect(Tok.RBrace, '}', 'while parsing object');
  return objectTerm(keys, values, p.span(start), p.builder);
}

/**
 * comprehension-body = "|" query , or nothing when what follows the bar makes sense only as a union.
 * The engine reads the bar as a union when the query fails before it got anywhere.
 */
function parseComprehensionBody(
  p: RegorusParser,
  close: TokenKind,
  text: string,
): ComprehensionTerm['body'] | undefined {
  if (p.tok !== Tok.Or) return undefined;
  const mark = p.lex.mark();
  const { depth, nesting } = p;
  const bar = p.lex.start;
  p.next();
  const reached = p.lex.prevEnd;
  try {
    return p.nested(() => parseQuery(p, bar, close, text));
  } catch (error) {
    if (p.lex.prevEnd !== reached) throw error;
    p.back(mark, depth, nesting);
    return undefined;
  }
}
