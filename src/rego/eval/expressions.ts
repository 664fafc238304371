/** Expressions into closures. Subtrees of constants are computed once, here. */
import { compareValues, equalValues } from '../order.ts';
import { formatTerm, regorusDebug, regorusJson } from '../text.ts';
import { ObjectBuilder, RegoObject, RegoSet, SetBuilder, type Value } from '../value.ts';
import type { PlanComprehension, PlanExpr, PlanScopes } from '../plan/plan.ts';
import { arithmetic } from './arithmetic.ts';
import type { Get, Maker, Run, Slots } from './closure.ts';
import { EvalFault } from './fault.ts';
import { lookup } from './lookup.ts';
import { insideClosure } from './what-if.ts';

type Of<Op extends PlanExpr['op']> = Extract<PlanExpr, { op: Op }>;

export function makeExpr(m: Maker, plan: PlanExpr): Get {
  const get = makeLean(m, plan);
  if (!m.observed || plan.op === 'const') return get;
  if (m.whatIf && (plan.op === 'call' || plan.op === 'doc')) {
    return (ev, s) => {
      const found = get(ev, s);
      const value = ev.whatIf === undefined ? found : ev.whatIf.supply(plan, found);
      ev.observer?.value?.(plan, value);
      return value;
    };
  }
  return (ev, s) => {
    const value = get(ev, s);
    ev.observer?.value?.(plan, value);
    return value;
  };
}

function makeLean(m: Maker, plan: PlanExpr): Get {
  switch (plan.op) {
    case 'const': {
      const { value } = plan;
      return () => value;
    }
    case 'local': {
      const { slot } = plan;
      // The planner puts nothing but values into slots that locals read.
      return (_, s) => s[slot] as Value | undefined;
    }
    case 'input':
      return (ev) => ev.input;
    case 'get':
      return makeGet(m, plan);
    case 'array':
    case 'set':
      return makeList(m, plan);
    case 'object':
      return makeObject(m, plan);
    case 'compare':
      return makeCompare(m, plan);
    case 'arithmetic':
      return arithmetic(m, plan);
    case 'member':
      return makeMember(m, plan);
    case 'comprehension':
      return makeComprehension(m, plan);
    case 'template':
      return makeTemplate(m, plan);
    case 'doc':
      return m.link.doc(
        plan,
        plan.keys.map((key) => m.expr(key)),
      );
    case 'call':
      return m.link.callFunction(
        plan,
        plan.args.map((arg) => m.expr(arg)),
      );
    case 'builtin':
      return m.link.callBuiltin(
        plan,
        plan.args.map((arg) => m.expr(arg)),
      );
    case 'print':
      return makePrint(m, plan);
    case 'fail':
      return (_, s) => {
        if (plan.onceSlot !== undefined && s[plan.onceSlot] !== true) {
          s[plan.onceSlot] = true;
          return true;
        }
        const scopes = plan.scopes === undefined ? '' : `${scopesText(plan.scopes, s)})`;
        const place = plan.isUnlocated === true ? undefined : plan;
        throw new EvalFault('eval_type_error', plan.message + scopes, place);
      };
  }
}

/** Rust's text of the scopes, with the values that their names have now. */
function scopesText(scopes: PlanScopes, s: Slots): string {
  const texts = scopes.map((scope) => {
    const entries = scope.map(({ name, slot }) => {
      const value = slot === undefined ? undefined : (s[slot] as Value | undefined);
      return `${JSON.stringify(name)}: ${value === undefined ? 'Undefined' : regorusDebug(value)}`;
    });
    return `{${entries.join(', ')}}`;
  });
  return `[${texts.join(', ')}]`;
}

function makeGet(m: Maker, plan: Of<'get'>): Get {
  const base = m.expr(plan.base);
  if (plan.key.op === 'const') {
    const { value: key } = plan.key;
    if (typeof key === 'string') {
      return (ev, s) => {
        const object = base(ev, s);
        return object instanceof RegoObject ? object.get(key) : lookup(object, key);
      };
    }
    return (ev, s) => lookup(base(ev, s), key);
  }
  const key = m.expr(plan.key);
  if (m.traits.references === 'index-first') {
    return (ev, s) => {
      const at = key(ev, s);
      return lookup(base(ev, s), at);
    };
  }
  return (ev, s) => lookup(base(ev, s), key(ev, s));
}

