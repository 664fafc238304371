/** The tree of virtual documents: packages and rules of all modules by path. */
import type { Policy, ResolvedModule, ResolvedRule, RuleNode } from './policy.ts';

interface OpenNode extends RuleNode {
  readonly children: Map<string, OpenNode>;
  readonly rules: ResolvedRule[];
  readonly defaults: ResolvedRule[];
  isPackage: boolean;
}

const openNode = (path: readonly string[]): OpenNode => ({
  path,
  children: new Map(),
  rules: [],
  defaults: [],
  isPackage: false,
});

function descend(root: OpenNode, path: readonly string[]): OpenNode {
  let node = root;
  path.forEach((part, i) => {
    let child = node.children.get(part);
    if (child === undefined) {
      child = openNode(path.slice(0, i + 1));
      node.children.set(part, child);
    }
    node = child;
  });
  return node;
}

export function buildTree(
  modules: readonly ResolvedModule[],
  rules: readonly ResolvedRule[],
): RuleNode {
  const root = openNode([]);
  for (const { source } of modules) descend(root, source.package.path).isPackage = true;
  for (const rule of rules) {
    const node = descend(root, rule.ground);
    (rule.default ? node.defaults : node.rules).push(rule);
  }
  return root;
}

/** A copy of the policy with other rules in the same places. */
export function replaceRules(
  policy: Policy,
  replaced: (rule: ResolvedRule) => ResolvedRule,
): Policy {
  const node = (old: Policy['tree']): Policy['tree'] => ({
    ...old,
    children: new Map([...old.children].map(([name, child]) => [name, node(child)])),
    rules: old.rules.map(replaced),
    defaults: old.defaults.map(replaced),
  });
  return {
    modules: policy.modules.map((module) => ({ ...module, rules: module.rules.map(replaced) })),
    rules: policy.rules.map(replaced),
    tree: node(policy.tree),
  };
}
