/**
 * All rules by the constant front part of their reference, scalars of any kind included (policy.ts
 * has string parts only). What conflicts, recursion and `with` targets are judged by.
 */
import type { Term } from '../../ast.ts';
import { mapKey, type MapKey, type Value } from '../../value.ts';
import type { Policy, ResolvedRule } from '../../compile/policy.ts';
import { refPathText, termText } from '../../compile/term-text.ts';
import { isScalar, termValue } from './term-value.ts';

export interface PathNode {
  /** Defaults included, in module and source order. */
  readonly rules: readonly ResolvedRule[];
  readonly children: ReadonlyMap<MapKey, PathNode>;
}

interface OpenNode extends PathNode {
  readonly rules: ResolvedRule[];
  readonly children: Map<MapKey, OpenNode>;
}

const openNode = (): OpenNode => ({ rules: [], children: new Map() });

const trees = new WeakMap<Policy, PathNode>();

/** The root stands for `data`. Built once per policy. */
export function pathTree(policy: Policy): PathNode {
  let tree = trees.get(policy);
  if (tree === undefined) {
    tree = build(policy);
    trees.set(policy, tree);
  }
  return tree;
}

function build(policy: Policy): PathNode {
  const root = openNode();
  for (const rule of policy.rules) {
    let node = root;
    for (const part of groundPath(rule)) {
      const key = mapKey(part);
      let child = node.children.get(key);
      if (child === undefined) {
        child = openNode();
        node.children.set(key, child);
      }
      node = child;
    }
    node.rules.push(rule);
  }
  return root;
}

/** Constant parts up to the first computed one. */
export function groundPath(rule: ResolvedRule): readonly Value[] {
  const path: Value[] = [...rule.ground];
  for (const part of rule.dynamic) {
    if (!isScalar(part)) break;
    path.push(termValue(part) ?? null);
  }
  return path;
}

/** Head parts from the first computed one on. */
export function computedPath(rule: ResolvedRule): readonly Term[] {
  const at = rule.dynamic.findIndex((part) => !isScalar(part));
  return at < 0 ? [] : rule.dynamic.slice(at);
}

/** `data.pkg.p[x].q` */
export function ruleText(rule: ResolvedRule): string {
  const dynamic = rule.dynamic.map((part) =>
    part.kind === 'string' ? refPathText('', [part.value]) : `[${termText(part)}]`,
  );
  return refPathText('data', rule.ground) + dynamic.join('');
}

/** The rules defined exactly at a path. */
export function rulesAt(tree: PathNode, path: readonly Value[]): readonly ResolvedRule[] {
  let node: PathNode | undefined = tree;
  for (const part of path) node = node?.children.get(mapKey(part));
  return node?.rules ?? [];
}
