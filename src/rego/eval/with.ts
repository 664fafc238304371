/**
 * `with`: other documents and functions for one literal and all it calls. What follows the literal
 * runs outside again, so the state is swapped back around every continuation.
 */
import { ObjectBuilder, RegoObject, type Value } from '../value.ts';
import type { PlanModifier, PlanStep } from '../plan/plan.ts';
import type { Get, Maker, Run } from './closure.ts';
import { type Caches, type Evaluation, freshCaches, type Replacement } from './evaluation.ts';
import { EvalFault } from './fault.ts';
import { UNDEFINED } from './group.ts';

interface State {
  readonly input: Value | undefined;
  readonly data: Value;
  readonly caches: Caches;
  readonly replacements: ReadonlyMap<string, Replacement> | undefined;
  readonly overrides: readonly DataOverride[];
}

/** A replaced part of `data`: it also hides the rules at its path. */
export interface DataOverride {
  readonly path: readonly string[];
}

const save = (ev: Evaluation): State => ({
  input: ev.input,
  data: ev.data,
  caches: ev.caches,
  replacements: ev.replacements,
  overrides: ev.overrides,
});

function restore(ev: Evaluation, state: State): void {
  ev.input = state.input;
  ev.data = state.data;
  ev.caches = state.caches;
  ev.replacements = state.replacements;
  ev.overrides = state.overrides;
}

/** The document with `value` at `path`; objects on the way are copied, others replaced or, when strict, refused. */
function replaced(
  strict: boolean,
  document: Value | undefined,
  path: readonly string[],
  value: Value,
  modifier: PlanModifier,
): Value {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (document !== undefined && !(document instanceof RegoObject) && strict) {
    const text = 'real and replacement data could not be merged';
    throw new EvalFault('eval_with_merge_error', text, modifier);
  }
  const builder = new ObjectBuilder();
  const from = document instanceof RegoObject ? document : RegoObject.empty;
  for (const [name, member] of from.entries()) builder.set(name, member);
  builder.set(key, replaced(strict, from.get(key), rest, value, modifier));
  return builder.build();
}

type Apply = (ev: Evaluation, next: Change, values: readonly (Value | undefined)[]) => void;

interface Change {
  input: Value | undefined;
  data: Value;
  replacements: Map<string, Replacement>;
  overrides: DataOverride[];
  /** The literal is not evaluated. */
  skips: boolean;
}

/** True when an earlier modifier has put something above the path: that may be overwritten. */
const isAbove = ({ overrides }: Change, path: readonly string[]): boolean =>
  overrides.some(
    (above) => above.path.length < path.length && above.path.every((part, i) => part === path[i]),
  );

function makeApply(m: Maker, modifier: PlanModifier, index: number): Apply {
  if (modifier.target === 'nothing') {
    return () => {
      throw new EvalFault('eval_type_error', 'undefined rule', modifier);
    };
  }
  if (modifier.target === 'function') {
    const { name, by } = modifier;
    if (typeof by === 'string') {
      return (_, change) => {
        change.replacements.set(name, { kind: 'function', name: by });
      };
    }
    return (_, change, values) => {
      const value = values[index];
      if (value === undefined) change.skips = true;
      else change.replacements.set(name, { kind: 'value', value });
    };
  }
  const { target, path } = modifier;
  const strict = m.traits.withBelowScalars === 'refused';
  return (_, change, values) => {
    const value = values[index];
    // In regorus only the last replacement of a document decides.
    change.skips = value === undefined || (strict && change.skips);
    if (value === undefined) {
      if (!strict && target === 'input' && path.length === 0) change.input = undefined;
      return;
    }
    if (target === 'input') {
      change.input = replaced(false, change.input, path, value, modifier);
    } else {
      change.data = replaced(strict && !isAbove(change, path), change.data, path, value, modifier);
      change.overrides.push({ path });
    }
  };
}

/**
 * regorus evaluates the values of modifiers as if nothing had been evaluated before, then replaces
 * the documents but not its list of what is done: rules read by a value are lost to the literal.
 */
function cachesAfter(read: Caches): Caches {
  const caches = freshCaches();
  read.groups.forEach((value, id) => {
    if (value !== undefined) caches.groups[id] = UNDEFINED;
  });
  if (read.touched !== undefined && read.touched.size > 0) caches.lost = read.touched;
  return caches;
}

export function makeWith(m: Maker, step: Extract<PlanStep, { op: 'with' }>, next: Run): Run {
  const values = step.modifiers.map((modifier): Get | undefined => {
    if (modifier.target === 'nothing') return undefined;
    const expr = modifier.target === 'function' ? modifier.by : modifier.value;
    return typeof expr === 'string' ? undefined : m.expr(expr);
  });
  const applies = step.modifiers.map((modifier, i) => makeApply(m, modifier, i));
  const isLost = m.traits.rulesReadByWith === 'lost';
  // What follows runs in the state from before, then this literal goes on in its own.
  const run = m.steps(step.steps, (ev, s) => {
    const inner = save(ev);
    const outer = ev.outer.pop() as State;
    restore(ev, outer);
    try {
      return next(ev, s);
    } finally {
      restore(ev, inner);
      ev.outer.push(outer);
    }
  });
  return (ev, s) => {
    const { caches } = ev;
    const read = freshCaches();
    if (isLost) {
      read.touched = new Set();
      ev.caches = read;
    }
    const results = values.map((value) => value?.(ev, s));
    ev.caches = caches;
    const change: Change = {
      input: ev.input,
      data: ev.data,
      replacements: new Map(ev.replacements),
      overrides: [...ev.overrides],
      skips: false,
    };
    for (const apply of applies) apply(ev, change, results);
    if (change.skips) return false;
    const outer = save(ev);
    ev.outer.push(outer);
    restore(ev, {
      input: change.input,
      data: change.data,
      overrides: change.overrides,
      replacements: change.replacements.size === 0 ? undefined : change.replacements,
      caches: isLost ? cachesAfter(read) : freshCaches(),
    });
    // A function of regorus may catch a fault and go on.
    try {
      return run(ev, s);
    } finally {
      ev.outer.pop();
      restore(ev, outer);
    }
  };
}
