/** Rules into plans. */
import type { Term } from '../ast.ts';
import type { Branch, ResolvedRule } from '../compile/policy.ts';
import type { Span } from '../source.ts';
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
  const args = rule.args?.map((arg): PlanPattern => p.pattern(arg));
  const branches = rule.branches.map((branch, i) =>
    p.scoped(() => planBranch(p, branch, i === 0 ? rule : { dynamic: [], key: undefined })),
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

interface Head {
  readonly dynamic: readonly Term[];
  readonly key: Term | undefined;
}

function planBranch(p: Planner, branch: Branch, head: Head): PlanBranch {
  const { body, head: planned } = p.body(branch.body ?? [], () => ({
    dynamic: head.dynamic.map((term) => p.term(term)),
    key: head.key && p.term(head.key),
    value: branch.value === undefined ? isTrue(branch.span) : p.term(branch.value),
  }));
  return { body, span: branch.span, ...planned };
}
