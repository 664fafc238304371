/**
 * regorus forgets what a rule definition has given when a later solution of its body leaves the head
 * undefined, and fails when another solution is defined after that.
 * Source: regorus src/interpreter.rs, eval_output_expr_in_loop.
 */
import type { Slots } from './closure.ts';
import { EvalFault } from './fault.ts';

/** Stands in the result slot: a solution had no value. */
const LOST = Symbol('lost');
/** The same, after one that had. */
const LOST_AFTER_SUCCESS = Symbol('lost after success');

/** Something held so far, whether or not its value is left. */
export const hasHeld = (s: Slots, slot: number): boolean =>
  s[slot] !== undefined && s[slot] !== LOST;

/** A solution without a value. */
export function lose(s: Slots, slot: number): void {
  const before = s[slot];
  s[slot] = before === undefined || before === LOST ? LOST : LOST_AFTER_SUCCESS;
}

/** Refuses a further value of a definition that has lost one. */
export function refuseAfterLoss(s: Slots, slot: number): void {
  if (s[slot] === LOST || s[slot] === LOST_AFTER_SUCCESS) {
    throw new EvalFault('eval_type_error', 'not an object');
  }
}

/**
 * What is left after a branch: nothing after a loss. True when the else chain ends here: something
 * held, whether or not its value survived.
 */
export function settle(s: Slots, slot: number): boolean {
  const held = hasHeld(s, slot);
  if (s[slot] === LOST || s[slot] === LOST_AFTER_SUCCESS) s[slot] = undefined;
  return held;
}
