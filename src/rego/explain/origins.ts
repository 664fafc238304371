/**
 * Where a value comes from: the place in the request, or in the policy's data, that an expression
 * reads; through locals, arguments, loops, destructuring, comprehensions and builtins.
 */
import type { Slots } from '../eval/closure.ts';
import type { PlanExpr, PlanPattern, PlanRule } from '../plan/plan.ts';
import { equalValues } from '../order.ts';
import { isArray, RegoObject, type Value } from '../value.ts';
import { type Binding, bindingsOf, domainsOf, partsOf, type PatternStep } from './bindings.ts';

export type OriginKey = string | number;

export interface Origin {
  readonly root: 'input' | 'data';
  readonly path: readonly OriginKey[];
  /** The value stands there; otherwise it was computed from what stands there. */
  readonly exact: boolean;
  /** The value is the key of that place. */
  readonly isKey?: true;
}

export type Origins = readonly Origin[];

/** The locals in whose terms an expression is read. */
export interface Scope {
  readonly rule: PlanRule | undefined;
  readonly slots: Slots;
  readonly caller: { readonly scope: Scope; readonly args: readonly PlanExpr[] } | undefined;
  /** The value last seen for an expression. */
  valueOf(expr: PlanExpr): Value | undefined;
  /** Recorded when a call gave its value. */
  callOrigins(expr: PlanExpr): Origins | undefined;
  /** What a rule's value was made from; undefined when it is a document of the policy. */
  ruleOrigins(path: readonly OriginKey[]): { origins: Origins; depth: number } | undefined;
}

const MAX_ORIGINS = 8;
const MAX_DEPTH = 48;
/** Expressions looked at for one: locals made of locals, each used twice, double at every step. */
const MAX_STEPS = 2_000;
const NONE: Origins = [];

interface Walk {
  readonly depth: number;
  readonly steps: { left: number };
}

const startWalk = (): Walk => ({ depth: 0, steps: { left: MAX_STEPS } });
const deeper = ({ depth, steps }: Walk): Walk => ({ depth: depth + 1, steps });

/** The value of an expression whose locals still have theirs. */
export function valueIn(expr: PlanExpr, scope: Scope): Value | undefined {
  if (expr.op === 'const') return expr.value;
  if (expr.op === 'local') return scope.slots[expr.slot] as Value | undefined;
  return scope.valueOf(expr);
}

export function originsOf(expr: PlanExpr, scope: Scope, walk: Walk = startWalk()): Origins {
  if (walk.depth > MAX_DEPTH || --walk.steps.left < 0) return NONE;
  const of = (part: PlanExpr): Origins => originsOf(part, scope, deeper(walk));
  switch (expr.op) {
    case 'const':
      return NONE;
    case 'input':
      return [{ root: 'input', path: [], exact: true }];
    case 'local': {
      const binding = scope.rule && bindingsOf(scope.rule).get(expr.slot);
      return binding === undefined ? NONE : originsOfBinding(binding, scope, deeper(walk));
    }
    case 'doc':
      return originsOfDoc(expr, scope);
    case 'get':
      return originsOfGet(expr, scope, walk);
    case 'call':
      return scope.callOrigins(expr) ?? computed(expr.args.flatMap(of));
    case 'builtin':
      return originsOfBuiltin(expr, scope, walk);
    case 'comprehension': {
      // Its loops are over: what they were at last says nothing of the collection.
      const domains = domainsOf(expr.body);
      return computed((domains.length === 0 ? [expr.value] : domains).flatMap(of));
    }
    default:
      return computed(partsOf(expr).flatMap(of));
  }
}

type Of<Op extends PlanExpr['op']> = Extract<PlanExpr, { op: Op }>;

function originsOfDoc(expr: Of<'doc'>, scope: Scope): Origins {
  if (expr.from !== undefined) return NONE;
  const path: OriginKey[] = [];
  for (const key of expr.keys) {
    const step = asKey(valueIn(key, scope));
    if (step === undefined) return [{ root: 'data', path, exact: false }];
    path.push(step);
  }
  const rule = scope.ruleOrigins(path);
  if (rule !== undefined) return extendAll(rule.origins, path.slice(rule.depth));
  return [{ root: 'data', path, exact: true }];
}

function originsOfGet(expr: Of<'get'>, scope: Scope, walk: Walk): Origins {
  const key = valueIn(expr.key, scope);
  const made = dereference(expr.base, scope, deeper(walk));
  const member = made && memberOf(made.expr, key);
  if (made !== undefined && member !== undefined)
    return originsOf(member, made.scope, deeper(walk));
  const step = asKey(key);
  const base = originsOf(expr.base, scope, deeper(walk));
  if (step !== undefined) return extendAll(base, [step]);
  return computed(base);
}

