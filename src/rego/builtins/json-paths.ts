/** `json.filter` and `json.remove`: keep or drop what a set of paths names. */
import { ObjectBuilder, RegoObject, RegoSet, typeName, type Value } from '../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinFault,
  defineBuiltin,
  isBuiltinFault,
  operandFault,
} from './define.ts';
import { elementsOf } from './operands.ts';
import { compareValues, keyOf } from '../order.ts';

/** Paths as a tree: a leaf names everything below it. */
export type PathTree = 'leaf' | PathNode;

export class PathNode {
  readonly #children: [Value, PathTree][] = [];
  #index: RegoObject | undefined;

  get isEmpty(): boolean {
    return this.#children.length === 0;
  }

  /** In the order in which they were first named. */
  get children(): readonly (readonly [Value, PathTree])[] {
    return this.#children;
  }

  child(key: Value): PathTree | undefined {
    this.#index ??= RegoObject.of(this.#children.map(([name], i) => [name, i] as const));
    const at = this.#index.get(key);
    return typeof at === 'number' ? this.#children[at]?.[1] : undefined;
  }

  put(key: Value, tree: PathTree): void {
    const at = this.#position(key);
    if (at === undefined) this.#children.push([key, tree]);
    else this.#children[at] = [key, tree];
    this.#index = undefined;
  }

  #position(key: Value): number | undefined {
    if (this.child(key) === undefined) return undefined;
    const at = this.#index?.get(key);
    return typeof at === 'number' ? at : undefined;
  }
}

