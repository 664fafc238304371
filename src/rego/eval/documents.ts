/**
 * References into `data`: base documents with the virtual ones of rules over them. A cursor stands
 * for a place that has not been read yet, so that iterating packages evaluates only what is asked.
 */
import type { EvaluationTraits } from '../traits.ts';
import type { RuleNode } from '../compile/policy.ts';
import type { PlanDoc, PlanStep } from '../plan/plan.ts';
import { compareValues, type ValueOrder } from '../order.ts';
import { regorusJson } from '../text.ts';
import { isArray, ObjectBuilder, RegoObject, RegoSet, type Value } from '../value.ts';
import type { Get, ScanDoc } from './closure.ts';
import type { Evaluation } from './evaluation.ts';
import type { Group } from './group.ts';
import { lookup } from './lookup.ts';

/** A place under `data`: rules (while `node` is set) over base data. */
interface Cursor {
  readonly node: RuleNode | undefined;
  readonly base: Value | undefined;
  /** The value comes from a rule, not from base data. */
  readonly virtual?: true;
}

export interface Documents {
  doc(plan: PlanDoc, keys: readonly Get[]): Get;
  scanDoc(step: Extract<PlanStep, { op: 'scan-doc' }>, keys: readonly Get[]): ScanDoc;
  /** The whole document at a node. */
  value(ev: Evaluation, node: RuleNode): Value | undefined;
}

export interface DocumentSource {
  readonly tree: RuleNode;
  readonly order: ValueOrder;
  readonly traits: EvaluationTraits;
  group(node: RuleNode): Group | undefined;
}

/** Base data at a path. */
export function baseAt(data: Value | undefined, path: readonly string[]): Value | undefined {
  let value = data;
  for (const part of path) {
    if (!(value instanceof RegoObject)) return undefined;
    value = value.get(part);
  }
  return value;
}

/** True when `with` has put something at the path or above it. */
export function isHidden(ev: Evaluation, path: readonly string[]): boolean {
  return ev.overrides.some(
    (override) =>
      override.path.length <= path.length && override.path.every((part, i) => part === path[i]),
  );
}

export function makeDocuments(source: DocumentSource): Documents {
  const { rules, ownPackage } = source.traits;
  const isPartial = ownPackage === 'evaluated-so-far';
  const isRegorus = rules === 'regorus';

  const value = (ev: Evaluation, node: RuleNode): Value | undefined => {
    if (isHidden(ev, node.path)) return baseAt(ev.data, node.path);
    const group = source.group(node);
    return group === undefined ? merged(ev, node) : group.value(ev);
  };

  /** A node without rules of its own: its children over base data. */
  const merged = (ev: Evaluation, node: RuleNode): Value | undefined => {
    const known = ev.caches.documents?.get(node);
    if (known !== undefined) return known as Value;
    const builder = new ObjectBuilder();
    const base = baseAt(ev.data, node.path);
    if (base instanceof RegoObject) {
      for (const [key, member] of base.entries()) builder.set(key, member);
    }
    if (isPartial && isOwnPackage(ev, node)) return evaluatedSoFar(ev, node, builder);
    for (const [name, child] of node.children) {
      // Where both have a value, reading the whole document gives the base.
      if (builder.get(name) !== undefined && source.group(child) !== undefined) continue;
      const member = value(ev, child);
      if (member !== undefined) builder.set(name, member);
    }
    const document = builder.build();
    ev.caches.documents ??= new Map();
    ev.caches.documents.set(node, document);
    return document;
  };

  /** A rule of regorus that reads its own package sees what has been evaluated so far. */
  const evaluatedSoFar = (
    ev: Evaluation,
    node: RuleNode,
    builder: ObjectBuilder,
  ): Value | undefined => {
    for (const [name, child] of node.children) {
      const group = source.group(child);
      const member = group === undefined ? value(ev, child) : group.known(ev);
      if (member !== undefined) builder.set(name, member);
    }
    return builder.size === 0 ? undefined : builder.build();
  };

  const step = (ev: Evaluation, cursor: Cursor, key: Value): Cursor => {
    const { node } = cursor;
    const isVirtual = node !== undefined && source.group(node) !== undefined;
    if (isVirtual || cursor.virtual === true) {
      const from = force(ev, cursor);
      const base = isRegorus ? documentKey(from, key) : lookup(from, key);
      return { node: undefined, base, virtual: true };
    }
    if (node === undefined || isHidden(ev, node.path)) {
      return { node: undefined, base: documentKey(force(ev, cursor), key) };
    }
    const child = typeof key === 'string' ? node.children.get(key) : undefined;
    return { node: child, base: documentKey(cursor.base, key) };
  };

  const force = (ev: Evaluation, { node, base }: Cursor): Value | undefined =>
    node === undefined ? base : value(ev, node);

  const walk = (
    ev: Evaluation,
    s: unknown[],
    from: Cursor,
    keys: readonly Get[],
  ): Cursor | undefined => {
    let cursor = from;
    for (const get of keys) {
      const key = get(ev, s);
      if (key === undefined) return undefined;
      cursor = step(ev, cursor, key);
    }
    return cursor;
  };

  const start = (ev: Evaluation, s: unknown[], from: number | undefined): Cursor =>
    from === undefined ? { node: source.tree, base: ev.data } : (s[from] as Cursor);

  return {
    value,
    doc(plan, keys) {
      if (plan.from !== undefined) {
        const { from } = plan;
        return (ev, s) => {
          const cursor = walk(ev, s, s[from] as Cursor, keys);
          return cursor && force(ev, cursor);
        };
      }
      const { node, depth } = descend(source, plan);
      const rest = keys.slice(depth);
      const group = source.group(node);
      if (group !== undefined) return groupGet(group, rest);
      if (rest.length === 0) return (ev) => value(ev, node);
      const next = plan.keys[depth];
      if (isRegorus && isRulePrefix(node)) return within((ev) => value(ev, node), rest);
      if (next?.op === 'const' && !isChild(node, next.value)) {
        return baseGet(node.path, rest);
      }
      return (ev, s) => {
        const cursor = walk(ev, s, { node, base: baseAt(ev.data, node.path) }, rest);
        return cursor && force(ev, cursor);
      };
    },
    scanDoc(plan, keys) {
      return (ev, s, visit) => {
        const cursor = walk(ev, s, start(ev, s, plan.doc.from), keys);
        return cursor !== undefined && scan(ev, cursor, visit);
      };
    },
  };

  /** No rule stands there or below: base data is all there is. */
  function baseGet(path: readonly string[], rest: readonly Get[]): Get {
    const read: Get = path.length === 0 ? (ev) => ev.data : (ev) => baseAt(ev.data, path);
    return rest.reduce<Get>(
      (get, key) => (ev, s) => {
        const at = key(ev, s);
        return at === undefined ? undefined : documentKey(get(ev, s), at);
      },
      read,
    );
  }

  function groupGet(group: Group, rest: readonly Get[]): Get {
    const { node } = group;
    const read: Get = (ev) =>
      ev.overrides.length > 0 && isHidden(ev, node.path)
        ? baseAt(ev.data, node.path)
        : group.value(ev);
    return within(read, rest);
  }

  function scan(
    ev: Evaluation,
    cursor: Cursor,
    visit: (key: Value, cursor: unknown) => boolean,
  ): boolean {
    const { node } = cursor;
    if (node === undefined || source.group(node) !== undefined || isHidden(ev, node.path)) {
      return scanValue(force(ev, cursor), source.order, visit);
    }
    const names = new Map<Value, RuleNode | undefined>();
    if (cursor.base instanceof RegoObject) {
      for (const key of cursor.base.keys(source.order)) names.set(key, undefined);
    }
    for (const [name, child] of node.children) names.set(name, child);
    const sorted = [...names.keys()].sort((a, b) => compareValues(a, b, source.order));
    for (const key of sorted) {
      const base = lookup(cursor.base, key);
      if (visit(key, { node: names.get(key), base })) return true;
    }
    return false;
  }
}