const isConst = (plan: PlanExpr): plan is Of<'const'> => plan.op === 'const';

function makeList(m: Maker, plan: Of<'array' | 'set'>): Get {
  const build = (values: Value[]): Value => (plan.op === 'array' ? values : RegoSet.of(values));
  if (plan.items.every(isConst)) {
    const value = build(plan.items.map((item) => item.value));
    return () => value;
  }
  const items = plan.items.map((item) => m.expr(item));
  return (ev, s) => {
    const values: Value[] = [];
    for (const item of items) {
      const value = item(ev, s);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return build(values);
  };
}

function makeObject(m: Maker, plan: Of<'object'>): Get {
  const keys = plan.keys.map((key) => m.expr(key));
  const values = plan.values.map((value) => m.expr(value));
  return (ev, s) => {
    const builder = new ObjectBuilder();
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]?.(ev, s);
      if (key === undefined) return undefined;
      const value = values[i]?.(ev, s);
      if (value === undefined) return undefined;
      builder.set(key, value);
    }
    return builder.build();
  };
}

function makeCompare(m: Maker, plan: Of<'compare'>): Get {
  const left = m.expr(plan.left);
  const right = m.expr(plan.right);
  const { order } = m.link;
  const all = m.traits.operands === 'all';
  const both =
    (decide: (a: Value, b: Value) => boolean): Get =>
    (ev, s) => {
      const a = left(ev, s);
      if (a === undefined && !all) return undefined;
      const b = right(ev, s);
      return a === undefined || b === undefined ? undefined : decide(a, b);
    };
  const scalar =
    plan.operator === '==' && !m.observed ? equalsString(plan, left, right) : undefined;
  if (scalar !== undefined) return scalar;
  switch (plan.operator) {
    case '==':
      return both(equalValues);
    case '!=':
      return both((a, b) => !equalValues(a, b));
    case '<':
      return both((a, b) => compareValues(a, b, order) < 0);
    case '<=':
      return both((a, b) => compareValues(a, b, order) <= 0);
    case '>':
      return both((a, b) => compareValues(a, b, order) > 0);
    case '>=':
      return both((a, b) => compareValues(a, b, order) >= 0);
  }
}

/** A string is equal to itself only, which most comparisons of a policy ask. */
function equalsString(plan: Of<'compare'>, left: Get, right: Get): Get | undefined {
  const [constant, other] = isConst(plan.right) ? [plan.right, left] : [plan.left, right];
  if (!isConst(constant) || typeof constant.value !== 'string') return undefined;
  const { value } = constant;
  return (ev, s) => {
    const found = other(ev, s);
    return found === undefined ? undefined : found === value;
  };
}

/** Whether a value is in a collection: values of objects, elements of the others. */
function contains(collection: Value | undefined, value: Value): boolean {
  if (Array.isArray(collection)) {
    return (collection as readonly Value[]).some((item) => equalValues(item, value));
  }
  if (collection instanceof RegoSet) return collection.has(value);
  if (!(collection instanceof RegoObject)) return false;
  for (const [, item] of collection.entries()) if (equalValues(item, value)) return true;
  return false;
}

function makeMember(m: Maker, plan: Of<'member'>): Get {
  const value = m.expr(plan.value);
  const collection = m.expr(plan.collection);
  const key = plan.key && m.expr(plan.key);
  if (m.traits.operands === 'all') {
    return (ev, s) => {
      const wanted = value(ev, s);
      const found = collection(ev, s);
      if (key === undefined) return wanted !== undefined && contains(found, wanted);
      if (found === undefined || found instanceof RegoSet || typeName(found) === undefined)
        return false;
      const item = lookup(found, key(ev, s));
      // Undefined on both sides counts as equal in regorus.
      return item === undefined || wanted === undefined
        ? item === wanted
        : equalValues(item, wanted);
    };
  }
  return (ev, s) => {
    const at = key?.(ev, s);
    if (key !== undefined && at === undefined) return undefined;
    const wanted = value(ev, s);
    if (wanted === undefined) return undefined;
    const found = collection(ev, s);
    if (found === undefined) return undefined;
    if (at === undefined) return contains(found, wanted);
    const item = lookup(found, at);
    return item !== undefined && equalValues(item, wanted);
  };
}

const typeName = (value: Value): 'collection' | undefined =>
  Array.isArray(value) || value instanceof RegoObject ? 'collection' : undefined;

