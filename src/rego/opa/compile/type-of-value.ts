/** The types of constants. */
import { isArray, RegoObject, RegoSet, type Value } from '../../value.ts';
import {
  ANY,
  arrayType,
  BOOLEAN,
  MAX_DEPTH,
  NULL,
  NUMBER,
  objectType,
  setType,
  STRING,
  type Type,
  unionAll,
} from './types.ts';

const valueTypes = new WeakMap<object, Type>();

/** The type of a constant. Remembered per value, since references keep asking. */
export function typeOfValue(value: Value): Type {
  switch (typeof value) {
    case 'boolean':
      return BOOLEAN;
    case 'string':
      return STRING;
    case 'number':
    case 'bigint':
      return NUMBER;
    default:
      if (value === null) return NULL;
      return typeOfComposite(value, 0);
  }
}

function typeOfComposite(
  value: Exclude<Value, null | boolean | number | bigint | string>,
  depth: number,
): Type {
  if (!isArray(value) && !(value instanceof RegoObject) && !(value instanceof RegoSet)) {
    return NUMBER;
  }
  if (depth > MAX_DEPTH) return ANY;
  let type = valueTypes.get(value);
  if (type === undefined) {
    const inner = (item: Value): Type =>
      typeof item === 'object' && item !== null
        ? typeOfComposite(item, depth + 1)
        : typeOfValue(item);
    type = describe(value, inner);
    // A value met too deep inside another has only been given a wide type.
    if (depth === 0) valueTypes.set(value, type);
  }
  return type;
}

function describe(
  value: readonly Value[] | RegoObject | RegoSet,
  inner: (item: Value) => Type,
): Type {
  if (value instanceof RegoObject) {
    if (value.size === 0) return objectType([], { key: ANY, value: ANY });
    return objectType(
      Array.from(value.entries(), ([key, item]) => ({ key: jsonKey(key), value: inner(item) })),
    );
  }
  if (value instanceof RegoSet) {
    return setType(value.size === 0 ? ANY : unionAll(Array.from(value.values(), inner)));
  }
  return value.length === 0 ? arrayType([], ANY) : arrayType(value.map(inner));
}

/** Keys are compared as JSON, where a set is an array. */
export function jsonKey(key: Value): Value {
  return key instanceof RegoSet ? key.members('opa') : key;
}
