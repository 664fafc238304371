/** Rules of regorus' grammar. */
import type { Body, Else, Head, Rule, Term, VarTerm } from '../../ast.ts';
import { Tok } from '../../lexer.ts';
import { MAX_ELSE_BRANCHES } from '../nodes.ts';
import { parseExpr } from './infix.ts';
import { type RegorusParser, isActiveFuture, isIdentifier, isReserved } from './parser.ts';
import { parseLiteral, parseQuery, refuseRoots } from './query.ts';
import { parseIdent, parseTerm, parseVar } from './terms.ts';

/** rule = default-rule | head bodies? ; one rule per body */
export function parseRule(p: RegorusParser): Rule[] {
  p.forget();
  if (p.tok === Tok.Default) return [parseDefault(p)];
  const { start } = p.lex;
  const { head, implied } = parseHead(p);
  const { first, others } = parseBodies(p);
  if (head.kind === 'multi' && !p.elseOnSets) {
    const second = others[0]?.start ?? first?.elseAt;
    if (second !== undefined) throw p.failAt(second, 'else cannot be used with set rules');
  }
  if (p.v1 && first === undefined) checkBodiless(p, head, implied, start);
  const rule: Rule = {
    kind: 'rule',
    default: false,
    head,
    body: first?.body,
    hasIf: first?.hasIf ?? false,
    else: first?.else,
    chained: false,
    annotations: [],
    span: { source: p.source, start, end: first?.end ?? p.lex.prevEnd },
  };
  return [rule, ...others.map((other) => chainedRule(p, rule, other))];
}

function chainedRule(p: RegorusParser, rule: Rule, { body, start, end }: BodyParts): Rule {
  return { ...rule, body, else: undefined, chained: true, span: { source: p.source, start, end } };
}

/** v1: a rule that says nothing is refused. `implied` is the engine's set rule without a key. */
function checkBodiless(p: RegorusParser, head: Head, implied: boolean, start: number): void {
  if (head.kind === 'multi') {
    if (implied) throw p.failAt(start, '`contains` keyword is required for partial set rules');
  } else if (head.assign === undefined) {
    throw p.failAt(start, 'rule must have a body or assignment');
  }
}

interface HeadParts {
  readonly head: Head;
  /** `p.a` alone: the engine's set rule whose key is the last name. */
  readonly implied: boolean;
}

/** head = ref "(" args ")" value? | ref "contains" expr | ref value? */
function parseHead(p: RegorusParser): HeadParts {
  const { start } = p.lex;
  const { name, path } = parseRuleRef(p);
  const common = { name: name.name, nameSpan: name.span, hasContains: false };
  if (p.tok === Tok.LParen) {
    const args = parseParameters(p);
    const value = parseValue(p);
    const head: Head = { kind: 'function', ...common, path, args, ...value, span: p.span(start) };
    return { head, implied: false };
  }
  if (p.tok === Tok.Contains) {
    p.next();
    const key = parseExpr(p);
    const span = p.span(start);
    return {
      head: { kind: 'multi', ...common, hasContains: true, path, key, span },
      implied: false,
    };
  }
  const value = parseValue(p);
  const span = p.span(start);
  const key = path[0];
  // v0 spelling of a set: `p[k]` or `p.k` with nothing but a body after it.
  const follower = !isReserved(p.tok) && !isActiveFuture(p, p.tok);
  if (value === undefined && follower && path.length === 1 && key !== undefined) {
    const implied = p.lex.text.charCodeAt(name.span.end) === 46;
    return { head: { kind: 'multi', ...common, path: [], key, span }, implied };
  }
  return { head: { kind: 'single', ...common, path, ...value, span }, implied: false };
}

