/** One definition of a rule or function as code: its branches, each with what it yields. */
import type { ResolvedRule } from '../compile/policy.ts';
import type { PlanBranch, PlanExpr, PlanRule } from '../plan/plan.ts';
import type { Value } from '../value.ts';
import type { Get, Maker, Match, Run, Slots } from './closure.ts';
import type { Evaluation } from './evaluation.ts';
import { hasHeld } from './regorus-lost.ts';

/** What happens with a solution of a branch: true when no further ones are wanted. */
export type Yield = (branch: CompiledBranch) => Run;

export interface CompiledBranch {
  readonly plan: PlanBranch;
  readonly value: Get;
  readonly key: Get | undefined;
  readonly dynamic: readonly Get[];
  run: Run;
}

export interface Definition {
  readonly rule: ResolvedRule;
  readonly plan: PlanRule;
  readonly branches: readonly CompiledBranch[];
  readonly args: readonly Match[] | undefined;
  /** The slot behind the rule's own, for whatever the yield collects. */
  readonly result: number;
}

export function compileDefinition(
  m: Maker,
  rule: ResolvedRule,
  plan: PlanRule,
  yields: Yield,
): Definition {
  const branches = plan.branches.map((branch, i): CompiledBranch => {
    const compiled: CompiledBranch = {
      plan: branch,
      value: m.expr(branch.value),
      key: branch.key && m.expr(branch.key),
      dynamic: branch.dynamic.map((part) => m.expr(part)),
      run: () => false,
    };
    const solved = yields(compiled);
    const pass: Run = (ev, s) => {
      if (m.whatIf && ev.whatIf !== undefined) {
        const value = compiled.value(ev, s);
        if (value === undefined || ev.whatIf.rests()) {
          ev.whatIf.supposed(value, branch.value);
          return false;
        }
      }
      ev.observer?.passRule?.(plan, i, s);
      return solved(ev, s);
    };
    const run = makeBranch(m, branch, plan.slots, m.observed ? pass : solved);
    compiled.run = m.observed ? observeBranch(plan, i, run) : run;
    return compiled;
  });
  return {
    rule,
    plan,
    branches,
    args: plan.args?.map((arg) => m.pattern(arg)),
    result: plan.slots,
  };
}

/** The body and then the loops of the head, after which an early exit looks at what came of them. */
function makeBranch(m: Maker, branch: PlanBranch, result: number, solved: Run): Run {
  const { body, exit, headIterates } = branch;
  if (exit === undefined || !headIterates) return m.body(body, solved);
  const head = m.body(body.slice(-1), solved);
  return m.body(body.slice(0, -1), (ev, s) => {
    head(ev, s);
    return exit.endsAll && s[exit.slot] === true && hasHeld(s, result);
  });
}

function observeBranch(plan: PlanRule, index: number, run: Run): Run {
  return (ev, s) => {
    ev.observer?.enterRule?.(plan, index, s);
    const stop = run(ev, s);
    ev.observer?.leaveRule?.(plan, index, s);
    return stop;
  };
}

/** Matches operands; false when a pattern does not fit. */
export function bindArgs(
  definition: Definition,
  ev: Evaluation,
  s: Slots,
  args: readonly Value[],
): boolean {
  const patterns = definition.args ?? [];
  for (let i = 0; i < patterns.length; i++) {
    const arg = args[i];
    if (arg === undefined || patterns[i]?.(ev, s, arg) !== true) return false;
  }
  return true;
}

/** Runs the else chain: the first branch that yields something ends it. */
export function runBranches(definition: Definition, ev: Evaluation, s: Slots): void {
  const { branches, result } = definition;
  for (const branch of branches) {
    branch.run(ev, s);
    if (s[result] !== undefined) return;
  }
}

/** A constant that does not depend on anything: the same for every solution. */
export const constantOf = (plan: PlanExpr): Value | undefined =>
  plan.op === 'const' ? plan.value : undefined;
