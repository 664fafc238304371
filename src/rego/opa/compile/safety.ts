/**
 * OPA's safety: every body is put into an order in which each variable is bound before it is
 * needed, keeping source order otherwise. What cannot be placed is an unsafe variable.
 * Source: OPA v1/ast/compile.go, reorderBodyForSafety.
 */
import type { Body, Literal, Term, VarTerm } from '../../ast.ts';
import type { DiagnosticSink } from '../../compile/sink.ts';
import {
  type Branch,
  type Local,
  type Policy,
  type ResolvedRule,
  sourceName,
} from '../../compile/policy.ts';
import type { Arity } from '../../compile/arity.ts';
import { Bound, boundAfter, type Known } from './outputs.ts';
import { LiteralScheduler, type PendingLiteral } from './literal-scheduler.ts';
import { replaceRules } from '../../compile/tree.ts';
import { eachLiteralVar, eachVar, mapClosures } from '../../compile/vars.ts';
import { eachIndex } from '../../compile/schedule-vars.ts';

interface Context {
  readonly locals: ReadonlyMap<string, Local>;
  readonly arity: Arity;
  readonly report: (variable: VarTerm) => void;
}

/**
 * Locals of the bodies up to `depth` that a literal needs. A variable that only closures mention is
 * needed if the body mentions it outside of closures at all: `some i; [x | x := xs[i]]` binds `i`
 * inside.
 */
function neededBy(
  literal: Literal,
  depth: number,
  context: Context,
  ofBody: ReadonlySet<string>,
): Pick<PendingLiteral, 'after' | 'before'> {
  if (literal.kind === 'some') return { after: [], before: [] };
  const direct = new Set<VarTerm>();
  const names = new Set<string>();
  eachLiteralVar(
    literal,
    (variable) => {
      direct.add(variable);
      names.add(variable.name);
    },
    false,
  );
  const after: VarTerm[] = [];
  const before: VarTerm[] = [];
  // A value that has to be made is made before the literal runs.
  for (const { value } of literal.with) {
    if (value.kind === 'var') continue;
    // References in it iterate, as in any literal of their own.
    const iterated = new Set<string>();
    eachIndex(value, ({ name }) => iterated.add(name));
    eachVar(
      value,
      (variable) => {
        const local = context.locals.get(variable.name);
        if (local === undefined || local.depth > depth) return;
        (iterated.has(variable.name) ? after : before).push(variable);
      },
      false,
    );
  }
  eachLiteralVar(literal, (variable) => {
    const local = context.locals.get(variable.name);
    // A name that is no local is a builtin that stands in for another.
    if (local === undefined || local.depth > depth) return;
    const inClosure = !direct.has(variable) && ofBody.has(variable.name);
    if (inClosure) before.push(variable);
    if (inClosure || names.has(variable.name)) after.push(variable);
  });
  return { after, before };
}

/** Variables that a body mentions outside of closures; declaring one is no mention. */
function directVars(body: Body): ReadonlySet<string> {
  const names = new Set<string>();
  for (const literal of body) {
    if (literal.kind !== 'some') eachLiteralVar(literal, ({ name }) => names.add(name), false);
  }
  return names;
}

/**
 * OPA goes through what is left of the body in source order, again and again, taking what is ready.
 * `scheduler` gives the same order without asking a literal again before anything it needs is bound.
 */
export function orderBody(
  body: Body,
  safe: Known,
  depth: number,
  context: Context,
): { body: Body; safe: Known } {
  const bound = new Bound(safe);
  const ordered: Literal[] = [];
  const direct = directVars(body);
  const scheduler = new LiteralScheduler(
    body.map((literal, index) => ({
      index,
      literal,
      ...neededBy(literal, depth, context, direct),
    })),
  );
  for (let pending = scheduler.next(); pending !== undefined; pending = scheduler.next()) {
    const { literal } = pending;
    const after = boundAfter(literal, bound, context.arity);
    const isReady =
      pending.after.every(({ name }) => after.has(name)) &&
      pending.before.every(({ name }) => bound.has(name));
    if (!isReady) {
      scheduler.postpone(pending);
      continue;
    }
    ordered.push(orderInside(literal, bound, depth, context));
    for (const name of after.added) {
      bound.add(name);
      scheduler.wake(name);
    }
  }
  for (const waiting of scheduler.unplaced()) reportUnsafe(waiting, bound, context);
  return { body: ordered, safe: bound };
}

