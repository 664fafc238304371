/** Whether values of two types can be equal: true as long as any branch of a union can. */
import {
  type AnyType,
  type ArrayType,
  containsType,
  isAny,
  type MaybeType,
  type ObjectType,
} from './types.ts';
import { selectType } from './type-access.ts';

export function unifies(a: MaybeType, b: MaybeType): boolean {
  // A key that may hold anything may also be absent.
  if (a === undefined || b === undefined) return isAny(a) || isAny(b);
  if (a === b) return true;
  if (a.kind === 'any') return unifiesAny(a, b) || (b.kind === 'any' && unifiesAny(b, a));
  if (b.kind === 'any') return unifiesAny(b, a);
  if (a.kind !== b.kind) return false;
  if (a.kind === 'array' && b.kind === 'array') return unifiesArrays(a, b);
  if (a.kind === 'object' && b.kind === 'object') return unifiesObjects(a, b);
  if (a.kind === 'set' && b.kind === 'set') return unifies(a.of, b.of);
  if (a.kind === 'function' && b.kind === 'function') {
    return a.args.length === b.args.length && a.args.every((arg, i) => unifies(arg, b.args[i]));
  }
  return true;
}

function unifiesAny(union: AnyType, other: MaybeType): boolean {
  if (other?.kind === 'function') return false;
  if (isAny(union)) return true;
  // Most members differ in kind, and an equal one settles it.
  return containsType(union, other) || union.of.some((member) => unifies(member, other));
}

const arrayItem = (type: ArrayType, index: number): MaybeType =>
  index < type.static.length ? type.static[index] : type.dynamic;

function unifiesArrays(a: ArrayType, b: ArrayType): boolean {
  const length = Math.max(a.static.length, b.static.length);
  for (let i = 0; i < length; i++) {
    if (!unifies(arrayItem(a, i), arrayItem(b, i))) return false;
  }
  return a.dynamic === undefined || b.dynamic === undefined || unifies(a.dynamic, b.dynamic);
}

function unifiesObjects(a: ObjectType, b: ObjectType): boolean {
  return (
    a.static.every(({ key, value }) => unifies(value, selectType(b, key))) &&
    b.static.every(({ key, value }) => unifies(value, selectType(a, key))) &&
    (a.dynamic?.value === undefined ||
      b.dynamic?.value === undefined ||
      unifies(a.dynamic.value, b.dynamic.value))
  );
}