/** rule-ref = var ( "." var | "[" expr "]" )* , without blanks */
function parseRuleRef(p: RegorusParser): { name: VarTerm; path: Term[] } {
  const { start } = p.lex;
  if (!isIdentifier(p.tok)) throw p.fail('expecting identifier. Failed to parse rule-ref.');
  const name = parseVar(p);
  if (p.v1) refuseRoots(p, name.name, start);
  const path: Term[] = [];
  while (p.tok === Tok.Dot || p.tok === Tok.LBrack) {
    if (p.lex.spaced) throw p.failAt(p.lex.start, `invalid whitespace before ${p.lex.lit()}`, -1);
    const at = p.lex.start;
    const dotted = p.tok === Tok.Dot;
    p.next();
    if (dotted) {
      const field = parseVar(p);
      if (field.span.start !== at + 1) {
        throw p.failAt(field.span.start, 'invalid whitespace between . and identifier', -1);
      }
      path.push({ kind: 'string', value: field.name, raw: false, span: field.span });
    } else {
      path.push(parseExpr(p));
      p.expect(Tok.RBrack, ']', 'while parsing bracketed reference');
    }
  }
  return { name, path };
}

/** parameters = "(" ( term ( "," term )* ","? )? ")" */
function parseParameters(p: RegorusParser): Term[] {
  p.next();
  const args: Term[] = [];
  if (p.tok !== Tok.RParen) {
    args.push(parseTerm(p));
    while (p.tok === Tok.Comma) {
      p.next();
      if (p.tok === Tok.RParen || p.tok === Tok.Eof) break;
      args.push(parseTerm(p));
    }
  }
  p.expect(Tok.RParen, ')', 'while parsing function rule args');
  return args;
}

/** value = ( "=" | ":=" ) expr */
function parseValue(p: RegorusParser): { value: Term; assign: ':=' | '=' } | undefined {
  if (p.tok !== Tok.Unify && p.tok !== Tok.Assign) return undefined;
  const assign = p.tok === Tok.Assign ? ':=' : '=';
  p.next();
  return { value: parseExpr(p), assign };
}

interface BodyParts {
  readonly body: Body;
  readonly start: number;
  readonly end: number;
}

interface FirstBody extends BodyParts {
  readonly hasIf: boolean;
  readonly else: Else | undefined;
  readonly elseAt: number | undefined;
}

/** bodies = "if" ( "{" query "}" | literal ) else* | "{" query "}" ( "{" query "}" )* else* */
function parseBodies(p: RegorusParser): { first: FirstBody | undefined; others: BodyParts[] } {
  const { start } = p.lex;
  let body: Body;
  const hasIf = p.tok === Tok.If && p.future.has('if');
  if (hasIf) body = parseIfBody(p);
  else if (p.tok === Tok.LBrace) body = parseBareBody(p);
  else {
    if (p.tok === Tok.If) p.warn('if');
    return { first: undefined, others: [] };
  }
  const end = p.lex.prevEnd;
  const others: BodyParts[] = [];
  if (p.tok === Tok.LBrace) {
    while (p.tok === Tok.LBrace) others.push(parseChainedBody(p));
    return { first: { body, start, end, hasIf, else: undefined, elseAt: undefined }, others };
  }
  const elseAt = p.tok === Tok.Else ? p.lex.start : undefined;
  const branches = elseAt === undefined ? undefined : parseElse(p);
  return { first: { body, start, end: p.lex.prevEnd, hasIf, else: branches, elseAt }, others };
}

function parseChainedBody(p: RegorusParser): BodyParts {
  const { start } = p.lex;
  const body = bracedQuery(p);
  return { body, start, end: p.lex.prevEnd };
}

/** `open` is where the engine says that the query failed to begin. */
function bracedQuery(p: RegorusParser, open = p.lex.start): Body {
  p.next();
  return p.nested(() => parseQuery(p, open, Tok.RBrace, '}'));
}

/** "{" query "}" without `if`: v0 only */
function parseBareBody(p: RegorusParser): Body {
  if (p.v1) throw p.fail('`if` keyword is required before rule body');
  return bracedQuery(p);
}

