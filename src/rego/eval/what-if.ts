/**
 * Evaluation that goes on after a check that did not hold, as if it had: what else would have been in
 * the way. Only tools ask for it; answers of the gate never come from here. A solution that rests on
 * a supposition gives no value to anybody, it is only told.
 */
import type { PlanExpr, PlanLiteral, PlanRule, PlanStep } from '../plan/plan.ts';
import type { Value } from '../value.ts';
import type { Run, Slots, Test } from './closure.ts';
import type { Evaluation } from './evaluation.ts';
import { EvalFault } from './fault.ts';

export type ClosureKind = 'every' | 'not' | 'comprehension';

export interface WhatIf {
  /** A check did not hold: true to go on as if it had. */
  suppose(step: PlanStep, slots: Slots): boolean;
  /** A literal had no solution at all: true to go on once without one. */
  supposeLiteral(literal: PlanLiteral, slots: Slots): boolean;
  /** What followed a literal is done; its next solution is looked for. */
  backtrack(literal: PlanLiteral): void;
  /** The solution at hand rests on a supposition. */
  rests(): boolean;
  /**
   * Such a solution is complete. Of a rule it would have given the value of `head`; one that rests on
   * nothing comes here when that is undefined.
   */
  supposed(value: Value | undefined, head: PlanExpr | undefined): void;
  enterClosure(kind: ClosureKind, slots: Slots): void;
  /** True when an `every` may go on with its next element. */
  leaveClosure(held: boolean): boolean;
  /** The operands of a function are known; its rules come next, without suppositions. */
  enterCall(plan: PlanExpr): void;
  /** True when they should be evaluated once more, with them. */
  again(plan: PlanExpr, value: Value | undefined): boolean;
  /** The value of a call or document, or what it would have been. */
  supply(plan: PlanExpr, value: Value | undefined): Value | undefined;
  /** Evaluation failed in a part that is only supposed: true to count that as a check that failed. */
  caught(fault: EvalFault, literal: PlanLiteral): boolean;
  leaveRule(rule: PlanRule, branch: number, slots: Slots): void;
}

/** `run` looks for solutions of the literal and calls `proceed` with each. */
export function supposedLiteral(literal: PlanLiteral, run: Run, proceed: Run): Run {
  return (ev, s) => {
    const { depth } = ev;
    const active = ev.active.length;
    try {
      return attempt(ev, s, { literal, run, proceed });
    } catch (thrown) {
      if (!(thrown instanceof EvalFault) || ev.whatIf?.caught(thrown, literal) !== true) {
        throw thrown;
      }
      ev.depth = depth;
      ev.active.length = active;
      return false;
    }
  };
}

interface Attempt {
  readonly literal: PlanLiteral;
  readonly run: Run;
  readonly proceed: Run;
}

function attempt(ev: Evaluation, s: Slots, { literal, run, proceed }: Attempt): boolean {
  ev.observer?.enterLiteral?.(literal, s);
  let stop = run(ev, s);
  if (!stop && ev.whatIf?.supposeLiteral(literal, s) === true) stop = proceed(ev, s);
  ev.observer?.leaveLiteral?.(literal, s);
  return stop;
}

export const supposedTest =
  (step: PlanStep, test: Test): Test =>
  (ev, s) =>
    test(ev, s) || ev.whatIf?.suppose(step, s) === true;

/** Real solutions go on, supposed ones are told. */
export const realOnly =
  (next: Run): Run =>
  (ev, s) => {
    if (ev.whatIf?.rests() !== true) return next(ev, s);
    ev.whatIf.supposed(undefined, undefined);
    return false;
  };

export function insideClosure(kind: ClosureKind, body: Run): Run {
  return (ev, s) => {
    ev.whatIf?.enterClosure(kind, s);
    const held = body(ev, s);
    ev.whatIf?.leaveClosure(held);
    return held;
  };
}
