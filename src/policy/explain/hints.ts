/** What to do about a refusal, where that is certain. */
import { nearest } from '#base';
import type { Decision, RegoEngine } from '#gate';
import { endpoints } from '#wire';
import type { Candidate } from './explained.ts';

const known = new Set<string>(endpoints.map(({ endpoint }) => endpoint));

export function hintFor(
  { verdict, endpoint, result, overBudget }: Decision,
  { policy }: RegoEngine,
  candidates: readonly Candidate[],
): string | undefined {
  const rules = policy.resolved.tree.children.get('agent_policy')?.children;
  const own = rules?.get(endpoint);
  if (verdict === 'allow' || overBudget) return undefined;
  if (rules === undefined) {
    const [name] = [...policy.resolved.tree.children.keys()];
    return `The policy is in package ${name ?? '?'}; the agent asks package agent_policy.`;
  }
  if (own === undefined) {
    const strays = [...rules.keys()].filter((rule) => !known.has(rule));
    const name = nearest(endpoint, strays);
    const near = name === undefined ? '' : ` Is ${name} meant for it?`;
    return `No rule has this name, and a missing rule is INTERNAL, not a denial.${near} Write default ${endpoint} := false, or a rule that allows it.`;
  }
  if (verdict === 'fault') {
    return candidates.length > 0
      ? `Without a default an endpoint that no rule allows is INTERNAL: write default ${endpoint} := false.`
      : undefined;
  }
  if (own.rules.length === 0 && result === false) {
    return `Nothing but the default decides ${endpoint}: no request can change that.`;
  }
  return undefined;
}
