/** Bodies and literals of OPA's grammar. */
import type {
  Body,
  Every,
  ExprLiteral,
  Literal,
  NotBody,
  RefTerm,
  SomeDecl,
  SomeIn,
  Term,
  VarTerm,
  With,
} from '../../ast.ts';
import { Tok, type TokenKind } from '../../lexer.ts';
import { infixCall } from '../../parse/nodes.ts';
import { parseInfix } from './infix.ts';
import { type Checkpoint, type OpaParser, tokenName } from './parser.ts';
import { parseTerm, takeVar } from './terms.ts';

/** body = literal ( ( ";" | newline ) literal )* , up to `close` */
export function parseBody(p: OpaParser, close: TokenKind): Body | undefined {
  return p.nested(() => parseQuery(p, close, false));
}

/** The same; `statement` wants `;` between literals, so that a newline ends it. */
export function parseQuery(p: OpaParser, close: TokenKind, statement: boolean): Body | undefined {
  if (p.tok === close) {
    p.error(p.lex.start, 'found empty body');
    return undefined;
  }
  const body: Literal[] = [];
  while (true) {
    const literal = parseLiteral(p);
    if (literal === undefined) return undefined;
    body.push(literal);
    if (p.tok === Tok.Semicolon) {
      p.next();
      continue;
    }
    if (p.tok === close || statement) return body;
    if (!p.lex.newline) {
      if (p.errors.length === 0) p.illegal(`expected \\n or ; or ${tokenName(close)}`);
      return undefined;
    }
  }
}

/** literal = ( some | every | "not"? expr | "not" "{" body "}" ) with* */
export function parseLiteral(p: OpaParser): Literal | undefined {
  const { start } = p.lex;
  if (p.keywordAsHead()) return parseExprLiteral(p, false, start);
  const negated = p.tok === Tok.Not;
  if (negated) p.next();
  if (negated && p.notBodies && p.tok === Tok.LBrace) return parseNotBody(p, start);
  if (p.tok !== Tok.Some && p.tok !== Tok.Every) return parseExprLiteral(p, negated, start);
  if (negated) {
    p.illegal(`illegal negation of '${tokenName(p.tok)}'`);
    return undefined;
  }
  return p.tok === Tok.Some ? parseSome(p) : parseEvery(p);
}

/** "{" body "}" with* , after `not` */
function parseNotBody(p: OpaParser, start: number): NotBody | undefined {
  p.next();
  const body = parseBody(p, Tok.RBrace);
  if (body === undefined) return undefined;
  p.next();
  const modifiers = parseWiths(p);
  return (
    modifiers && { kind: 'not-body', explicit: true, body, with: modifiers, span: p.span(start) }
  );
}

/** expr with* */
function parseExprLiteral(
  p: OpaParser,
  negated: boolean,
  start: number,
): ExprLiteral | NotBody | undefined {
  const before = p.checkpoint();
  const term = parseExpr(p);
  if (term === undefined) return undefined;
  const modifiers = parseWiths(p);
  if (modifiers === undefined) return undefined;
  if (p.version === 'v0' && term.kind === 'var' && term.name === 'every') hintEvery(p, before);
  const span = p.span(start);
  if (!negated || !p.notBodies) return { kind: 'expr', negated, term, with: modifiers, span };
  const inner: ExprLiteral = { kind: 'expr', negated: false, term, with: [], span };
  return { kind: 'not-body', explicit: false, body: [inner], with: modifiers, span };
}

/** expr = infix ( ( ":=" | "=" ) infix )? */
function parseExpr(p: OpaParser): Term | undefined {
  const { start } = p.lex;
  const left = parseInfix(p);
  if (left === undefined) return undefined;
  const { tok } = p;
  if (tok !== Tok.Assign && tok !== Tok.Unify) return left;
  const at = p.lex.start;
  p.next();
  const right = parseInfix(p);
  return right && infixCall(tok, at, left, right, p.span(start));
}

/** v0: `every x in xs { ... }` without the import reads as a variable called `every`. */
function hintEvery(p: OpaParser, before: Checkpoint): void {
  if (p.wouldRead(before, (future) => parseEvery(future) !== undefined)) {
    p.hint('`import future.keywords.every` for `every x in xs { ... }` expressions');
  }
}

