/**
 * The types of virtual documents by path. A rule with a computed head part adds an object type at
 * its ground prefix; rules below a prefix that has an object type are merged into it.
 */
import { mapKey, type MapKey, type Value } from '../../value.ts';
import {
  ANY,
  type MaybeType,
  objectType,
  type ObjectType,
  setType,
  STRING,
  type Type,
  union,
} from './types.ts';
import { keysOf } from './type-access.ts';
import { typeOfValue } from './type-of-value.ts';

export class TypeNode {
  readonly key: Value;
  value: MaybeType;
  readonly #children = new Map<MapKey, TypeNode>();
  /** What the whole subtree looks like; dropped when anything below changes. */
  #extent: Type | undefined;

  constructor(key: Value) {
    this.key = key;
  }

  get size(): number {
    return this.#children.size;
  }

  child(key: Value): TypeNode | undefined {
    return this.#children.get(mapKey(key));
  }

  children(): IterableIterator<TypeNode> {
    return this.#children.values();
  }

  /** The node's own type, or an object of its children that may hold base documents besides. */
  extent(): Type {
    if (this.value !== undefined) return this.value;
    this.#extent ??= objectType(
      Array.from(this.#children.values(), (child) => ({ key: child.key, value: child.extent() })),
      { key: STRING, value: ANY },
    );
    return this.#extent;
  }

  keys(): MaybeType {
    return keysOf(this.extent());
  }

  /** Sets the type at a path, whatever was known before. */
  put(path: readonly Value[], type: Type): void {
    const nodes = this.#descend(path);
    const last = nodes.at(-1);
    if (last !== undefined) last.value = type;
  }

  /** Adds one definition's type at a path. */
  insert(path: readonly Value[], type: Type): void {
    const nodes = this.#descend(path);
    nodes.forEach((node, i) => {
      const rest = path.slice(i);
      if (rest.length > 0 && node.value?.kind === 'object') {
        node.value = insertIntoObject(node.value, rest, type);
      }
    });
    const last = nodes.at(-1);
    if (last === undefined) return;
    last.value = mergeTypes(last.value, type);
    if (type.kind !== 'object') return;
    for (const child of last.#children.values()) {
      for (const leaf of child.#leaves([])) {
        if (last.value?.kind === 'object') {
          last.value = insertIntoObject(last.value, leaf.path, leaf.type);
        }
      }
    }
  }

  /** This node and those on the way to the path, made where missing. */
  #descend(path: readonly Value[]): readonly TypeNode[] {
    this.#extent = undefined;
    const [first, ...rest] = path;
    if (first === undefined) return [this];
    let child = this.child(first);
    if (child === undefined) {
      child = new TypeNode(first);
      this.#children.set(mapKey(first), child);
    }
    return [this, ...child.#descend(rest)];
  }

  *#leaves(above: readonly Value[]): Generator<{ path: readonly Value[]; type: Type }> {
    const path = [...above, this.key];
    if (this.value !== undefined) {
      yield { path, type: this.value };
      return;
    }
    for (const child of this.#children.values()) yield* child.#leaves(path);
  }
}

/** A known path below an object that also has computed keys: it widens the computed part. */
function insertIntoObject(object: ObjectType, path: readonly Value[], type: Type): ObjectType {
  const [first, ...rest] = path;
  if (first === undefined) return object;
  const inner = rest.length === 0 ? type : insertIntoObject(objectType([]), rest, type);
  return objectType(object.static, {
    key: union(object.dynamic?.key, typeOfValue(first)),
    value: union(object.dynamic?.value, inner),
  });
}

/** Joins the types of two definitions. Sets and purely computed objects become one, others a union. */
export function mergeTypes(a: MaybeType, b: Type): MaybeType {
  if (a === undefined) return b;
  if (a.kind === 'set' && b.kind === 'set') return setType(union(a.of, b.of));
  if (isDynamicObject(a) && isDynamicObject(b)) {
    const inner = b.dynamic?.value;
    return objectType([], {
      key: union(a.dynamic?.key, b.dynamic?.key),
      value: inner === undefined ? a.dynamic?.value : mergeTypes(a.dynamic?.value, inner),
    });
  }
  return union(a, b);
}

const isDynamicObject = (type: Type): type is ObjectType =>
  type.kind === 'object' && type.static.length === 0 && type.dynamic !== undefined;