/** "if" ( "{" query "}" | literal ) ; braces that hold no query are a literal of their own */
function parseIfBody(p: RegorusParser): Body {
  p.next();
  if (p.tok !== Tok.LBrace) return [parseLiteral(p)];
  const mark = p.lex.mark();
  const { depth, nesting } = p;
  const open = p.lex.start;
  p.next();
  const reached = p.lex.prevEnd;
  try {
    return p.nested(() => parseQuery(p, open, Tok.RBrace, '}'));
  } catch (error) {
    if (p.lex.prevEnd !== reached) throw error;
    p.back(mark, depth, nesting);
    return [parseLiteral(p)];
  }
}

/** else* = ( "else" value? ( "if" ... | "{" query "}" )? )* ; a branch without a body is the last */
function parseElse(p: RegorusParser): Else | undefined {
  const branches: Omit<Else, 'else'>[] = [];
  while (true) {
    if (p.tok === Tok.LBrace) throw p.fail('expected `else` keyword');
    if (p.tok !== Tok.Else) break;
    if (branches.length >= MAX_ELSE_BRANCHES) throw p.tooDeep(MAX_ELSE_BRANCHES);
    const { start } = p.lex;
    p.next();
    const value = parseValue(p);
    const body = parseElseBody(p, start, value !== undefined);
    branches.push({ kind: 'else', ...value, ...body, span: p.span(start) });
    if (body.body === undefined) break;
  }
  return branches.reduceRight<Else | undefined>(
    (rest, branch) => ({ ...branch, else: rest }),
    undefined,
  );
}

function parseElseBody(
  p: RegorusParser,
  start: number,
  hasValue: boolean,
): { body: Body | undefined; hasIf: boolean } {
  if (p.tok === Tok.If && p.future.has('if')) return { body: parseIfBody(p), hasIf: true };
  if (p.tok === Tok.LBrace) {
    if (p.v1) throw p.failAt(start, '`if` keyword is required before rule body');
    return { body: bracedQuery(p, start), hasIf: false };
  }
  if (hasValue) return { body: undefined, hasIf: false };
  if (p.tok === Tok.If) p.warn('if');
  throw p.fail('expected assignment or query after `else`');
}

/** default-rule = "default" rule-ref ( "(" ident ( "," ident )* ")" )? ( "=" | ":=" ) term */
function parseDefault(p: RegorusParser): Rule {
  const { start } = p.lex;
  p.next();
  const from = p.lex.start;
  const { name, path } = parseRuleRef(p);
  const args = p.tok === Tok.LParen ? parseDefaultParameters(p) : undefined;
  const assign = p.tok === Tok.Unify ? '=' : ':=';
  if (p.tok !== Tok.Unify && p.tok !== Tok.Assign) {
    p.expect(Tok.Assign, ':=', 'while parsing default rule');
  }
  p.next();
  const value = parseTerm(p);
  const head: Head = {
    kind: args === undefined ? 'single' : 'function',
    name: name.name,
    nameSpan: name.span,
    path,
    ...(args === undefined ? {} : { args }),
    value,
    assign,
    hasContains: false,
    span: p.span(from),
  };
  return {
    kind: 'rule',
    default: true,
    head,
    body: undefined,
    hasIf: false,
    else: undefined,
    chained: false,
    annotations: [],
    span: p.span(start),
  };
}

function parseDefaultParameters(p: RegorusParser): VarTerm[] {
  p.next();
  const args: VarTerm[] = [];
  const seen = new Set<string>();
  while (p.tok !== Tok.RParen) {
    const arg = parseIdent(p);
    if (arg.name !== '_' && seen.has(arg.name)) {
      throw p.failAt(arg.span.start, 'repeating parameter name');
    }
    seen.add(arg.name);
    args.push(arg);
    if (p.tok === Tok.RParen || p.tok === Tok.Eof) break;
    p.expect(Tok.Comma, ',', 'while parsing default rule parameters');
  }
  p.expect(Tok.RParen, ')', 'while parsing default rule parameters');
  return args;
}