/** with* = ( "with" target "as" infix )* */
function parseWiths(p: OpaParser): With[] | undefined {
  const modifiers: With[] = [];
  while (p.tok === Tok.With) {
    const { start } = p.lex;
    p.next();
    if (p.tok !== Tok.Ident) {
      p.illegal('expected ident');
      return undefined;
    }
    const target = parseTerm(p);
    if (target === undefined) return undefined;
    if (target.kind !== 'var' && target.kind !== 'ref') p.illegal('expected with target path');
    if (p.tok !== Tok.As) {
      p.illegal('expected as keyword');
      return undefined;
    }
    p.next();
    const value = parseInfix(p);
    if (value === undefined) return undefined;
    modifiers.push({
      kind: 'with',
      target: target as VarTerm | RefTerm,
      value,
      span: p.span(start),
    });
  }
  return modifiers;
}

/** some = "some" infix "in" infix | "some" infix "," infix "in" infix | "some" var ( "," var )* */
function parseSome(p: OpaParser): SomeDecl | SomeIn | undefined {
  const { start } = p.lex;
  const before = p.checkpoint();
  p.next();
  const operands = p.lex.start;
  const term = p.lookingAhead(() => parseInfix(p));
  if (term?.kind === 'call') return parseSomeIn(p, term, start);
  p.back(before);
  if (p.version === 'v0') hintSomeIn(p, before, operands);
  const vars: VarTerm[] = [];
  do {
    p.next();
    if (p.tok !== Tok.Ident) {
      p.illegal('expected var');
      return undefined;
    }
    vars.push(takeVar(p));
    p.next();
  } while (p.tok === Tok.Comma);
  return { kind: 'some', vars, with: [], span: p.span(start) };
}

function parseSomeIn(
  p: OpaParser,
  call: Term & { kind: 'call' },
  start: number,
): SomeIn | undefined {
  const parts = memberParts(call);
  if (parts === undefined) {
    p.illegal('expected `x in xs` or `x, y in xs` expression');
    return undefined;
  }
  const modifiers = parseWiths(p);
  if (modifiers === undefined) return undefined;
  return { kind: 'some-in', ...parts, with: modifiers, span: p.span(start) };
}

interface MemberParts {
  readonly key?: Term;
  readonly value: Term;
  readonly domain: Term;
}

/** The operands of `x in xs` and `k, v in xs`. */
function memberParts({ name, args }: Term & { kind: 'call' }): MemberParts | undefined {
  const [first, second, third] = args;
  if (first === undefined || second === undefined) return undefined;
  if (name === 'internal.member_2' && third === undefined) return { value: first, domain: second };
  if (name === 'internal.member_3' && third !== undefined) {
    return { key: first, value: second, domain: third };
  }
  return undefined;
}

function hintSomeIn(p: OpaParser, before: Checkpoint, operands: number): void {
  const isMember = (future: OpaParser): boolean => {
    const term = parseInfix(future);
    return term?.kind === 'call' && memberParts(term) !== undefined;
  };
  if (p.wouldRead({ ...before, mark: { ...before.mark, start: operands } }, isMember)) {
    p.hint('`import future.keywords.in` for `some x in xs` expressions');
  }
}

/** every = "every" var ( "," var )? "in" infix "{" body "}" with* */
export function parseEvery(p: OpaParser): Every | undefined {
  const { start } = p.lex;
  p.next();
  const term = parseInfix(p);
  if (term === undefined) return undefined;
  const parts = term.kind === 'call' ? memberParts(term) : undefined;
  if (parts === undefined) {
    p.illegal('expected `x[, y] in xs { ... }` expression');
    return undefined;
  }
  const { key, value, domain } = parts;
  if (key !== undefined && key.kind !== 'var') {
    p.illegal('expected key to be a variable');
    return undefined;
  }
  if (value.kind !== 'var') {
    p.illegal('expected value to be a variable');
    return undefined;
  }
  if (p.tok !== Tok.LBrace) {
    p.illegal('missing body');
    return undefined;
  }
  p.next();
  const body = parseBody(p, Tok.RBrace);
  if (body === undefined) return undefined;
  p.next();
  const modifiers = parseWiths(p);
  if (modifiers === undefined) return undefined;
  const rest = { value, domain, body, with: modifiers, span: p.span(start) };
  return key === undefined ? { kind: 'every', ...rest } : { kind: 'every', key, ...rest };
}
