/**
 * Documents that several rules build together: heads with variables or computed keys, and names
 * below a rule that has definitions of its own.
 */
import type { ResolvedRule, RuleNode } from '../compile/policy.ts';
import { equalValues } from '../order.ts';
import { mapKey, ObjectBuilder, SetBuilder } from '../value.ts';
import type { MapKey, Value } from '../value.ts';
import type { Definition } from './definition.ts';
import { EvalFault } from './fault.ts';
import type { Group, GroupMaker } from './group.ts';
import { guestDefault, headPlace } from './guest-groups.ts';

/** A document being built: a leaf, a set, or members. */
class Draft {
  value: Value | undefined;
  set: SetBuilder | undefined;
  readonly members = new Map<MapKey, { readonly key: Value; readonly draft: Draft }>();
  isObject = false;

  child(key: Value): Draft {
    this.isObject = true;
    const at = mapKey(key);
    let member = this.members.get(at);
    if (member === undefined) {
      member = { key, draft: new Draft() };
      this.members.set(at, member);
    }
    return member.draft;
  }

  get isEmpty(): boolean {
    return this.value === undefined && this.set === undefined && !this.isObject;
  }

  build(): Value | undefined {
    if (this.value !== undefined) return this.value;
    if (this.set !== undefined) return this.set.build();
    if (!this.isObject) return undefined;
    const builder = new ObjectBuilder();
    for (const { key, draft } of this.members.values()) {
      const member = draft.build();
      if (member !== undefined) builder.set(key, member);
    }
    return builder.build();
  }
}

interface Solution {
  readonly path: readonly Value[];
  readonly value: Value;
}

/** Each solution of a definition as a path below the node and a value. */
function defineSolutions(maker: GroupMaker, rule: ResolvedRule): Definition {
  const plan = maker.plan(rule);
  return maker.define(rule, plan, ({ dynamic, key, value }) => (ev, s) => {
    const path: Value[] = [];
    for (const part of dynamic) {
      const at = part(ev, s);
      if (at === undefined) return false;
      path.push(at);
    }
    const found = (key ?? value)(ev, s);
    if (found === undefined) return false;
    s[plan.slots] ??= [];
    (s[plan.slots] as Solution[]).push({ path, value: found });
    return false;
  });
}

const keysConflict = (rule: ResolvedRule, message = 'object keys must be unique'): EvalFault =>
  new EvalFault('eval_conflict_error', message, { span: rule.source.span });

function insert(root: Draft, { path, value }: Solution, rule: ResolvedRule, guest: boolean): void {
  let draft = root;
  for (const key of path) {
    if (draft.value !== undefined || draft.set !== undefined) throw conflict(rule, guest);
    draft = draft.child(key);
  }
  if (rule.kind === 'multi') {
    if (draft.value !== undefined || draft.isObject) throw conflict(rule, guest);
    draft.set ??= new SetBuilder();
    draft.set.add(value);
    return;
  }
  if (draft.set !== undefined) throw conflict(rule, guest);
  if (draft.isObject) {
    // A leaf over members that other rules gave: they must agree.
    const members = draft.build();
    if (members !== undefined && !equalValues(members, value)) throw conflict(rule, guest);
    return;
  }
  if (draft.value === undefined) draft.value = value;
  else if (!equalValues(draft.value, value)) throw conflict(rule, guest);
}

function conflict(rule: ResolvedRule, guest: boolean): EvalFault {
  if (!guest) {
    const isComplete = rule.dynamic.length === 0;
    return keysConflict(
      rule,
      isComplete ? 'complete rules must not produce multiple outputs' : undefined,
    );
  }
  const text = 'complete rules should not produce multiple outputs';
  return new EvalFault('eval_conflict_error', text, headPlace(rule));
}

/** Rules of a node and of everything below it, with their path below the node. */
function rulesBelow(
  node: RuleNode,
  prefix: readonly string[] = [],
): { rule: ResolvedRule; prefix: readonly string[] }[] {
  const own = node.rules.map((rule) => ({ rule, prefix }));
  const below = [...node.children].flatMap(([name, child]) => rulesBelow(child, [...prefix, name]));
  return [...own, ...below].sort((a, b) => a.rule.id - b.rule.id);
}

function defaultsBelow(
  node: RuleNode,
  prefix: readonly string[] = [],
): { rule: ResolvedRule; prefix: readonly string[] }[] {
  const own = node.defaults.map((rule) => ({ rule, prefix }));
  return [
    ...own,
    ...[...node.children].flatMap(([name, child]) => defaultsBelow(child, [...prefix, name])),
  ];
}

export function makeExtent(maker: GroupMaker, node: RuleNode): Group['compute'] {
  const { guest } = maker.maker;
  const rules = rulesBelow(node).filter(({ rule }) => rule.kind !== 'function');
  const definitions = rules.map(({ rule, prefix }) => ({
    prefix,
    definition: defineSolutions(maker, rule),
  }));
  const defaults = defaultsBelow(node)
    .filter(({ rule }) => rule.kind !== 'function')
    .map(({ rule, prefix }) => ({
      prefix,
      rule,
      compute: guestDefault(maker, rule),
      keys: rule.dynamic,
    }));
  return (ev) => {
    const root = new Draft();
    for (const { prefix, definition } of definitions) {
      const { rule } = definition;
      open(root, rule, prefix);
      const s: unknown[] = new Array<unknown>(definition.result + 1);
      const place = headPlace(rule);
      ev.active.push({ id: rule.id, place: { span: place.span, at: place.at ?? 0 } });
      for (const branch of definition.branches) {
        branch.run(ev, s);
        if (s[definition.result] !== undefined) break;
      }
      ev.active.pop();
      for (const { path, value } of (s[definition.result] ?? []) as readonly Solution[]) {
        insert(root, { path: [...prefix, ...path], value }, rule, guest);
      }
    }
    for (const { prefix, rule, compute } of defaults) {
      const [key] = rule.dynamic;
      const path: Value[] = [...prefix, ...(key === undefined ? [] : [scalarOf(key) ?? null])];
      let draft = root;
      for (const part of path) draft = draft.child(part);
      if (draft.isEmpty) draft.value = compute(ev);
    }
    return root.build();
  };
}

const scalarOf = (term: ResolvedRule['dynamic'][number]): Value | undefined =>
  term.kind === 'number' ? Number(term.text) : term.kind === 'boolean' ? term.value : undefined;

/** Names on the way to a head exist, as objects, even when nothing comes of the rule. */
function open(root: Draft, rule: ResolvedRule, prefix: readonly string[]): void {
  let draft = root;
  const depth =
    rule.kind === 'multi' || rule.dynamic.length > 0 ? prefix.length : prefix.length - 1;
  for (const part of prefix.slice(0, Math.max(0, depth))) {
    if (draft.value !== undefined || draft.set !== undefined) return;
    draft = draft.child(part);
  }
  if (rule.dynamic.length > 0 && draft.isEmpty) draft.isObject = true;
  else if (rule.kind === 'multi' && draft.isEmpty) draft.set = new SetBuilder();
}
