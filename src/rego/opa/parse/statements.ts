/**
 * Statements that are rules without looking like one: `x := 1`, `p[1]`, `f(x) = y`, `a.b.c`. OPA reads
 * them as bodies first; where a head has been read already and nothing follows that only a body could
 * have, it is taken as it is.
 */
import type { Body, Head, Rule, Term } from '../../ast.ts';
import { Tok } from '../../lexer.ts';
import { opaParseError, type OpaParser } from './parser.ts';
import type { HeadDraft } from './heads.ts';
import type { ReadRule } from './rules.ts';
import type { Diagnostic, Span } from '../../source.ts';
import { isRoot, valueName } from './terms.ts';

export interface StatementOptions {
  /** Names that a bare call may not define. */
  readonly isBuiltin: (name: string) => boolean;
}

/** The statement as a rule, or why it is none. */
export type StatementRule = ReadRule | Diagnostic;

/** Whether what follows a bare head leaves no other reading than the head itself. */
export function standsAlone(p: OpaParser, { nameSpan, path, args, value }: HeadDraft): boolean {
  const { tok } = p;
  if (tok === Tok.With || tok === Tok.Semicolon || tok === Tok.Comma) return false;
  if (tok >= Tok.Assign && tok <= Tok.Rem) return false;
  if (path.length > 0 || args !== undefined) {
    const after = p.lex.text.charCodeAt(nameSpan.end);
    if (after !== 46 && after !== 91 && after !== 40) return false;
  }
  return (
    value !== undefined ||
    p.version !== 'v0' ||
    p.lex.text.slice(nameSpan.start, nameSpan.end) !== 'every'
  );
}

/** A bare head as a rule. */
export function ruleOfHead(draft: HeadDraft, options: StatementOptions): StatementRule {
  const { span, refSpan, value, assign, args } = draft;
  const given = value === undefined || assign === undefined ? undefined : { value, assign };
  if (args !== undefined) return functionRule(draft, args, given, span, options);
  if (given !== undefined)
    return bareRule({ kind: 'single', ...headOf(draft), ...given, span }, span);
  return valuelessRule(draft, refSpan);
}

interface Given {
  readonly value: Term;
  readonly assign: ':=' | '=';
}

type Named = Pick<Head, 'name' | 'nameSpan' | 'path'>;

const headOf = ({ name, nameSpan, path }: Named): Named & { hasContains: false } => ({
  name,
  nameSpan,
  path,
  hasContains: false,
});

function bareRule(head: Head, span: Span, impliedValue = false): ReadRule {
  const rule: Rule = {
    kind: 'rule',
    default: false,
    head,
    body: undefined,
    hasIf: false,
    else: undefined,
    chained: false,
    annotations: [],
    span,
  };
  return { rule, impliedValue, impliedBody: true };
}

const refuse = (span: Span, message: string): Diagnostic => opaParseError(span, message, false);

function functionRule(
  named: Named,
  args: readonly Term[],
  given: Given | undefined,
  span: Span,
  { isBuiltin }: StatementOptions,
): StatementRule {
  if (given === undefined) {
    if (isBuiltin(dotted(named))) {
      return refuse(span, 'rule name conflicts with built-in function');
    }
    if (args.length === 0)
      return refuse(span, 'rule argument list must take at least one argument');
  }
  return bareRule({ kind: 'function', ...headOf(named), args, ...given, span }, span);
}

const dotted = ({ name, path }: Named): string =>
  [name, ...path.map((part) => (part.kind === 'string' ? part.value : '?'))].join('.');

/** `p`: no rule; `p[k]`: a set in v0; `a.b.c`: true. */
function valuelessRule(named: Named, span: Span): StatementRule {
  const [key] = named.path;
  if (key === undefined) {
    const root = named.name === 'input' || named.name === 'data';
    return refuse(
      span,
      root ? 'refs cannot be used for rule head' : 'var cannot be used for rule name',
    );
  }
  if (named.path.length === 1) {
    return bareRule({ kind: 'multi', ...headOf(named), path: [], key, span }, span);
  }
  return bareRule({ kind: 'single', ...headOf(named), span }, span, true);
}

/** A body as a rule. */
export function ruleOfBody(body: Body, options: StatementOptions): StatementRule {
  const [literal, ...others] = body;
  const span = literal?.span;
  if (literal === undefined || span === undefined) throw new Error('a body is never empty');
  if (others.length > 0) return refuse(span, 'multiple expressions cannot be used for rule head');
  if (literal.with.length > 0) {
    return refuse(span, 'expressions using with keyword cannot be used for rule head');
  }
  if (literal.kind === 'some' || literal.kind === 'some-in') {
    return refuse(span, "'some' declarations cannot be used for rule head");
  }
  if (literal.kind !== 'expr') return refuse(span, 'expression cannot be used for rule head');
  if (literal.negated) return refuse(span, 'negated expressions cannot be used for rule head');
  return ruleOfTerm(literal.term, span, options);
}

function ruleOfTerm(term: Term, span: Span, options: StatementOptions): StatementRule {
  if (term.kind !== 'call') {
    const named = namedBy(term);
    if (named === undefined) return refuse(span, notAName(term));
    return valuelessRule(named, span);
  }
  const [left, value] = term.args;
  if ((term.infix === '=' || term.infix === ':=') && left !== undefined && value !== undefined) {
    return ruleOfEquation(left, { value, assign: term.infix }, span, options);
  }
  if (term.callee === undefined || options.isBuiltin(term.name)) {
    return refuse(span, 'rule name conflicts with built-in function');
  }
  const named = namedBy(term.callee);
  if (named === undefined) return refuse(span, `invalid rule head: ${text(term.callee)}`);
  return functionRule(named, term.args, undefined, span, options);
}

function ruleOfEquation(
  left: Term,
  given: Given,
  span: Span,
  options: StatementOptions,
): StatementRule {
  if (left.kind === 'call' && left.callee !== undefined) {
    const callee = namedBy(left.callee);
    if (callee !== undefined) return functionRule(callee, left.args, given, span, options);
  }
  const named = namedBy(left);
  if (named === undefined) return refuse(span, notAName(left));
  return bareRule({ kind: 'single', ...headOf(named), ...given, span }, span);
}

/** The name and path of a variable or of a reference that starts with one. */
function namedBy(term: Term): Named | undefined {
  if (term.kind === 'var') return { name: term.name, nameSpan: term.span, path: [] };
  if (term.kind !== 'ref' || term.head.kind !== 'var') return undefined;
  return { name: term.head.name, nameSpan: term.head.span, path: term.path };
}

function notAName(term: Term): string {
  if (term.kind === 'ref') return `invalid rule head: ${text(term)}`;
  const isRef = term.kind === 'var' && isRoot(term);
  return isRef
    ? 'refs cannot be used for rule head'
    : `${valueName(term)} cannot be used for rule name`;
}

const text = ({ span }: Term): string => span.source.text.slice(span.start, span.end);