export function makeComprehension(m: Maker, plan: PlanComprehension): Get {
  const { slot } = plan;
  const value = m.expr(plan.value);
  const body = (next: Run): Run => {
    const run = m.body(plan.body, next);
    return m.whatIf ? insideClosure('comprehension', run) : run;
  };
  switch (plan.shape) {
    case 'array': {
      const run = body((ev, s) => {
        const item = value(ev, s);
        if (item !== undefined) (s[slot] as Value[]).push(item);
        return false;
      });
      return (ev, s) => collect<Value[]>(ev, s, slot, [], run);
    }
    case 'set': {
      const run = body((ev, s) => {
        const item = value(ev, s);
        if (item !== undefined) (s[slot] as SetBuilder).add(item);
        return false;
      });
      return (ev, s) => collect(ev, s, slot, new SetBuilder(), run).build();
    }
    case 'object': {
      const key = plan.key === undefined ? value : m.expr(plan.key);
      const run = body((ev, s) => {
        const at = key(ev, s);
        if (at === undefined) return false;
        const item = value(ev, s);
        if (item !== undefined) insertOnce(m, plan, s[slot] as ObjectBuilder, at, item);
        return false;
      });
      return (ev, s) => collect(ev, s, slot, new ObjectBuilder(), run).build();
    }
  }
}

/** Fills a collection; the slot is free again afterwards, even if the body uses itself. */
function collect<T>(
  ev: Parameters<Get>[0],
  s: Slots,
  slot: number,
  collection: T,
  run: (ev: Parameters<Get>[0], s: Slots) => boolean,
): T {
  s[slot] = collection;
  run(ev, s);
  return collection;
}

function insertOnce(
  m: Maker,
  plan: PlanComprehension,
  builder: ObjectBuilder,
  key: Value,
  value: Value,
): void {
  const before = builder.get(key);
  if (before === undefined) {
    builder.set(key, value);
  } else if (!equalValues(before, value)) {
    throw m.traits.texts === 'regorus'
      ? regorusKeyConflict(plan, key, before, value)
      : new EvalFault('eval_conflict_error', 'object keys must be unique', plan);
  }
}

function regorusKeyConflict(
  plan: PlanComprehension,
  key: Value,
  before: Value,
  value: Value,
): EvalFault {
  const [k, a, b] = [key, before, value].map(regorusJson);
  const text = `value for key \`${String(k)}\` generated multiple times: \`${String(a)}\` and \`${String(b)}\``;
  return new EvalFault('eval_conflict_error', text, plan.key);
}

function makeTemplate(m: Maker, plan: Of<'template'>): Get {
  const parts = plan.parts.map((part) =>
    typeof part === 'string' ? part : makeComprehension(m, part),
  );
  return (ev, s) => {
    let text = '';
    for (const part of parts) {
      text += typeof part === 'string' ? part : templateText(plan, part(ev, s));
    }
    return text;
  };
}

function templateText(plan: Of<'template'>, results: Value | undefined): string {
  if (!(results instanceof RegoSet) || results.size === 0) return '<undefined>';
  const [value] = results.values();
  if (results.size > 1 || value === undefined) {
    throw new EvalFault(
      'eval_conflict_error',
      'template-strings must not produce multiple outputs',
      plan,
    );
  }
  return typeof value === 'string' ? value : formatTerm(value);
}

function makePrint(m: Maker, plan: Of<'print'>): Get {
  const args = plan.args.map((arg) => m.expr(arg));
  const { evaluations, maxOperands } = m.traits.print;
  if (args.length > maxOperands) {
    return () => {
      throw new EvalFault('eval_builtin_error', 'print supports upto 100 arguments', plan);
    };
  }
  // regorus evaluates every operand twice; only calls of functions can tell.
  const twice = evaluations === 2 && plan.args.some(mayCall);
  return (ev, s) => {
    if (twice) for (const arg of args) arg(ev, s);
    const operands: (Value | undefined)[] = [];
    for (const arg of args) operands.push(arg(ev, s));
    ev.prints.push({ call: plan, operands });
    return true;
  };
}

function mayCall(plan: PlanExpr): boolean {
  switch (plan.op) {
    case 'const':
    case 'local':
    case 'input':
      return false;
    case 'get':
      return mayCall(plan.base) || mayCall(plan.key);
    default:
      return true;
  }
}
