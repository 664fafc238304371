/**
 * Steps into closures. A step that has at most one solution is a test; tests in a row run in a plain
 * loop. A step that iterates calls what follows once per solution and stops when that says so.
 */
import type { PlanBody, PlanLiteral, PlanPattern, PlanStep } from '../plan/plan.ts';
import { regorusJson } from '../text.ts';
import { isArray, RegoObject, RegoSet, type Value } from '../value.ts';
import type { Get, Maker, Match, Run, Slots, Test } from './closure.ts';
import type { Evaluation } from './evaluation.ts';
import { EvalFault } from './fault.ts';
import { insideClosure, realOnly, supposedLiteral, supposedTest } from './what-if.ts';
import { makeWith } from './with.ts';

type Of<Op extends PlanStep['op']> = Extract<PlanStep, { op: Op }>;

const found: Run = () => true;

export function makeBody(m: Maker, body: PlanBody, next: Run): Run {
  if (!m.observed)
    return m.steps(
      body.flatMap((literal) => literal.steps),
      next,
    );
  return body.reduceRight<Run>((rest, literal) => observe(m, literal, rest), next);
}

/** Tells the observer when a literal is tried, when it holds and when it is done. */
function observe(m: Maker, literal: PlanLiteral, next: Run): Run {
  const proceed: Run = (ev, s) => {
    ev.observer?.passLiteral?.(literal, s);
    const stop = next(ev, s);
    if (m.whatIf) ev.whatIf?.backtrack(literal);
    return stop;
  };
  const run = m.steps(literal.steps, proceed);
  if (m.whatIf) return supposedLiteral(literal, run, proceed);
  return (ev, s) => {
    ev.observer?.enterLiteral?.(literal, s);
    const stop = run(ev, s);
    ev.observer?.leaveLiteral?.(literal, s);
    return stop;
  };
}

export function makeSteps(m: Maker, steps: readonly PlanStep[], next: Run): Run {
  let run = next;
  let tests: Test[] = [];
  for (const step of steps.toReversed()) {
    const test = makeTest(m, step);
    if (test !== undefined) {
      tests.unshift(m.whatIf ? supposedTest(step, test) : test);
      continue;
    }
    run = makeIteration(m, step, guarded(tests, run));
    tests = [];
  }
  return guarded(tests, run);
}

function guarded(tests: readonly Test[], next: Run): Run {
  const [first, second] = tests;
  if (first === undefined) return next;
  if (second === undefined) return (ev, s) => first(ev, s) && next(ev, s);
  if (tests.length === 2) return (ev, s) => first(ev, s) && second(ev, s) && next(ev, s);
  return (ev, s) => {
    for (const test of tests) if (!test(ev, s)) return false;
    return next(ev, s);
  };
}

/** A step with at most one solution as a test. */
function makeTest(m: Maker, step: PlanStep): Test | undefined {
  switch (step.op) {
    case 'test': {
      const expr = m.expr(step.expr);
      return (ev, s) => {
        const value = expr(ev, s);
        return value !== undefined && value !== false;
      };
    }
    case 'bind': {
      const expr = m.expr(step.expr);
      const { slot } = step;
      return (ev, s) => (s[slot] = expr(ev, s)) !== undefined;
    }
    case 'match': {
      const expr = m.expr(step.expr);
      const pattern = m.pattern(step.pattern);
      return (ev, s) => {
        const value = expr(ev, s);
        return value !== undefined && pattern(ev, s, value);
      };
    }
    case 'not': {
      const solve = m.body(step.body, found);
      const body = m.whatIf ? insideClosure('not', solve) : solve;
      return (ev, s) => !body(ev, s);
    }
    case 'every':
      return makeEvery(m, step);
    default:
      return undefined;
  }
}

function makeIteration(m: Maker, step: PlanStep, next: Run): Run {
  const run = makeLoop(m, step, next);
  const resets = 'resets' in step ? (step.resets ?? []) : [];
  if (resets.length === 0) return run;
  return (ev, s) => {
    for (const slot of resets) s[slot] = undefined;
    return run(ev, s);
  };
}

function makeLoop(m: Maker, step: PlanStep, next: Run): Run {
  switch (step.op) {
    case 'scan':
      return makeScan(m, step, next);
    case 'scan-doc': {
      const { slot, until } = step;
      const key = m.pattern(step.key);
      const scan = m.link.scanDoc(
        step,
        step.doc.keys.map((part) => m.expr(part)),
      );
      return (ev, s) => {
        let stop = false;
        scan(ev, s, (name, cursor) => {
          ev.step();
          if (key(ev, s, name)) {
            s[slot] = cursor;
            stop = next(ev, s);
          }
          return stop || (until !== undefined && s[until] === true);
        });
        return stop;
      };
    }
    case 'relation': {
      const call = m.expr(step.call);
      const pattern = m.pattern(step.pattern);
      const { until } = step;
      return (ev, s) => {
        const results = call(ev, s);
        if (!isArray(results)) return false;
        for (const result of results) {
          ev.step();
          if (pattern(ev, s, result) && next(ev, s)) return true;
          if (until !== undefined && s[until] === true) return false;
        }
        return false;
      };
    }
    case 'with':
      return makeWith(m, step, next);
    default:
      throw new TypeError(`${step.op} does not iterate`);
  }
}