function reportUnsafe(
  { literal, after, before }: PendingLiteral,
  bound: Known,
  context: Context,
): void {
  const boundThen = boundAfter(literal, bound, context.arity);
  const inClosures = new Set(before);
  const missing = [...before, ...after].filter((variable) => {
    const known = inClosures.has(variable) ? bound : boundThen;
    return !known.has(variable.name);
  });
  for (const variable of missing) context.report(variable);
}

/** Orders the closures of a placed literal; they see what is bound before it. */
function orderInside(literal: Literal, before: Known, depth: number, context: Context): Literal {
  const inTerm = (term: Term): Term => orderClosures(term, before, depth, context);
  const modifiers = literal.with.map((modifier) => ({
    ...modifier,
    value: inTerm(modifier.value),
  }));
  switch (literal.kind) {
    case 'expr':
      return { ...literal, with: modifiers, term: inTerm(literal.term) };
    case 'some-in':
      return {
        ...literal,
        with: modifiers,
        domain: inTerm(literal.domain),
        value: inTerm(literal.value),
        ...(literal.key !== undefined && { key: inTerm(literal.key) }),
      };
    case 'every': {
      const inner = new Bound(before);
      if (literal.key !== undefined) inner.add(literal.key.name);
      inner.add(literal.value.name);
      const { body } = orderBody(literal.body, inner, depth + 1, context);
      return { ...literal, with: modifiers, domain: inTerm(literal.domain), body };
    }
    case 'not-body': {
      const { body } = orderBody(literal.body, before, depth + 1, context);
      return { ...literal, with: modifiers, body };
    }
    case 'some':
      return literal;
  }
}

function orderClosures(term: Term, safe: Known, depth: number, context: Context): Term {
  return mapClosures(term, (closure) => {
    const inner = orderBody(closure.body, safe, depth + 1, context);
    const head = (part: Term): Term => orderHead(part, inner.safe, depth + 1, context);
    return {
      ...closure,
      body: inner.body,
      value: head(closure.value),
      ...(closure.key !== undefined && { key: head(closure.key) }),
    };
  });
}

/** A head term: references in it may iterate, everything else must be bound by the body. */
function orderHead(term: Term, safe: Known, depth: number, context: Context): Term {
  const literal: Literal = { kind: 'expr', negated: false, term, with: [], span: term.span };
  const after = boundAfter(literal, safe, context.arity);
  eachVar(
    term,
    (variable) => {
      if (!after.has(variable.name)) context.report(variable);
    },
    false,
  );
  return orderClosures(term, after, depth, context);
}

/** Orders every rule; unsafe variables go to the sink once per rule and place. */
export function orderPolicy(policy: Policy, arity: Arity, sink: DiagnosticSink): Policy {
  const byId = new Map(policy.rules.map((rule) => [rule.id, orderRule(rule, arity, sink)]));
  const replaced = (rule: ResolvedRule): ResolvedRule => byId.get(rule.id) ?? rule;
  return replaceRules(policy, replaced);
}

function orderRule(rule: ResolvedRule, arity: Arity, sink: DiagnosticSink): ResolvedRule {
  const reported = new Set<string>();
  const context: Context = {
    locals: rule.locals,
    arity,
    report({ name, span }) {
      if (reported.has(name)) return;
      reported.add(name);
      sink.error('rego_unsafe_var_error', span, `var ${sourceName(name)} is unsafe`);
    },
  };
  const args = new Set<string>();
  for (const arg of rule.args ?? []) eachVar(arg, ({ name }) => args.add(name), false);
  let { dynamic, key } = rule;
  const branches = rule.branches.map((branch, i): Branch => {
    const { body, safe: bound } = orderBody(branch.body ?? [], args, 1, context);
    // What the head lacks because of an error in the body is not a second error.
    const mentioned = reported.size === 0 ? undefined : directVars(branch.body ?? []);
    const safe: Known = { has: (name) => bound.has(name) || mentioned?.has(name) === true };
    if (i === 0) {
      dynamic = dynamic.map((term) => orderHead(term, safe, 1, context));
      key = key && orderHead(key, safe, 1, context);
    }
    const value = branch.value && orderHead(branch.value, safe, 1, context);
    return { ...branch, body: branch.body && body, value };
  });
  return { ...rule, dynamic, key, branches };
}
