/**
 * OPA's safety: every body is put into an order in which each variable is bound before it is
 * needed, keeping source order otherwise. What cannot be placed is an unsafe variable.
 * Source: OPA v1/ast/compile.go, reorderBodyForSafety.
 */
import type { Body, Literal, Term, VarTerm } from '../ast.ts';
import type { DiagnosticSink } from './pass.ts';
import { sourceName } from './policy.ts';
import type { Branch, Local, Policy, ResolvedRule } from './policy.ts';
import { boundAfter } from './outputs.ts';
import type { Arity } from './outputs.ts';
import { eachLiteralVar, eachVar, mapClosures } from './vars.ts';

interface Context {
  readonly locals: ReadonlyMap<string, Local>;
  readonly arity: Arity;
  readonly report: (variable: VarTerm) => void;
}

/** Locals of the bodies up to `depth` that a literal mentions, in closures as well. */
function neededBy(literal: Literal, depth: number, context: Context): VarTerm[] {
  const needed: VarTerm[] = [];
  if (literal.kind === 'some') return needed;
  eachLiteralVar(literal, (variable) => {
    const local = context.locals.get(variable.name);
    // A name that is no local is a builtin that stands in for another.
    if (local !== undefined && local.depth <= depth) needed.push(variable);
  });
  return needed;
}

/**
 * Variables that only a closure of the literal mentions must be bound before the literal, if the body
 * mentions them outside of closures at all: `some i; [x | x := xs[i]]` binds `i` inside.
 */
function neededByClosures(
  literal: Literal,
  depth: number,
  context: Context,
  ofBody: ReadonlySet<string>,
): VarTerm[] {
  const direct = new Set<VarTerm>();
  eachLiteralVar(literal, (variable) => direct.add(variable), false);
  return neededBy(literal, depth, context).filter(
    (variable) => !direct.has(variable) && ofBody.has(variable.name),
  );
}

/** Variables that a body mentions outside of closures; declaring one is no mention. */
function directVars(body: Body): ReadonlySet<string> {
  const names = new Set<string>();
  for (const literal of body) {
    if (literal.kind !== 'some') eachLiteralVar(literal, ({ name }) => names.add(name), false);
  }
  return names;
}

/** What must be bound once the literal has run: its closures have been looked after already. */
function neededDirectly(
  literal: Literal,
  depth: number,
  context: Context,
  ofBody: ReadonlySet<string>,
): VarTerm[] {
  const inClosures = new Set(neededByClosures(literal, depth, context, ofBody));
  const direct = new Set<string>();
  eachLiteralVar(literal, ({ name }) => direct.add(name), false);
  return neededBy(literal, depth, context).filter(
    (variable) => inClosures.has(variable) || direct.has(variable.name),
  );
}

export function orderBody(
  body: Body,
  safe: ReadonlySet<string>,
  depth: number,
  context: Context,
): { body: Body; safe: ReadonlySet<string> } {
  let bound = new Set(safe);
  const ordered: Literal[] = [];
  let waiting = [...body];
  const direct = directVars(body);
  for (let progress = true; progress && waiting.length > 0;) {
    progress = false;
    const next: Literal[] = [];
    for (const literal of waiting) {
      const after = boundAfter(literal, bound, context.arity);
      const ready =
        neededDirectly(literal, depth, context, direct).every(({ name }) => after.has(name)) &&
        neededByClosures(literal, depth, context, direct).every(({ name }) => bound.has(name));
      if (!ready) {
        next.push(literal);
        continue;
      }
      ordered.push(orderInside(literal, bound, after, depth, context));
      bound = after;
      progress = true;
    }
    waiting = next;
  }
  for (const literal of waiting) reportUnsafe(literal, bound, depth, context, direct);
  return { body: ordered, safe: bound };
}

function reportUnsafe(
  literal: Literal,
  bound: ReadonlySet<string>,
  depth: number,
  context: Context,
  direct: ReadonlySet<string>,
): void {
  const after = boundAfter(literal, bound, context.arity);
  const inClosures = new Set(neededByClosures(literal, depth, context, direct));
  for (const variable of neededDirectly(literal, depth, context, direct)) {
    const known = inClosures.has(variable) ? bound : after;
    if (!known.has(variable.name)) context.report(variable);
  }
}

/** Orders the closures of a placed literal. */
function orderInside(
  literal: Literal,
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
  depth: number,
  context: Context,
): Literal {
  const inTerm = (term: Term): Term => orderClosures(term, after, depth, context);
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
      const inner = new Set(before);
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

function orderClosures(
  term: Term,
  safe: ReadonlySet<string>,
  depth: number,
  context: Context,
): Term {
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
function orderHead(term: Term, safe: ReadonlySet<string>, depth: number, context: Context): Term {
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

/** A copy of the policy with other rules in the same places. */
export function replaceRules(
  policy: Policy,
  replaced: (rule: ResolvedRule) => ResolvedRule,
): Policy {
  const node = (old: Policy['tree']): Policy['tree'] => ({
    ...old,
    children: new Map([...old.children].map(([name, child]) => [name, node(child)])),
    rules: old.rules.map(replaced),
    defaults: old.defaults.map(replaced),
  });
  return {
    modules: policy.modules.map((module) => ({ ...module, rules: module.rules.map(replaced) })),
    rules: policy.rules.map(replaced),
    tree: node(policy.tree),
  };
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
    const { body, safe } = orderBody(branch.body ?? [], args, 1, context);
    if (i === 0) {
      dynamic = dynamic.map((term) => orderHead(term, safe, 1, context));
      key = key && orderHead(key, safe, 1, context);
    }
    const value = branch.value && orderHead(branch.value, safe, 1, context);
    return { ...branch, body: branch.body && body, value };
  });
  return { ...rule, dynamic, key, branches };
}
