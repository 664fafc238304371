/** Objects: look up, pick, drop, merge, compare. */
import { equalValues } from '../order.ts';
import { ObjectBuilder, RegoObject, RegoSet, typeName, type Value } from '../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinFault,
  defineBuiltin,
  fatalFault,
  isRegorus,
  operandFault,
} from './define.ts';
import { keysOf } from './operands.ts';

type Keys = readonly Value[] | RegoSet | RegoObject;

const KEY_KINDS = { 2: ['object', 'set', 'array'] } as const;

const keySet = (context: BuiltinContext, keys: Keys): RegoSet =>
  keys instanceof RegoSet ? keys : RegoSet.of(keysOf(context, keys));

function select(object: RegoObject, wanted: (key: Value) => boolean): RegoObject {
  const builder = new ObjectBuilder();
  for (const [key, value] of object.entries()) if (wanted(key)) builder.set(key, value);
  return builder.build();
}

/** One step into a value: key of an object, index of an array, member of a set. */
export function member(value: Value, key: Value): Value | undefined {
  if (value instanceof RegoObject || value instanceof RegoSet) return value.get(key);
  if (!Array.isArray(value)) return undefined;
  return typeof key === 'number' ? (value as readonly Value[])[key] : undefined;
}

/** Deep merge; where either side is no object, the right one wins. */
function merge(context: BuiltinContext, left: RegoObject, right: RegoObject): RegoObject {
  if (left.size === 0) return right;
  if (right.size === 0) return left;
  context.charge(left.size + right.size);
  const builder = new ObjectBuilder();
  for (const [key, value] of left.entries()) builder.set(key, value);
  for (const [key, value] of right.entries()) {
    const other = left.get(key);
    const both = other instanceof RegoObject && value instanceof RegoObject;
    builder.set(key, both ? merge(context, other, value) : value);
  }
  return builder.build();
}

function setIncludes(whole: RegoSet, part: RegoSet): boolean {
  for (const item of part.values()) if (!whole.has(item)) return false;
  return true;
}

/** The part stands in the whole, contiguously. */
function arrayIncludes(whole: readonly Value[], part: readonly Value[]): boolean {
  for (let start = 0; start + part.length <= whole.length; start++) {
    if (part.every((item, i) => equalValues(item, whole[start + i] ?? null))) return true;
  }
  return false;
}

/** Both of one kind, or an array that holds every member of a set; undefined: neither. */
function includes(whole: Value, part: Value): boolean | undefined {
  if (whole instanceof RegoObject && part instanceof RegoObject) {
    for (const [key, value] of part.entries()) {
      const other = whole.get(key);
      if (other === undefined) return false;
      if (!equalValues(other, value) && nestedIncludes(other, value) !== true) return false;
    }
    return true;
  }
  if (whole instanceof RegoSet && part instanceof RegoSet) return setIncludes(whole, part);
  if (Array.isArray(whole)) {
    const items = whole as readonly Value[];
    if (Array.isArray(part)) return arrayIncludes(items, part as readonly Value[]);
    if (part instanceof RegoSet)
      return part.size === 0 ? undefined : setIncludes(RegoSet.of(items), part);
  }
  return undefined;
}

/** Inside objects an array does not hold a set. */
const nestedIncludes = (whole: Value, part: Value): boolean | undefined =>
  Array.isArray(whole) && part instanceof RegoSet ? false : includes(whole, part);

const isArrayOverEmptySet = (whole: Value, part: Value): boolean =>
  Array.isArray(whole) && part instanceof RegoSet && part.size === 0;