/** A number under `data` is read as its decimal text where it finds nothing else. */
function documentKey(from: Value | undefined, key: Value): Value | undefined {
  const found = lookup(from, key);
  return found === undefined && typeof key === 'number' ? lookup(from, regorusJson(key)) : found;
}

/** True for the package of the rule being evaluated, and for what it lies in. */
function isOwnPackage(ev: Evaluation, node: RuleNode): boolean {
  const path = ev.active.at(-1)?.module.source.package.path;
  return (
    path !== undefined &&
    node.path.length <= path.length &&
    node.path.every((part, i) => part === path[i])
  );
}

function scanValue(
  value: Value | undefined,
  order: ValueOrder,
  visit: (key: Value, cursor: unknown) => boolean,
): boolean {
  const pure = (base: Value | undefined): Cursor => ({ node: undefined, base });
  if (isArray(value)) return value.some((item, i) => visit(i, pure(item)));
  if (value instanceof RegoObject) {
    return value.keys(order).some((key) => visit(key, pure(value.get(key))));
  }
  if (value instanceof RegoSet) return value.members(order).some((item) => visit(item, pure(item)));
  return false;
}

/** Further operands applied to a value. */
const within = (read: Get, rest: readonly Get[]): Get =>
  rest.reduce<Get>((get, key) => (ev, s) => lookup(get(ev, s), key(ev, s)), read);

/** A name on the way to rule heads: asking below it makes regorus evaluate all of them. */
const isRulePrefix = (node: RuleNode): boolean =>
  !node.isPackage && node.children.size > 0 && [...node.children.values()].every(holdsNoPackage);

const holdsNoPackage = (node: RuleNode): boolean =>
  !node.isPackage && [...node.children.values()].every(holdsNoPackage);

const isChild = (node: RuleNode, key: Value): boolean =>
  typeof key === 'string' && node.children.has(key);

/** As far down the tree as constant keys lead: to a group, or to the last package on the way. */
function descend(source: DocumentSource, plan: PlanDoc): { node: RuleNode; depth: number } {
  let node = source.tree;
  let depth = 0;
  for (const key of plan.keys) {
    if (key.op !== 'const' || typeof key.value !== 'string') break;
    if (source.group(node) !== undefined && source.traits.rules === 'opa') break;
    const child = node.children.get(key.value);
    if (child === undefined) break;
    node = child;
    depth++;
  }
  return { node, depth };
}
