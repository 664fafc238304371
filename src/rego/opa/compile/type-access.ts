/** What is reached through a type: its keys, its values, the member under one key. */
import { compareValues } from '../../order.ts';
import type { Value } from '../../value.ts';
import { typeOfValue } from './type-of-value.ts';
import {
  ANY,
  compareTypes,
  containsType,
  type MaybeType,
  NUMBER,
  type ObjectType,
  type Type,
  unionAll,
} from './types.ts';

const keysCache = new WeakMap<Type, { readonly type: MaybeType }>();
const valuesCache = new WeakMap<Type, { readonly type: MaybeType }>();

function cached(
  cache: WeakMap<Type, { readonly type: MaybeType }>,
  type: Type,
  make: () => MaybeType,
): MaybeType {
  let entry = cache.get(type);
  if (entry === undefined) {
    entry = { type: make() };
    cache.set(type, entry);
  }
  return entry.type;
}

/** What a reference into the type may be indexed with; `undefined` when it cannot be indexed. */
export function keysOf(type: MaybeType): MaybeType {
  switch (type?.kind) {
    case 'array':
      return NUMBER;
    case 'set':
      return type.of;
    case 'object':
      return cached(keysCache, type, () =>
        unionAll([...type.static.map(({ key }) => typeOfValue(key)), type.dynamic?.key]),
      );
    case 'any':
      if (type.of.length === 0) return ANY;
      return cached(keysCache, type, () => unionAll(type.of.map(keysOf)));
    default:
      return undefined;
  }
}

/** The union of what the type holds. */
export function valuesOf(type: MaybeType): MaybeType {
  switch (type?.kind) {
    case 'array':
      return cached(valuesCache, type, () => unionAll([...type.static, type.dynamic]));
    case 'set':
      return type.of;
    case 'object':
      return cached(valuesCache, type, () => unionAll(partsOfValues(type)));
    case 'any':
      if (type.of.length === 0) return ANY;
      return cached(valuesCache, type, () => unionAll(type.of.map(valuesOf)));
    default:
      return undefined;
  }
}

function* partsOfValues(type: ObjectType): Generator<MaybeType> {
  for (const property of type.static) yield property.value;
  if (type.dynamic !== undefined) yield type.dynamic.value;
}

/** The type found under a constant key; `undefined` when nothing can be there. */
export function selectType(type: MaybeType, key: Value): MaybeType {
  switch (type?.kind) {
    case 'array': {
      const index = typeof key === 'number' && Number.isInteger(key) ? key : -1;
      return index < 0 ? undefined : (type.static[index] ?? type.dynamic);
    }
    case 'object':
      return selectProperty(type, key);
    case 'set': {
      const keyType = typeOfValue(key);
      if (compareTypes(type.of, keyType) === 0) return type.of;
      return type.of?.kind === 'any' && containsType(type.of, keyType) ? keyType : undefined;
    }
    case 'any':
      if (type.of.length === 0) return ANY;
      return unionAll(type.of.map((member) => selectType(member, key)));
    default:
      return undefined;
  }
}

function selectProperty(type: ObjectType, key: Value): MaybeType {
  let low = 0;
  let high = type.static.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const property = type.static[middle];
    if (property === undefined) break;
    const order = compareValues(property.key, key, 'opa');
    if (order === 0) return property.value;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  if (type.dynamic === undefined) return undefined;
  return containsType(type.dynamic.key, typeOfValue(key)) ? type.dynamic.value : undefined;
}
