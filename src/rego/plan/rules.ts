/** Rules into plans. */
import type { Term } from '../ast.ts';
import type { Branch, ResolvedRule } from '../compile/policy.ts';
import { isField } from '../compile/regorus-place.ts';
import type { Span } from '../source.ts';
import { type EarlyExit, type ExitHead, hasEarlyExit, mayBeUndefined } from './early-exit.ts';
import type { PlanBranch, PlanExpr, PlanPattern, PlanRule } from './plan.ts';
import { type PlanGrammar, Planner, type PlanUnit } from './planner.ts';
import { planBody } from './bodies.ts';
import { planPattern } from './patterns.ts';
import { planTerm } from './terms.ts';

export const planGrammar: PlanGrammar = {
  term: planTerm,
  pattern: planPattern,
  body: planBody,
};

const isTrue = (span: Span): PlanExpr => ({ op: 'const', value: true, span, at: span.start });

export function planRule(rule: ResolvedRule, unit: PlanUnit): PlanRule {
  const p = new Planner(unit, planGrammar, rule);
  if (rule.args !== undefined) p.openScope();
  const args = rule.args?.map((arg): PlanPattern => p.pattern(arg));
  const branches = rule.branches.map((branch, i) =>
    p.scoped(() => planBranch(p, branch, headOf(rule, branch, i))),
  );
  return {
    id: rule.id,
    path: rule.ground,
    isDefault: rule.default,
    isFunction: rule.kind === 'function',
    headSpan: rule.source.head.span,
    span: rule.source.span,
    args,
    branches,
    slots: p.slotNames.length,
    slotNames: p.slotNames,
  };
}

type Head = Pick<ExitHead, 'dynamic' | 'key'>;

/** An `else` keeps the place of the head, and gives its value in place of the element of a set. */
const headOf = (rule: ResolvedRule, { dynamic }: Branch, index: number): Head =>
  index === 0 ? rule : { dynamic: dynamic ?? rule.dynamic, key: undefined };

/** regorus iterates in the key of a head only, not in the parts before it. */
const planHeadPart = (p: Planner, term: Term, isKey: boolean): PlanExpr =>
  isKey || p.traits.loops === 'in-place' ? p.term(term) : p.withoutIteration(() => p.term(term));

function planBranch(p: Planner, branch: Branch, head: Head): PlanBranch {
  const last = head.dynamic.at(-1);
  const keyAt = last === undefined || isField(last) ? -1 : head.dynamic.length - 1;
  const exit = planExit(p, { ...head, value: branch.value });
  const {
    body,
    head: planned,
    headIterates,
  } = p.body(
    branch.body ?? [],
    () => ({
      dynamic: head.dynamic.map((term, i) => planHeadPart(p, term, i === keyAt)),
      key: head.key && p.term(head.key),
      value: branch.value === undefined ? isTrue(branch.span) : p.term(branch.value),
    }),
    { until: exit?.until, hasScope: branch.body !== undefined },
  );
  return { body, span: branch.span, ...planned, exit: exit?.exit, headIterates };
}

/** Loops look at the slot where the first solution does not unwind all of them. */
function planExit(
  p: Planner,
  head: ExitHead,
): { readonly exit: EarlyExit; readonly until: number | undefined } | undefined {
  const { profile } = p.unit;
  if (!hasEarlyExit(head, profile)) return undefined;
  const slot = p.temporary();
  const endsAll = profile.earlyExitEnds === 'all-loops';
  return { exit: { slot, endsAll }, until: endsAll && !mayBeUndefined(head) ? undefined : slot };
}
