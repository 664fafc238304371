/** Walks of resolved rules, branch by branch, in the order things are written. */
import type { Body, Literal, Term } from '../../ast.ts';
import type { Branch, Policy, ResolvedRule } from '../../compile/policy.ts';
import { type Visitor, walkBody, walkTerm, walkTerms } from '../../compile/walk.ts';

/** The first branch owns the head: arguments, computed path parts and key. */
export function walkBranch(rule: ResolvedRule, branch: Branch, visitor: Visitor): void {
  if (branch === rule.branches[0]) {
    walkTerms(rule.args ?? [], visitor);
    walkTerms(rule.dynamic, visitor);
    if (rule.key !== undefined) walkTerm(rule.key, visitor);
  }
  if (branch.value !== undefined) walkTerm(branch.value, visitor);
  if (branch.body !== undefined) walkBody(branch.body, visitor);
}

export function walkPolicy(policy: Policy, visitor: Visitor): void {
  for (const rule of policy.rules) {
    for (const branch of rule.branches) walkBranch(rule, branch, visitor);
  }
}

/** A call as a pass sees it: standing alone as a literal, or inside another term. */
export interface CallSite {
  readonly call: Extract<Term, { kind: 'call' }>;
  /** The literal that is nothing but this call (negated or not). */
  readonly literal: Literal | undefined;
}

/** Every call of a policy, operands before the calls they belong to. */
export function eachCall(policy: Policy, visit: (site: CallSite) => void): void {
  walkPolicy(policy, callVisitor(visit));
}

/** The same for one body. */
export function eachCallOf(body: Body, visit: (site: CallSite) => void): void {
  walkBody(body, callVisitor(visit));
}

function callVisitor(visit: (site: CallSite) => void): Visitor {
  const alone = new Map<Term, Literal>();
  const visitor: Visitor = {
    literal(literal) {
      if (literal.kind === 'expr' && literal.term.kind === 'call') alone.set(literal.term, literal);
      return undefined;
    },
    term(term) {
      if (term.kind !== 'call') return undefined;
      walkTerms(term.args, visitor);
      visit({ call: term, literal: alone.get(term) });
      return false;
    },
  };
  return visitor;
}