export const objects = [
  defineBuiltin({
    name: 'object.get',
    summary: 'Value of a key or of an array path; the third operand if there is none.',
    args: ['object[any: any]', 'any', 'any'],
    result: 'any',
    impl(object: RegoObject, key: Value, fallback: Value) {
      if (!Array.isArray(key)) {
        const found = object.get(key);
        return found === undefined ? fallback : found;
      }
      let value: Value | undefined = object;
      for (const step of key as readonly Value[]) {
        value = member(value, step);
        if (value === undefined) return fallback;
      }
      return value;
    },
  }),
  defineBuiltin({
    name: 'object.keys',
    summary: 'Set of the keys.',
    args: ['object[any: any]'],
    result: 'set[any]',
    impl(object: RegoObject) {
      return RegoSet.of(keysOf(this, object));
    },
  }),
  defineBuiltin({
    name: 'object.filter',
    summary: 'Only the given keys: an array, a set, or the keys of an object.',
    args: ['object[any: any]', 'any<array[any], object[any: any], set[any]>'],
    kinds: KEY_KINDS,
    result: 'object[any: any]',
    impl(object: RegoObject, keys: Keys) {
      const wanted = keySet(this, keys);
      return select(object, (key) => wanted.has(key));
    },
  }),
  defineBuiltin({
    name: 'object.remove',
    summary: 'All but the given keys: an array, a set, or the keys of an object.',
    args: ['object[any: any]', 'any<array[any], object[any: any], set[any]>'],
    kinds: KEY_KINDS,
    result: 'object[any: any]',
    impl(object: RegoObject, keys: Keys) {
      const unwanted = keySet(this, keys);
      return select(object, (key) => !unwanted.has(key));
    },
  }),
  defineBuiltin({
    name: 'object.subset',
    summary: 'The second value is part of the first: objects deeply, sets, contiguous arrays.',
    args: [
      'any<array[any], object[any: any], set[any]>',
      'any<array[any], object[any: any], set[any]>',
    ],
    result: 'boolean',
    unchecked: true,
    impl(whole: Value, part: Value) {
      // OPA looks for the last missing member while walking the array: an empty set needs one step.
      if (isArrayOverEmptySet(whole, part)) return (whole as readonly Value[]).length > 0;
      return (
        includes(whole, part) ??
        builtinFault(
          'both arguments object.subset must be of the same type or array and set',
          'eval_type_error',
        )
      );
    },
    regorusImpl(whole: Value, part: Value) {
      return regorusIncludes(whole, part);
    },
  }),
  defineBuiltin({
    name: 'object.union',
    summary: 'Deep merge of two objects; the second wins.',
    args: ['object[any: any]', 'object[any: any]'],
    result: 'object[any: any]',
    impl(left: RegoObject, right: RegoObject) {
      return merge(this, left, right);
    },
  }),
  defineBuiltin({
    name: 'object.union_n',
    summary: 'Deep merge of an array of objects; later ones win.',
    args: ['array[object[any: any]]'],
    result: 'object[any: any]',
    impl(all: readonly Value[]) {
      let merged = RegoObject.empty;
      let index = 0;
      for (const item of all) {
        if (!(item instanceof RegoObject)) {
          return isRegorus(this)
            ? builtinFault(`item at index ${index} is not an object`)
            : operandFault(
                1,
                `must be array of objects but got array containing ${typeName(item)}`,
              );
        }
        merged = merge(this, merged, item);
        index++;
      }
      return merged;
    },
  }),
];

const PANIC = fatalFault('regorus panics: object.subset with an empty array');

/** regorus recurses through objects whatever the kinds, and compares where they differ. */
function regorusIncludes(whole: Value, part: Value): boolean | BuiltinFault {
  if (whole instanceof RegoObject && part instanceof RegoObject) {
    for (const [key, value] of part.entries()) {
      const other = whole.get(key);
      const inner = other === undefined ? false : regorusIncludes(other, value);
      if (inner !== true) return inner;
    }
    return true;
  }
  if (whole instanceof RegoSet && part instanceof RegoSet) return setIncludes(whole, part);
  if (Array.isArray(whole) && part instanceof RegoSet) {
    return setIncludes(RegoSet.of(whole as readonly Value[]), part);
  }
  if (Array.isArray(whole) && Array.isArray(part)) {
    const items = part as readonly Value[];
    return items.length === 0 ? PANIC : arrayIncludes(whole as readonly Value[], items);
  }
  return equalValues(whole, part);
}
