/**
 * Definitions that disagree whatever is asked. Found by asking for the rule: the engine itself says which
 * two met, and both are told of only when neither looks at the request or at state.
 */
import { DEFAULT_BUDGET, isSettled } from '#gate';
import {
  opaPosition,
  type ResolvedPolicy,
  type ResolvedRule,
  type RuleNode,
  type Span,
} from '#rego';
import { endpoints } from '#wire';
import type { CheckContext } from './finding.ts';

export function findConflicts(context: CheckContext): void {
  const { policy, report } = context;
  const names = new Set(endpoints.map(({ endpoint }) => endpoint));
  for (const node of nodesBelow(policy.tree.children.get('agent_policy'))) {
    const found = conflictAt(node, context);
    if (found === undefined) continue;
    const name = node.path.slice(1).join('.');
    const isEndpoint = names.has(name);
    report('rule-conflict', found.later.source.span, {
      ...(isEndpoint && { endpoint: name }),
      message: `${name} has another value here than at line ${rowOf(found.earlier)}, and both always hold: every ${isEndpoint ? 'call' : 'request that gets to it'} fails with INTERNAL`,
      hint: 'Remove one of them, or write the one that is to give way as a default.',
    });
  }
}

function* nodesBelow(node: RuleNode | undefined): Generator<RuleNode> {
  if (node === undefined) return;
  yield node;
  for (const child of node.children.values()) yield* nodesBelow(child);
}

interface Conflict {
  readonly earlier: ResolvedRule;
  readonly later: ResolvedRule;
}

function conflictAt(node: RuleNode, { engine, policy }: CheckContext): Conflict | undefined {
  const settled = node.rules.filter(
    (rule) => isComplete(rule) && isSettledAlone(rule, node, policy),
  );
  if (settled.length < 2 || !node.path.every((part) => /^[A-Za-z_]\w*$/.test(part)))
    return undefined;
  const outcome = engine.policy.query(`data.${node.path.join('.')}`, {
    input: { value: {} },
    data: { value: { pstate: {} } },
    budget: { steps: DEFAULT_BUDGET.steps },
  });
  if (outcome.kind !== 'fault' || outcome.code !== 'eval_conflict_error') return undefined;
  const { diagnostic, message } = outcome;
  if (diagnostic === undefined) return undefined;
  const later = settled.find((rule) => rowOf(rule) === rowOfSpan(diagnostic.span));
  // The guest's engine names the other one, too; OPA does not.
  const named = [...message.matchAll(/^--> .*:(\d+):\d+$/gm)][1]?.[1];
  const isSure = named !== undefined || settled.length === node.rules.length;
  const earlier = settled.find((rule) =>
    named === undefined ? rule !== later : rowOf(rule) === Number(named),
  );
  return isSure && later && earlier ? { earlier, later } : undefined;
}

/** Of a rule with one value for every request; a function has one per argument. */
const isComplete = ({ kind, args, dynamic }: ResolvedRule): boolean =>
  kind !== 'multi' && args === undefined && dynamic.length === 0;

const isSettledAlone = (rule: ResolvedRule, { path }: RuleNode, policy: ResolvedPolicy): boolean =>
  isSettled({ path, rules: [rule], defaults: [], children: new Map(), isPackage: false }, policy);

const rowOf = ({ source }: ResolvedRule): number => rowOfSpan(source.head.span);

const rowOfSpan = ({ source, start }: Span): number => opaPosition(source, start).row;
