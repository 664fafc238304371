/**
 * Where each variable of a rule gets its value: every slot has one place that binds it, so the place
 * can be looked up instead of watched.
 */
import type {
  PlanBody,
  PlanComprehension,
  PlanExpr,
  PlanPattern,
  PlanRule,
  PlanStep,
} from '../plan/plan.ts';
import type { Value } from '../value.ts';

/** A step into a destructured value; undefined where the key is computed. */
export type PatternStep = Value | undefined;

export type Binding =
  | { readonly from: 'expr'; readonly expr: PlanExpr; readonly path: readonly PatternStep[] }
  | {
      readonly from: 'element';
      readonly over: PlanExpr;
      readonly part: 'key' | 'value';
      readonly key: PlanPattern;
      readonly value: PlanPattern;
      readonly path: readonly PatternStep[];
    }
  | { readonly from: 'argument'; readonly index: number; readonly path: readonly PatternStep[] };

export type Bindings = ReadonlyMap<number, Binding>;

const known = new WeakMap<PlanRule, Bindings>();

export function bindingsOf(rule: PlanRule): Bindings {
  let bindings = known.get(rule);
  if (bindings === undefined) {
    const found = new Map<number, Binding>();
    rule.args?.forEach((pattern, index) => {
      bindPattern(found, pattern, [], (path) => ({ from: 'argument', index, path }));
    });
    for (const branch of rule.branches) {
      visitBody(found, branch.body);
      for (const expr of [branch.value, ...branch.dynamic]) visitExpr(found, expr);
      if (branch.key !== undefined) visitExpr(found, branch.key);
    }
    bindings = found;
    known.set(rule, bindings);
  }
  return bindings;
}

type Found = Map<number, Binding>;

function bindPattern(
  found: Found,
  pattern: PlanPattern,
  path: readonly PatternStep[],
  make: (path: readonly PatternStep[]) => Binding,
): void {
  switch (pattern.match) {
    case 'bind':
      found.set(pattern.slot, make(path));
      return;
    case 'array':
      pattern.items.forEach((item, i) => {
        bindPattern(found, item, [...path, i], make);
      });
      return;
    case 'object':
      pattern.values.forEach((item, i) => {
        const key = pattern.keys[i];
        bindPattern(found, item, [...path, key?.op === 'const' ? key.value : undefined], make);
      });
      return;
    case 'equal':
      visitExpr(found, pattern.expr);
      return;
    case 'any':
  }
}

function visitBody(found: Found, body: PlanBody): void {
  for (const { steps } of body) for (const step of steps) visitStep(found, step);
}

function bindElement(
  found: Found,
  over: PlanExpr,
  { key, value }: { readonly key: PlanPattern; readonly value: PlanPattern },
): void {
  for (const part of ['key', 'value'] as const) {
    bindPattern(found, part === 'key' ? key : value, [], (path) => ({
      from: 'element',
      over,
      part,
      key,
      value,
      path,
    }));
  }
}

function visitStep(found: Found, step: PlanStep): void {
  switch (step.op) {
    case 'test':
      visitExpr(found, step.expr);
      return;
    case 'bind':
      found.set(step.slot, { from: 'expr', expr: step.expr, path: [] });
      visitExpr(found, step.expr);
      return;
    case 'match':
      bindPattern(found, step.pattern, [], (path) => ({ from: 'expr', expr: step.expr, path }));
      visitExpr(found, step.expr);
      return;
    case 'scan':
      bindElement(found, step.over, step);
      visitExpr(found, step.over);
      return;
    case 'scan-doc':
      visitExpr(found, step.doc);
      return;
    case 'relation':
      visitExpr(found, step.call);
      return;
    case 'not':
      visitBody(found, step.body);
      return;
    case 'every':
      bindElement(found, step.domain, step);
      visitExpr(found, step.domain);
      visitBody(found, step.body);
      return;
    case 'with':
      for (const inner of step.steps) visitStep(found, inner);
  }
}

function visitExpr(found: Found, expr: PlanExpr): void {
  if (expr.op === 'comprehension') visitComprehension(found, expr);
  else for (const part of partsOf(expr)) visitExpr(found, part);
}

function visitComprehension(found: Found, { body, key, value }: PlanComprehension): void {
  visitBody(found, body);
  if (key !== undefined) visitExpr(found, key);
  visitExpr(found, value);
}

/** The expressions that an expression is made of; a comprehension's are behind its body. */
export function partsOf(expr: PlanExpr): readonly PlanExpr[] {
  switch (expr.op) {
    case 'const':
    case 'local':
    case 'input':
    case 'fail':
      return [];
    case 'doc':
      return expr.keys;
    case 'get':
      return [expr.base, expr.key];
    case 'array':
    case 'set':
      return expr.items;
    case 'object':
      return expr.values;
    case 'builtin':
    case 'call':
    case 'print':
      return expr.args;
    case 'compare':
    case 'arithmetic':
      return [expr.left, expr.right];
    case 'member':
      return expr.key === undefined
        ? [expr.value, expr.collection]
        : [expr.key, expr.value, expr.collection];
    case 'comprehension':
      return [];
    case 'template':
      return expr.parts.flatMap((part) => (typeof part === 'string' ? [] : [part]));
  }
}

/** What a body iterates: the collections that a comprehension takes its elements from. */
export function domainsOf(body: PlanBody): readonly PlanExpr[] {
  return body.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.op === 'scan' ? [step.over] : [])),
  );
}
