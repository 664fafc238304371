/**
 * Rules whose answer no request can change: what they are made of looks at neither input nor state, as
 * `ReadStreamRequest if policy_data.request_defaults.ReadStreamRequest`. Evaluated once, they are known.
 */
import {
  walkBody,
  walkTerm,
  type ResolvedPolicy,
  type ResolvedRule,
  type RuleNode,
  type Term,
} from '#rego';
import { DEFAULT_BUDGET } from './engine.ts';
import type { RegoEngine } from './rego-engine.ts';

/** Whether the answer is the same for every request: nothing it is made of looks at input or state. */
export function isSettled(node: RuleNode | undefined, { tree }: ResolvedPolicy): boolean {
  const seen = new Set<ResolvedRule>();
  const waiting: RuleNode[] = node === undefined ? [] : [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const rule of [...next.rules, ...next.defaults]) {
      if (seen.has(rule)) continue;
      seen.add(rule);
      const used = nodesUsedBy(rule, tree);
      if (used === 'request') return false;
      waiting.push(...used);
    }
    // A path may end above the rules that make up its value.
    waiting.push(...next.children.values());
  }
  return true;
}

function nodesUsedBy({ branches }: ResolvedRule, tree: RuleNode): readonly RuleNode[] | 'request' {
  const used: (RuleNode | 'request' | undefined)[] = [];
  const visitor = {
    term(term: Term): undefined {
      used.push(usedNode(term, tree));
    },
  };
  for (const { value, body } of branches) {
    if (value !== undefined) walkTerm(value, visitor);
    if (body !== undefined) walkBody(body, visitor);
  }
  const nodes = used.filter((one) => one !== undefined);
  return nodes.includes('request') ? 'request' : nodes.filter((one) => one !== 'request');
}

/** What a term takes from elsewhere: rules, or something that only a request can tell. */
function usedNode(term: Term, tree: RuleNode): RuleNode | 'request' | undefined {
  if (term.kind === 'var') return term.name === 'input' ? 'request' : undefined;
  if (term.kind === 'call') {
    const path = term.name.split('.');
    return path[0] === 'data' ? deepest(tree, path.slice(1)) : undefined;
  }
  if (term.kind !== 'ref' || term.head.kind !== 'var' || term.head.name !== 'data')
    return undefined;
  const names = term.path.map((part) => (part.kind === 'string' ? part.value : undefined));
  return deepest(tree, names);
}

/** The node a path leads to, or the last one that has rules of its own; state is no rule. */
function deepest(
  tree: RuleNode,
  path: readonly (string | undefined)[],
): RuleNode | 'request' | undefined {
  let node = tree;
  for (const [i, name] of path.entries()) {
    if (node.rules.length + node.defaults.length > 0) return node;
    const next: RuleNode | undefined = name === undefined ? undefined : node.children.get(name);
    if (next === undefined) return i === 0 || name === undefined ? 'request' : undefined;
    node = next;
  }
  return node;
}

/** The one answer; undefined when it is no plain verdict. */
export function settledAnswer(endpoint: string, engine: RegoEngine): boolean | undefined {
  const answer = engine.evaluate({
    rule: endpoint,
    input: {},
    data: { pstate: {} },
    budget: DEFAULT_BUDGET,
  });
  return answer.kind === 'value' && typeof answer.value === 'boolean' ? answer.value : undefined;
}
