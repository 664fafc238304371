/**
 * Documents that several rules build together: heads with variables or computed keys, and names
 * below a rule that has definitions of its own.
 */
import type { ResolvedRule, RuleNode } from '../compile/policy.ts';
import { SetBuilder, type Value } from '../value.ts';
import { equalValues } from '../order.ts';
import { type Definition, runBranches } from './definition.ts';
import { Draft, insertRegorus, insertOpa, type Solution } from './drafts.ts';
import type { Evaluation } from './evaluation.ts';
import { EvalFault } from './fault.ts';
import type { Group, GroupMaker } from './group.ts';
import { regorusDefault } from './regorus-groups.ts';
import { openRegorus } from './regorus-places.ts';
import { lose, refuseAfterLoss } from './regorus-lost.ts';
import { collectionPlace, runRegorusBranches, solutionOf, withActive } from './regorus-rules.ts';

/** Each solution of a definition as a path below the node and a value. */
function defineSolutions(maker: GroupMaker, rule: ResolvedRule): Definition {
  const plan = maker.plan(rule);
  const regorus = maker.maker.traits.rules === 'regorus';
  return maker.define(rule, plan, ({ dynamic, key, value, plan: branch }) => {
    const solved = solutionOf(branch);
    return (ev, s) => {
      const path: Value[] = [];
      let isDefined = true;
      for (const part of dynamic) {
        const at = part(ev, s);
        if (at !== undefined) path.push(at);
        else if (regorus) isDefined = false;
        else return false;
      }
      // regorus evaluates the whole head before it looks at any of it.
      const found = (key ?? value)(ev, s);
      if (found === undefined || !isDefined) {
        if (regorus) {
          lose(s, plan.slots);
          solved(s);
        }
        return false;
      }
      if (regorus) refuseAfterLoss(s, plan.slots);
      s[plan.slots] ??= [];
      const solutions = s[plan.slots] as Solution[];
      if (regorus && key === undefined) refuseSecond(solutions, path, found, rule);
      solutions.push({ path, value: found });
      return solved(s);
    };
  });
}

/** regorus checks the solutions of one definition before it looks at other rules. */
function refuseSecond(
  solutions: readonly Solution[],
  path: readonly Value[],
  value: Value,
  rule: ResolvedRule,
): void {
  const same = solutions.find((solution) => equalValues(solution.path, path));
  if (same === undefined || equalValues(same.value, value)) return;
  const text = 'rules must not produce multiple outputs';
  throw new EvalFault('eval_conflict_error', text, collectionPlace(rule));
}

interface Placed {
  readonly rule: ResolvedRule;
  /** Names between the node and the rule. */
  readonly prefix: readonly string[];
}

function placed(
  node: RuleNode,
  of: (node: RuleNode) => readonly ResolvedRule[],
  prefix: readonly string[] = [],
): readonly Placed[] {
  const own = of(node).map((rule) => ({ rule, prefix }));
  const below = [...node.children].flatMap(([name, child]) => placed(child, of, [...prefix, name]));
  return [...own, ...below]
    .filter(({ rule }) => rule.kind !== 'function')
    .sort((a, b) => a.rule.id - b.rule.id);
}

export function makeExtent(maker: GroupMaker, node: RuleNode): Group['compute'] {
  const regorus = maker.maker.traits.rules === 'regorus';
  const insert = regorus ? insertRegorus : insertOpa;
  const definitions = placed(node, ({ rules }) => rules).map(({ rule, prefix }) => ({
    prefix,
    definition: defineSolutions(maker, rule),
  }));
  const defaults = placed(node, (one) => one.defaults).map(({ rule, prefix }) => ({
    prefix,
    rule,
    compute: regorusDefault(maker, rule),
  }));
  return (ev) => {
    const root = new Draft();
    for (const { prefix, definition } of definitions) {
      const { rule } = definition;
      if (!regorus) open(root, rule, prefix);
      for (const { path, value } of solutionsOf(definition, ev, regorus)) {
        insert(root, { path: [...prefix, ...path], value }, rule);
      }
      if (regorus) openRegorus(root, definition, prefix, ev);
    }
    for (const { prefix, rule, compute } of defaults) {
      let draft = root;
      for (const part of [...prefix, ...defaultKey(rule)]) draft = draft.child(part);
      if (draft.isEmpty) draft.value = compute(ev);
    }
    return root.build();
  };
}

function solutionsOf(
  definition: Definition,
  ev: Evaluation,
  regorus: boolean,
): readonly Solution[] {
  const s: unknown[] = new Array<unknown>(definition.result + 1);
  withActive(ev, definition.rule, () => {
    if (regorus) runRegorusBranches(definition, ev, s);
    else runBranches(definition, ev, s);
  });
  return (s[definition.result] ?? []) as readonly Solution[];
}

/** `default p[1] := v`: regorus takes a scalar index. */
function defaultKey({ dynamic }: ResolvedRule): readonly Value[] {
  const [key] = dynamic;
  if (key?.kind === 'number') return [Number(key.text)];
  return key?.kind === 'boolean' ? [key.value] : [];
}

/** Names on the way to a head exist, as objects, even when nothing comes of the rule. */
function open(root: Draft, rule: ResolvedRule, prefix: readonly string[]): void {
  let draft = root;
  const isOpen = rule.kind === 'multi' || rule.dynamic.length > 0;
  for (const part of isOpen ? prefix : prefix.slice(0, -1)) {
    if (draft.isLeaf) return;
    draft = draft.child(part);
  }
  if (!isOpen || !draft.isEmpty) return;
  if (rule.dynamic.length > 0) draft.isObject = true;
  else draft.set = new SetBuilder();
}
