/**
 * Rules of OPA's grammar. What has a body, `if` or `contains` is read here; a bare head or value
 * (`x := 1`, `p[1]`) is a statement that `statements.ts` turns into a rule.
 */
import type { Body, Else, Head, Rule, Term } from '../../ast.ts';
import { Tok } from '../../lexer.ts';
import { MAX_ELSE_BRANCHES } from '../../parse/nodes.ts';
import { parseBody, parseLiteral } from './bodies.ts';
import { checkDefault } from './defaults.ts';
import { type HeadDraft, parseHead } from './heads.ts';
import { parseInfix } from './infix.ts';
import type { OpaParser } from './parser.ts';

/** A rule with what the v1 checks want to know about its spelling. */
export interface ReadRule {
  readonly rule: Rule;
  /** The value was not written; for bare statements only where OPA notes it. */
  readonly impliedValue: boolean;
  readonly impliedBody: boolean;
}

/** A head without `if`, braces or `contains` after it: no rule yet. */
export interface BareHead {
  readonly bare: HeadDraft;
}

/** rule = "default" head | head "if" ... | head "{" body "}" ... | head "contains" key */
export function parseRules(p: OpaParser): ReadRule[] | BareHead | undefined {
  const { start } = p.lex;
  p.keywordAsHead();
  const isDefault = p.tok === Tok.Default;
  if (isDefault) {
    p.next();
    p.keywordAsHead();
  }
  if (p.tok !== Tok.Ident) return undefined;
  const draft = parseHead(p, isDefault);
  if (draft === undefined) return undefined;
  if (isDefault) return parseDefault(p, draft, start);
  const hasIf = p.tok === Tok.If;
  const head = finishHead(draft, hasIf);
  const body = parseFirstBody(p, draft, hasIf);
  if (body === 'none') {
    return draft.usesContains ? [keyOnly(p, head)] : { bare: draft };
  }
  if (body === undefined) return undefined;
  return parseRest(p, { head, draft, body, hasIf, start });
}

function parseDefault(p: OpaParser, draft: HeadDraft, start: number): ReadRule[] | undefined {
  if (!checkDefault(p, draft, start)) return undefined;
  const head = finishHead(draft, true);
  const rule = makeRule(p, { head, body: undefined, hasIf: false, start, isDefault: true });
  return [{ rule, impliedValue: false, impliedBody: false }];
}

/** `p contains k` alone. */
function keyOnly(p: OpaParser, head: Head): ReadRule {
  const rule = makeRule(p, { head, body: undefined, hasIf: false, start: head.span.start });
  return { rule, impliedValue: false, impliedBody: true };
}

/**
 * What a head means once it is known whether `if` follows: without it, and without `contains`,
 * `p[k]` is the set p.
 */
export function finishHead(draft: HeadDraft, hasIf: boolean): Head {
  const { name, nameSpan, path, args, key, value, assign, usesContains, span } = draft;
  const common = { name, nameSpan, hasContains: usesContains, span };
  const given = {
    ...(value === undefined ? {} : { value }),
    ...(assign === undefined ? {} : { assign }),
  };
  if (args !== undefined) return { kind: 'function', ...common, path, args, ...given };
  if (key !== undefined) return { kind: 'multi', ...common, path, key };
  const [first] = path;
  if (!hasIf && value === undefined && path.length === 1 && first !== undefined) {
    return { kind: 'multi', ...common, path: [], key: first };
  }
  return { kind: 'single', ...common, path, ...given };
}

/** "if" literal | "if"? "{" body "}" ; 'none' when neither is there */
function parseFirstBody(p: OpaParser, draft: HeadDraft, hasIf: boolean): Body | 'none' | undefined {
  if (hasIf) {
    p.next();
    const before = p.checkpoint();
    const literal = startsBody(p) ? undefined : p.lookingAhead(() => parseLiteral(p));
    // A set is never false or undefined, so `{ true }` is a body and not a set of one.
    if (literal !== undefined && !isSetLiteral(literal)) return [literal];
    p.back(before);
  } else if (p.tok !== Tok.LBrace) return 'none';
  p.next();
  const body = parseBody(p, Tok.RBrace);
  if (body === undefined) return undefined;
  p.next();
  return body;
}

/** `{` before a word that begins a literal and no term: no need to try it as a set or object. */
function startsBody(p: OpaParser): boolean {
  return (
    p.tok === Tok.LBrace && /^\s*(?:some|not)\s/.test(p.lex.text.slice(p.lex.end, p.lex.end + 40))
  );
}

function isSetLiteral(literal: Body[number]): boolean {
  if (literal.kind !== 'expr') return false;
  const { term } = literal;
  return term.kind === 'set' || (term.kind === 'constant' && term.shape === 'set');
}

interface Started {
  readonly head: Head;
  readonly draft: HeadDraft;
  readonly body: Body;
  readonly hasIf: boolean;
  readonly start: number;
}

