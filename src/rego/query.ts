/**
 * Queries: a path into `data` is read directly, anything else is a body whose variables and
 * expression values make the rows of the answer.
 */
import type { Body, Literal, Term } from './ast.ts';
import { isBuiltinName } from './builtins/registry.ts';
import { arityIn } from './compile/arity.ts';
import { type Local, sourceName } from './compile/policy.ts';
import { RuleResolver } from './compile/resolve-rule.ts';
import { directNames } from './compile/scope.ts';
import { collectingSink } from './compile/sink.ts';
import type { Evaluation } from './eval/evaluation.ts';
import type { Program } from './eval/program.ts';
import { opaDialect } from './opa-dialect.ts';
import type { Row } from './outcome.ts';
import { parseQuery } from './parse/parse-module.ts';
import type { PlanExpr, PlanLiteral } from './plan/plan.ts';
import { Planner } from './plan/planner.ts';
import { planGrammar } from './plan/rules.ts';
import type { Diagnostic, Source } from './source.ts';
import { type Value, valueBuilder } from './value.ts';

export interface CompiledQuery {
  /** A path: one value or none. */
  readonly path?: (ev: Evaluation) => Value | undefined;
  run(ev: Evaluation): readonly Row[];
}

export interface QueryFailure {
  readonly failure: Diagnostic;
}

/** `data.a.b`: what a gate asks, without a parser. */
const PATH = /^data(?:\.[A-Za-z_]\w*)+$/;

export function compileQuery(text: string, program: Program): CompiledQuery | QueryFailure {
  if (PATH.test(text)) return pathQuery(text, program);
  const { profile } = program;
  const source: Source = { name: '<query>', text };
  const { body, errors } = parseQuery(source, {
    engine: profile.engine,
    regoVersion: profile.regoVersion,
    builder: valueBuilder(profile.numbers),
    isBuiltin: isBuiltinName,
  });
  const [error] = errors;
  if (error !== undefined) return { failure: error };
  return bodyQuery(body ?? [], program);
}

function pathQuery(text: string, program: Program): CompiledQuery {
  const source: Source = { name: '<query>', text };
  const span = { source, start: 0, end: text.length };
  const keys = text
    .split('.')
    .slice(1)
    .map((value): PlanExpr => ({ op: 'const', value, span, at: 0 }));
  const get = program.maker.expr({ op: 'doc', from: undefined, keys, span, at: 0 });
  const path = (ev: Evaluation): Value | undefined => get(ev, []);
  return {
    path,
    run(ev) {
      const value = path(ev);
      return value === undefined ? [] : [{ expressions: [value], bindings: {} }];
    },
  };
}

function bodyQuery(body: Body, program: Program): CompiledQuery | QueryFailure {
  const { profile, policy } = program;
  const sink = collectingSink();
  const resolver = new RuleResolver(
    { package: [], rules: new Map(), imports: new Map(), profile },
    sink,
  );
  const arity = arityIn(policy, profile);
  const { body: resolved = [] } = resolver.branch(body, directNames(body, []), () => undefined);
  const statements = resolved.filter(({ kind }) => kind !== 'some');
  const captures = statements.map((literal, i) => capture(literal, i, arity));
  const captured = captures.map(({ literal }) => literal);
  const opa = opaDialect();
  if (profile.engine === 'opa') opa.checkQueryCalls(policy, resolved, sink);
  const [unknown] = sink.diagnostics;
  if (unknown !== undefined) return { failure: unknown };
  const ordered = opa.orderBody(captured, new Set(), 1, {
    locals: resolver.locals,
    arity,
    report({ name, span }) {
      sink.error('rego_unsafe_var_error', span, `var ${sourceName(name)} is unsafe`);
    },
  });
  if (profile.engine === 'opa' && !sink.failed) opa.checkQueryTypes(policy, ordered.body, sink);
  const [failure] = sink.diagnostics;
  if (failure !== undefined) return { failure };
  return plan(ordered.body, captures, resolver.locals, program);
}

interface Captured {
  readonly literal: Literal;
  /** The variable that takes the expression's value; absent where that is `true`. */
  readonly name: string | undefined;
}

/** A literal that is a value gives it to a variable of its own. */
function capture(
  literal: Literal,
  index: number,
  arity: (name: string) => number | undefined,
): Captured {
  if (literal.kind !== 'expr' || literal.negated) return { literal, name: undefined };
  const { term } = literal;
  if (term.kind === 'call') {
    const isAssignment = term.infix === ':=' || term.infix === '=';
    const hasOutput = term.infix === undefined && arity(term.name) === term.args.length - 1;
    if (isAssignment || hasOutput || term.name === 'print') return { literal, name: undefined };
  }
  const name = `expression~${String(index)}`;
  const { span } = term;
  const target: Term = { kind: 'var', name, span };
  const assign: Term = {
    kind: 'call',
    name: 'assign',
    infix: ':=',
    args: [target, term],
    at: span.start,
    span,
  };
  return { literal: { ...literal, term: assign }, name };
}

const iterates = ({ steps }: PlanLiteral): boolean => steps.length > 1;

function plan(
  ordered: Body,
  captures: readonly Captured[],
  locals: ReadonlyMap<string, Local>,
  program: Program,
): CompiledQuery {
  const p = new Planner(program, planGrammar);
  const { body } = p.body(ordered, () => undefined);
  const slots = captures.map(({ name }) => (name === undefined ? undefined : p.slot(name)));
  const bindings = [...locals.values()]
    .filter(({ depth, declaredBy }) => depth === 1 && declaredBy !== 'wildcard')
    .map(({ name, source }) => ({ source, slot: p.slot(name) }));
  // One expression without iteration may well be false; among several it must hold.
  const mustHold = captures.length > 1 || body.some(iterates);
  const result = p.temporary();
  const run = program.maker.body(body, (_, s) => {
    const expressions = slots.map((slot) => (slot === undefined ? true : (s[slot] as Value)));
    if (mustHold && expressions.includes(false)) return false;
    const row: Record<string, Value> = Object.create(null) as Record<string, Value>;
    for (const { source, slot } of bindings) {
      if (s[slot] !== undefined) row[source] = s[slot] as Value;
    }
    (s[result] as Row[]).push({ expressions, bindings: row });
    return false;
  });
  return {
    run(ev) {
      const s: unknown[] = new Array<unknown>(result + 1);
      const rows: Row[] = [];
      s[result] = rows;
      run(ev, s);
      return rows;
    },
  };
}