/** `object.get` reads as a reference where the member is there. */
function originsOfBuiltin(expr: Of<'builtin'>, scope: Scope, walk: Walk): Origins {
  const [object, key] = expr.args;
  if (expr.spec.name === 'object.get' && object !== undefined && key !== undefined) {
    const step = asKey(valueIn(key, scope));
    const base = originsOf(object, scope, deeper(walk));
    if (step !== undefined) return extendAll(base, [step]);
  }
  return computed(expr.args.flatMap((arg) => originsOf(arg, scope, deeper(walk))));
}

/** The expression that made an object or array, followed through locals and arguments. */
function dereference(
  expr: PlanExpr,
  scope: Scope,
  walk: Walk,
): { readonly expr: PlanExpr; readonly scope: Scope } | undefined {
  if (walk.depth > MAX_DEPTH) return undefined;
  if (expr.op === 'object' || expr.op === 'array') return { expr, scope };
  if (expr.op !== 'local' || scope.rule === undefined) return undefined;
  const binding = bindingsOf(scope.rule).get(expr.slot);
  if (binding === undefined || binding.path.length > 0) return undefined;
  if (binding.from === 'expr') return dereference(binding.expr, scope, deeper(walk));
  if (binding.from === 'element' || scope.caller === undefined) return undefined;
  const arg = scope.caller.args[binding.index];
  return arg && dereference(arg, scope.caller.scope, deeper(walk));
}

function memberOf(expr: PlanExpr, key: Value | undefined): PlanExpr | undefined {
  if (expr.op === 'array') return typeof key === 'number' ? expr.items[key] : undefined;
  if (expr.op !== 'object' || typeof key !== 'string') return undefined;
  const at = expr.keys.findIndex((name) => name.op === 'const' && name.value === key);
  return expr.values[at];
}

function originsOfBinding(binding: Binding, scope: Scope, walk: Walk): Origins {
  switch (binding.from) {
    case 'expr':
      return extendPattern(originsOf(binding.expr, scope, walk), binding.path);
    case 'argument': {
      const arg = scope.caller?.args[binding.index];
      if (scope.caller === undefined || arg === undefined) return NONE;
      return extendPattern(originsOf(arg, scope.caller.scope, walk), binding.path);
    }
    case 'element':
      return originsOfElement(binding, scope, walk);
  }
}

function originsOfElement(
  { over, part, key, value, path }: Extract<Binding, { from: 'element' }>,
  scope: Scope,
  walk: Walk,
): Origins {
  const collection = originsOf(over, scope, walk);
  const step = asKey(patternValue(key, scope) ?? keyOfElement(over, value, scope));
  if (step === undefined) return computed(collection);
  const element = extendAll(collection, [step]);
  if (part === 'value') return extendPattern(element, path);
  return element.map((origin) => (origin.exact ? { ...origin, isKey: true } : origin));
}

function patternValue(pattern: PlanPattern, scope: Scope): Value | undefined {
  if (pattern.match === 'bind') return scope.slots[pattern.slot] as Value | undefined;
  return pattern.match === 'equal' ? valueIn(pattern.expr, scope) : undefined;
}

/** The key under which the element at hand stands, where no variable holds it. */
function keyOfElement(over: PlanExpr, pattern: PlanPattern, scope: Scope): Value | undefined {
  const element = patternValue(pattern, scope);
  const collection = valueIn(over, scope);
  if (element === undefined || collection === undefined) return undefined;
  if (isArray(collection)) {
    const same = collection.indexOf(element);
    const at = same >= 0 ? same : collection.findIndex((item) => equalValues(item, element));
    return at < 0 ? undefined : at;
  }
  if (!(collection instanceof RegoObject)) return undefined;
  for (const [key, item] of collection.entries()) if (item === element) return key;
  return undefined;
}

const asKey = (value: PatternStep): OriginKey | undefined =>
  typeof value === 'string' || typeof value === 'number' ? value : undefined;

function extendAll(origins: Origins, steps: readonly OriginKey[]): Origins {
  if (steps.length === 0) return origins;
  return origins.map((origin) =>
    origin.exact && origin.isKey !== true
      ? { ...origin, path: [...origin.path, ...steps] }
      : { ...origin, exact: false },
  );
}

function extendPattern(origins: Origins, steps: readonly PatternStep[]): Origins {
  const keys = steps.map(asKey);
  return keys.every((key) => key !== undefined) ? extendAll(origins, keys) : computed(origins);
}

/** The same places, as what a value was computed from. */
function computed(origins: Origins): Origins {
  const distinct = new Map<string, Origin>();
  for (const origin of origins) {
    const name = `${origin.root}${JSON.stringify(origin.path)}`;
    if (!distinct.has(name)) distinct.set(name, { ...origin, exact: false });
    if (distinct.size >= MAX_ORIGINS) break;
  }
  return [...distinct.values()];
}