/** Segments of "a/b" or ["a", "b"]; in text ~1 is a slash and ~0 a tilde. */
export function parsePath(path: Value): readonly Value[] | BuiltinFault {
  if (Array.isArray(path)) return path as readonly Value[];
  if (typeof path !== 'string') {
    const want = 'must be one of {set, array} containing string paths or array of path segments';
    return operandFault(2, `${want} but got ${typeName(path)}`);
  }
  if (path === '') return [];
  return path
    .replace(/^\/+/, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function toTree(paths: readonly (readonly Value[])[]): PathNode {
  const root = new PathNode();
  for (const path of paths) {
    let node: PathTree = root;
    for (let i = 0; i < path.length && node !== 'leaf'; i++) {
      const key = path[i] ?? null;
      const next: PathTree | undefined = node.child(key);
      if (i === path.length - 1) node.put(key, 'leaf');
      else if (next === undefined) {
        const made = new PathNode();
        node.put(key, made);
        node = made;
      } else node = next;
    }
  }
  return root;
}

type Paths = readonly Value[] | RegoSet;

function treeOf(context: BuiltinContext, paths: Paths): PathNode | BuiltinFault {
  const parsed: (readonly Value[])[] = [];
  for (const path of elementsOf(context, paths)) {
    const segments = parsePath(path);
    if (isBuiltinFault(segments)) return segments;
    parsed.push(segments);
  }
  return toTree(parsed);
}

/** In arrays the path names the index as text. */
function indexOf(key: Value): number | undefined {
  return typeof key === 'string' && /^(0|[1-9]\d{0,14})$/.test(key) ? Number(key) : undefined;
}

function keep(value: Value, tree: PathTree): Value | undefined {
  if (tree === 'leaf') return value;
  if (value instanceof RegoObject) {
    const builder = new ObjectBuilder();
    for (const [key, below] of tree.children) {
      const found = value.get(key);
      const kept = found === undefined ? undefined : keep(found, below);
      if (kept !== undefined) builder.set(key, kept);
    }
    return builder.build();
  }
  if (value instanceof RegoSet) {
    const members: Value[] = [];
    for (const [key, below] of tree.children) {
      const found = value.get(key);
      const kept = found === undefined ? undefined : keep(found, below);
      if (kept !== undefined) members.push(kept);
    }
    return RegoSet.of(members);
  }
  if (Array.isArray(value)) {
    const kept: Value[] = [];
    const items = value as readonly Value[];
    items.forEach((item, i) => {
      const below = tree.child(String(i));
      const part = below === undefined ? undefined : keep(item, below);
      if (part !== undefined) kept.push(part);
    });
    return kept;
  }
  return value;
}

function drop(value: Value, tree: PathTree | undefined): Value | undefined {
  if (tree === undefined) return value;
  if (tree === 'leaf') return undefined;
  if (value instanceof RegoObject) {
    const builder = new ObjectBuilder();
    for (const [key, item] of value.entries()) {
      const left = drop(item, tree.child(key));
      if (left !== undefined) builder.set(key, left);
    }
    return builder.build();
  }
  if (value instanceof RegoSet) {
    const members: Value[] = [];
    for (const item of value.values()) {
      const left = drop(item, tree.child(item));
      if (left !== undefined) members.push(left);
    }
    return RegoSet.of(members);
  }
  if (Array.isArray(value)) {
    return (value as readonly Value[]).flatMap((item, i) => {
      const left = drop(item, tree.child(String(i)));
      return left === undefined ? [] : [left];
    });
  }
  return value;
}

/**
 * regorus' tree. A path that ends marks its node, so a longer path through it still counts when
 * keeping, but not when dropping. Source: regorus objects.rs.
 */
interface RegorusNode {
  end: boolean;
  readonly below: Map<string | Value, RegorusNode>;
  readonly keys: Value[];
}

const regorusNode = (): RegorusNode => ({ end: false, below: new Map(), keys: [] });

function regorusTree(
  context: BuiltinContext,
  name: string,
  paths: Paths,
): RegorusNode | BuiltinFault {
  const root = regorusNode();
  for (const path of elementsOf(context, paths)) {
    const steps =
      typeof path === 'string'
        ? path.split('/')
        : Array.isArray(path)
          ? (path as readonly Value[])
          : undefined;
    if (steps === undefined) {
      return builtinFault(
        `\`${name}\` requires path to be '/' separated string or array of path components.`,
      );
    }
    let node = root;
    for (const step of steps) {
      const key = keyOf(step);
      let next = node.below.get(key);
      if (next === undefined) {
        next = regorusNode();
        node.below.set(key, next);
        node.keys.push(step);
      }
      node = next;
    }
    node.end = true;
  }
  return root;
}

function regorusKeep(value: Value, node: RegorusNode): Value | undefined {
  // A marked node with more below it is not whole: its own mark then counts as a key that is absent.
  if (node.below.size === 0) return value;
  const children = node.keys.map((key) => [key, node.below.get(keyOf(key))] as const);
  if (value instanceof RegoObject) {
    const builder = new ObjectBuilder();
    for (const [key, below] of children) {
      const found = value.get(key);
      const kept =
        found === undefined || below === undefined ? undefined : regorusKeep(found, below);
      if (kept !== undefined) builder.set(key, kept);
    }
    return builder.build();
  }
  if (value instanceof RegoSet) {
    const members: Value[] = [];
    for (const [key, below] of children) {
      if (below === undefined || !value.has(key)) continue;
      const kept = regorusKeep(key, below);
      if (kept !== undefined) members.push(kept);
    }
    return RegoSet.of(members);
  }
  if (Array.isArray(value)) {
    const items = value as readonly Value[];
    return children
      .toSorted(([a], [b]) => compareValues(a, b, 'regorus'))
      .flatMap(([key, below]) => {
        const at = indexOf(key);
        const item = at === undefined ? undefined : items[at];
        const kept =
          item === undefined || below === undefined ? undefined : regorusKeep(item, below);
        return kept === undefined ? [] : [kept];
      });
  }
  return undefined;
}

function regorusDrop(value: Value, node: RegorusNode | undefined): Value | undefined {
  if (node === undefined || (!node.end && node.below.size === 0)) return value;
  if (node.end) return undefined;
  if (value instanceof RegoObject) {
    const builder = new ObjectBuilder();
    for (const [key, item] of value.entries()) {
      const left = regorusDrop(item, node.below.get(keyOf(key)));
      if (left !== undefined) builder.set(key, left);
    }
    return builder.build();
  }
  if (value instanceof RegoSet) {
    const left: Value[] = [];
    for (const item of value.values()) {
      const kept = regorusDrop(item, node.below.get(keyOf(item)));
      if (kept !== undefined) left.push(kept);
    }
    return RegoSet.of(left);
  }
  if (Array.isArray(value)) {
    return (value as readonly Value[]).flatMap((item, i) => {
      const left = regorusDrop(item, node.below.get(keyOf(String(i))));
      return left === undefined ? [] : [left];
    });
  }
  return undefined;
}

const PATH_KINDS = { 2: ['set', 'array'] } as const;
const PATHS_TYPE = 'any<array[any<string, array[any]>], set[any<string, array[any]>]>';

export const jsonPaths = [
  defineBuiltin({
    name: 'json.filter',
    summary: 'Only what the paths name ("a/b" or ["a", "b"]).',
    args: ['object[any: any]', PATHS_TYPE],
    kinds: PATH_KINDS,
    result: 'object[any: any]',
    impl(object: RegoObject, paths: Paths) {
      const tree = treeOf(this, paths);
      return isBuiltinFault(tree) ? tree : keep(object, tree);
    },
    regorusImpl(object: RegoObject, paths: Paths) {
      const tree = regorusTree(this, 'json.filter', paths);
      if (isBuiltinFault(tree)) return tree;
      return tree.below.size === 0 && !tree.end ? RegoObject.empty : regorusKeep(object, tree);
    },
  }),
  defineBuiltin({
    name: 'json.remove',
    summary: 'All but what the paths name.',
    args: ['object[any: any]', PATHS_TYPE],
    kinds: PATH_KINDS,
    result: 'object[any: any]',
    impl(object: RegoObject, paths: Paths) {
      const tree = treeOf(this, paths);
      return isBuiltinFault(tree) ? tree : drop(object, tree);
    },
    regorusImpl(object: RegoObject, paths: Paths) {
      const tree = regorusTree(this, 'json.remove', paths);
      return isBuiltinFault(tree) ? tree : regorusDrop(object, tree);
    },
  }),
];
