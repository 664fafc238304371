/** What regorus does around every rule: where it points, what it calls a conflict or a cycle. */
import type { ResolvedRule } from '../compile/policy.ts';
import { collectionOffset, placeOffset } from '../compile/regorus-place.ts';
import type { PlanBranch } from '../plan/plan.ts';
import type { Slots } from './closure.ts';
import type { Definition } from './definition.ts';
import type { Evaluation } from './evaluation.ts';
import { EvalFault, type FaultPlace, regorusNote } from './fault.ts';
import { settle } from './regorus-lost.ts';

/** Where regorus points for a rule: its head reference. */
export const headPlace = (rule: ResolvedRule): FaultPlace => ({
  span: rule.source.head.span,
  at: placeOffset(rule.source.head),
});

/** The head without the key that it ends with. */
export const collectionPlace = (rule: ResolvedRule): FaultPlace => ({
  span: rule.source.head.span,
  at: collectionOffset(rule.source.head),
});

/** What a solution does to the loops around it: true ends all of them. */
export function solutionOf({ exit, headIterates }: PlanBranch): (s: Slots) => boolean {
  if (exit === undefined) return () => false;
  const { slot, endsAll } = exit;
  // Loops of the head always run to their end.
  const ends = endsAll && !headIterates;
  return (s) => {
    s[slot] = true;
    return ends;
  };
}

export function conflictWith(rule: ResolvedRule, earlier: ResolvedRule): EvalFault {
  const text = 'rule conflicts with the following rule:';
  const note = regorusNote(headPlace(earlier), '', 'defined here');
  return new EvalFault('eval_conflict_error', text, headPlace(rule), `${text}\n${note}`);
}

/** The chain of definitions being evaluated, ending with the one met again. */
export function recursion(ev: Evaluation, rule: ResolvedRule): EvalFault {
  const places = [...ev.active, rule].map(headPlace);
  const chain = places.map((place) => regorusNote(place, 'depends on', '')).join('');
  const text = 'recursion detected when evaluating rule:';
  return new EvalFault(
    'eval_internal_error',
    text,
    headPlace(rule),
    `${text}${chain}cyclic evaluation`,
  );
}

/** The else chain: the first branch in which something held ends it. */
export function runRegorusBranches(definition: Definition, ev: Evaluation, s: Slots): void {
  for (const branch of definition.branches) {
    branch.run(ev, s);
    if (settle(s, definition.result)) return;
  }
}

/** Runs a definition while it stands in the list of active ones. */
export function withActive(ev: Evaluation, rule: ResolvedRule, run: () => void): void {
  ev.active.push(rule);
  run();
  ev.active.pop();
}