/** Calls `visit` for every key and value of a collection, in the engine's order. */
function each(
  ev: Evaluation,
  s: Slots,
  collection: Value,
  order: 'opa' | 'regorus',
  visit: Visit,
): boolean {
  if (isArray(collection)) {
    for (let i = 0; i < collection.length; i++) {
      ev.step();
      // In range.
      if (visit(ev, s, i, collection[i] as Value)) return true;
    }
  } else if (collection instanceof RegoObject) {
    for (const key of collection.keys(order)) {
      ev.step();
      if (visit(ev, s, key, collection.get(key) as Value)) return true;
    }
  } else if (collection instanceof RegoSet) {
    for (const member of collection.members(order)) {
      ev.step();
      if (visit(ev, s, member, member)) return true;
    }
  }
  return false;
}

function makeScan(m: Maker, step: Of<'scan'>, next: Run): Run {
  const over = m.expr(step.over);
  const { order } = m.link;
  const { until } = step;
  const visit = makeVisit(m, step.key, step.value, next);
  return (ev, s) => {
    const collection = over(ev, s);
    if (collection === undefined || !isCollection(collection)) return refuse(step, collection);
    return eachUntil(ev, s, collection, { order, until, visit });
  };
}

interface Loop {
  readonly order: 'opa' | 'regorus';
  readonly visit: Visit;
  /** Once it is set the loop ends, but not those around it. */
  readonly until: number | undefined;
}

function eachUntil(
  ev: Evaluation,
  s: Slots,
  collection: Value,
  { order, visit, until }: Loop,
): boolean {
  if (until === undefined) return each(ev, s, collection, order, visit);
  let stop = false;
  each(ev, s, collection, order, (...turn) => {
    stop = visit(...turn);
    return stop || s[until] === true;
  });
  return stop;
}

/** False where nothing is iterated; a fault where regorus refuses. */
function refuse({ refuses, over, at }: Of<'scan'>, found: Value | undefined): false {
  if (refuses === 'nothing' || (found === undefined && refuses === 'non-collections')) return false;
  const text =
    refuses === 'all-but-collections' || found === undefined
      ? 'item cannot be indexed'
      : `\`some .. in collection\` expects array/set/object. Got \`${regorusJson(found)}\``;
  throw new EvalFault('eval_type_error', text, { span: over.span, at });
}

const isCollection = (value: Value): boolean =>
  isArray(value) || value instanceof RegoObject || value instanceof RegoSet;

type Visit = (ev: Evaluation, s: Slots, key: Value, value: Value) => boolean;

function makeVisit(m: Maker, key: PlanPattern, value: PlanPattern, next: Run): Visit {
  // The usual loops bind plain variables.
  if (value.match === 'bind') {
    const valueSlot = value.slot;
    if (key.match === 'any') {
      return (ev, s, _, item) => {
        s[valueSlot] = item;
        return next(ev, s);
      };
    }
    if (key.match === 'bind') {
      const keySlot = key.slot;
      return (ev, s, at, item) => {
        s[keySlot] = at;
        s[valueSlot] = item;
        return next(ev, s);
      };
    }
  }
  const matchKey: Match = m.pattern(key);
  const matchValue: Match = m.pattern(value);
  return (ev, s, at, item) => matchKey(ev, s, at) && matchValue(ev, s, item) && next(ev, s);
}

function makeEvery(m: Maker, step: Of<'every'>): Test {
  const domain: Get = m.expr(step.domain);
  const { order } = m.link;
  const key = m.pattern(step.key);
  const value = m.pattern(step.value);
  const holds =
    m.traits.everyBody === 'all-solutions' ? exhaust(m, step) : makeEveryBody(m, step, found);
  // Stops at the first element without a solution.
  const fails: Visit = m.whatIf
    ? (ev, s, at, item) => {
        ev.whatIf?.enterClosure('every', s);
        const held = key(ev, s, at) && value(ev, s, item) && holds(ev, s);
        return ev.whatIf?.leaveClosure(held) !== true && !held;
      }
    : (ev, s, at, item) => !(key(ev, s, at) && value(ev, s, item) && holds(ev, s));
  return (ev, s) => {
    const collection = domain(ev, s);
    if (collection === undefined || !isCollection(collection)) return false;
    return !each(ev, s, collection, order, fails);
  };
}

const makeEveryBody = (m: Maker, { body }: Of<'every'>, next: Run): Run =>
  m.body(body, m.whatIf ? realOnly(next) : next);

/** regorus evaluates all solutions of the body of an `every`, which prints show. */
function exhaust(m: Maker, step: Of<'every'>): Run {
  const { slot } = step;
  const run = makeEveryBody(m, step, (_, s) => {
    s[slot] = true;
    return false;
  });
  return (ev, s) => {
    s[slot] = false;
    run(ev, s);
    return s[slot] === true;
  };
}