/** else* | ( "{" body "}" )* , after the first body */
function parseRest(
  p: OpaParser,
  { head, draft, body, hasIf, start }: Started,
): ReadRule[] | undefined {
  let branches: Else | undefined;
  if (p.tok === Tok.Else && !p.keywordAsHead()) {
    if (!allowsElse(p, head, draft, hasIf)) return undefined;
    branches = parseElse(p);
    if (branches === undefined) return undefined;
  }
  const rule = makeRule(p, { head, body, hasIf, start, else: branches });
  const impliedValue = draft.value === undefined;
  const rules: ReadRule[] = [{ rule, impliedValue, impliedBody: false }];
  while (p.tok === Tok.LBrace) {
    if (branches !== undefined) {
      p.error(p.lex.start, 'expected else keyword');
      return undefined;
    }
    const from = p.lex.start;
    p.next();
    const next = parseBody(p, Tok.RBrace);
    if (next === undefined) return undefined;
    p.next();
    const chained = { ...makeRule(p, { head, body: next, hasIf, start: from }), chained: true };
    rules.push({ rule: chained, impliedValue, impliedBody: false });
  }
  return rules;
}

function allowsElse(p: OpaParser, head: Head, draft: HeadDraft, hasIf: boolean): boolean {
  const { path } = draft;
  // OPA looks at the reference that is left once a v0 set's key has been taken from it.
  if (head.path.length > 0 && !path.every(isGround)) {
    p.error(p.lex.start, 'else keyword cannot be used on rules with variables in head');
    return false;
  }
  const [only] = path;
  const mayBeKey = path.length === 1 && draft.args === undefined;
  if (head.kind === 'multi' || (mayBeKey && (!hasIf || only?.kind === 'ref'))) {
    p.error(p.lex.start, 'else keyword cannot be used on multi-value rules');
    return false;
  }
  return true;
}

/** No variable anywhere in the term, as OPA counts it. */
export function isGround(term: Term): boolean {
  switch (term.kind) {
    case 'var':
      return term.name === 'input' || term.name === 'data';
    case 'ref':
      return (term.head.kind === 'var' || isGround(term.head)) && term.path.every(isGround);
    case 'call':
      return term.args.every(isGround);
    case 'array':
    case 'set':
      return term.items.every(isGround);
    case 'object':
      return term.keys.every(isGround) && term.values.every(isGround);
    case 'comprehension':
      return false;
    default:
      return true;
  }
}

/** else* = ( "else" ( ( ":=" | "=" ) infix )? ( "if" ( "{" body "}" | literal ) | "{" body "}" )? )+ */
function parseElse(p: OpaParser): Else | undefined {
  const branches: Omit<Else, 'else'>[] = [];
  while (p.tok === Tok.Else) {
    if (branches.length >= MAX_ELSE_BRANCHES) {
      p.error(p.lex.start, 'max parsing recursion depth exceeded');
      return undefined;
    }
    const branch = parseBranch(p);
    if (branch === undefined) return undefined;
    branches.push(branch);
    if (branch.body === undefined) break;
  }
  return branches.reduceRight<Else | undefined>(
    (rest, branch) => ({ ...branch, else: rest }),
    undefined,
  );
}

function parseBranch(p: OpaParser): Omit<Else, 'else'> | undefined {
  const { start } = p.lex;
  p.next();
  let value: Term | undefined;
  let assign: ':=' | '=' | undefined;
  if (p.tok === Tok.Assign || p.tok === Tok.Unify) {
    assign = p.tok === Tok.Assign ? ':=' : '=';
    p.next();
    value = parseInfix(p);
    if (value === undefined) return undefined;
  } else if (p.tok !== Tok.LBrace && p.tok !== Tok.If) {
    p.illegal('expected else value term or rule body');
    return undefined;
  }
  const given = { ...(value && { value }), ...(assign && { assign }) };
  const hasIf = p.tok === Tok.If;
  if (!hasIf && p.tok !== Tok.LBrace) {
    return { kind: 'else', ...given, body: undefined, hasIf, span: p.span(start) };
  }
  if (hasIf) p.next();
  const body = parseBranchBody(p);
  return body && { kind: 'else', ...given, body, hasIf, span: p.span(start) };
}

/** "{" body "}" | literal */
function parseBranchBody(p: OpaParser): Body | undefined {
  if (p.tok === Tok.LBrace) {
    p.next();
    const body = parseBody(p, Tok.RBrace);
    if (body !== undefined) p.next();
    return body;
  }
  if (p.tok === Tok.Eof) {
    p.illegal('rule body expected');
    return undefined;
  }
  const literal = parseLiteral(p);
  return literal && [literal];
}

interface RuleParts {
  readonly head: Head;
  readonly body: Body | undefined;
  readonly hasIf: boolean;
  readonly start: number;
  readonly else?: Else | undefined;
  readonly isDefault?: boolean;
}

export function makeRule(p: OpaParser, parts: RuleParts): Rule {
  const { head, body, hasIf, start, isDefault = false } = parts;
  return {
    kind: 'rule',
    default: isDefault,
    head,
    body,
    hasIf,
    else: parts.else,
    chained: false,
    annotations: [],
    span: p.span(start),
  };
}
