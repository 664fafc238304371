/**
 * The types that the checker reasons about, after OPA's: scalars, arrays and objects with static and
 * dynamic parts, sets, unions (`any<..>`; `any` alone is everything) and functions. An absent type
 * means "not known yet".
 *
 * Invariant: every type is small. A composite heavier than `MAX_WEIGHT` nodes or deeper than
 * `MAX_DEPTH` is replaced by a wider, smaller one, so comparing and printing types stays cheap however
 * large a policy's constants are. Wider is the safe side: the checker then reports less.
 */
import { compareValues } from '../../order.ts';
import type { Value } from '../../value.ts';

export type Type =
  | NullType
  | BooleanType
  | NumberType
  | StringType
  | ArrayType
  | ObjectType
  | SetType
  | AnyType
  | FunctionType;
export type MaybeType = Type | undefined;

interface NullType {
  readonly kind: 'null';
}
interface BooleanType {
  readonly kind: 'boolean';
}
interface NumberType {
  readonly kind: 'number';
}
interface StringType {
  readonly kind: 'string';
}
export interface ArrayType {
  readonly kind: 'array';
  readonly static: readonly MaybeType[];
  readonly dynamic: MaybeType;
  readonly size: Size;
}
export interface StaticProperty {
  readonly key: Value;
  readonly value: MaybeType;
}
export interface DynamicProperty {
  readonly key: MaybeType;
  readonly value: MaybeType;
}
export interface ObjectType {
  readonly kind: 'object';
  /** Sorted by key. */
  readonly static: readonly StaticProperty[];
  readonly dynamic: DynamicProperty | undefined;
  readonly size: Size;
}
export interface SetType {
  readonly kind: 'set';
  readonly of: MaybeType;
  readonly size: Size;
}
export interface AnyType {
  readonly kind: 'any';
  /** Sorted, without repeats; empty for the type of everything. */
  readonly of: readonly Type[];
  readonly size: Size;
}
export interface FunctionType {
  readonly kind: 'function';
  readonly args: readonly MaybeType[];
  /** Names for error texts: builtins only. */
  readonly argNames?: readonly (string | undefined)[];
  readonly variadic?: Type;
  /** Absent: the function is void. Users' functions may have a result of unknown type. */
  readonly result: MaybeType;
  readonly resultName?: string | undefined;
  readonly void: boolean;
}

interface Size {
  readonly weight: number;
  readonly depth: number;
}

/** A genpolicy document has some 10,000 nodes; larger constants are summarised. */
const MAX_WEIGHT = 50_000;
export const MAX_DEPTH = 100;
/** A union of more members than this says too little to be worth its price. */
const MAX_UNION = 500;

const LEAF: Size = { weight: 1, depth: 1 };

export const NULL: Type = { kind: 'null' };
export const BOOLEAN: Type = { kind: 'boolean' };
export const NUMBER: Type = { kind: 'number' };
export const STRING: Type = { kind: 'string' };
export const ANY: AnyType = { kind: 'any', of: [], size: LEAF };

const sizeOf = (type: MaybeType): Size => (type !== undefined && 'size' in type ? type.size : LEAF);

function sizeOver(parts: Iterable<MaybeType>): Size {
  let weight = 1;
  let depth = 0;
  for (const part of parts) {
    const size = sizeOf(part);
    weight += size.weight;
    depth = Math.max(depth, size.depth);
  }
  return { weight, depth: depth + 1 };
}

const fits = (size: Size): boolean => size.weight <= MAX_WEIGHT && size.depth <= MAX_DEPTH;

export function arrayType(fixed: readonly MaybeType[], dynamic?: Type): ArrayType {
  const size = sizeOver(dynamic === undefined ? fixed : [...fixed, dynamic]);
  if (fits(size)) return { kind: 'array', static: fixed, dynamic, size };
  return {
    kind: 'array',
    static: [],
    dynamic: summary(dynamic === undefined ? fixed : [...fixed, dynamic]),
    size: SUMMARY,
  };
}

export function objectType(
  fixed: readonly StaticProperty[],
  dynamic?: DynamicProperty,
): ObjectType {
  const size = sizeOver(partsOf(fixed, dynamic));
  if (fits(size)) {
    const sorted = [...fixed].sort((a, b) => compareValues(a.key, b.key, 'opa'));
    return { kind: 'object', static: sorted, dynamic, size };
  }
  const values = fixed.map((property) => property.value);
  const value = summary(dynamic === undefined ? values : [...values, dynamic.value]);
  return { kind: 'object', static: [], dynamic: { key: ANY, value }, size: SUMMARY };
}

function* partsOf(
  fixed: readonly StaticProperty[],
  dynamic: DynamicProperty | undefined,
): Generator<MaybeType> {
  for (const property of fixed) yield property.value;
  if (dynamic !== undefined) {
    yield dynamic.key;
    yield dynamic.value;
  }
}

export function setType(of: MaybeType): SetType {
  const size = sizeOver([of]);
  return fits(size) ? { kind: 'set', of, size } : { kind: 'set', of: ANY, size: SUMMARY };
}

const SUMMARY: Size = { weight: 2, depth: 2 };

/** The element type of a collection too heavy to describe: its members' union if that is a scalar. */
function summary(parts: readonly MaybeType[]): Type {
  const first = parts[0];
  const same = first !== undefined && !('size' in first) && parts.every((part) => part === first);
  return same ? first : ANY;
}

/** `any<..>` of exactly these members. */
export function anyOf(members: readonly Type[]): AnyType {
  if (members.length === 0) return ANY;
  const sorted = [...members].sort(compareTypes);
  const distinct = sorted.filter((member, i) => {
    const before = sorted[i - 1];
    return before === undefined || compareTypes(before, member) !== 0;
  });
  const size = sizeOver(distinct);
  return distinct.length > MAX_UNION || !fits(size) ? ANY : { kind: 'any', of: distinct, size };
}

/** The union of types; what is not known adds nothing. Functions join only with functions. */
export function union(...types: readonly MaybeType[]): MaybeType {
  return unionAll(types);
}

export function unionAll(types: Iterable<MaybeType>): MaybeType {
  const members: Type[] = [];
  let last: MaybeType;
  for (const type of types) {
    if (type === undefined || type === last) continue;
    last = type;
    if (type.kind !== 'any') members.push(type);
    else if (type.of.length === 0) return ANY;
    else members.push(...type.of);
  }
  const first = members[0];
  if (first === undefined || members.length === 1) return first;
  if (members.some((member) => member.kind === 'function')) return unionOfFunctions(members);
  const joined = anyOf(members);
  return joined.of.length === 1 ? joined.of[0] : joined;
}

function unionOfFunctions(members: readonly Type[]): MaybeType {
  let joined: FunctionType | undefined;
  for (const member of members) {
    if (member.kind !== 'function') return undefined;
    if (joined === undefined) {
      joined = member;
      continue;
    }
    if (joined.args.length !== member.args.length) return undefined;
    const before: FunctionType = joined;
    joined = functionType(
      before.args.map((arg, i) => union(arg, member.args[i])),
      union(before.result, member.result),
    );
  }
  return joined;
}

export function functionType(args: readonly MaybeType[], result: MaybeType): FunctionType {
  return { kind: 'function', args, result, void: false };
}

const RANK: Readonly<Record<Type['kind'], number>> = {
  null: 0,
  boolean: 1,
  number: 2,
  string: 3,
  array: 4,
  object: 5,
  set: 6,
  any: 7,
  function: 8,
};

const compareLists = (a: readonly MaybeType[], b: readonly MaybeType[]): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareTypes(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
};

/** OPA's total order of types, which decides how a union is printed. */
export function compareTypes(a: MaybeType, b: MaybeType): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  if (a.kind === 'array' && b.kind === 'array') {
    return comparePresence(a.dynamic, b.dynamic) || compareLists(a.static, b.static);
  }
  if (a.kind === 'object' && b.kind === 'object') return compareObjectTypes(a, b);
  if (a.kind === 'set' && b.kind === 'set') return compareTypes(a.of, b.of);
  if (a.kind === 'any' && b.kind === 'any') return compareLists(a.of, b.of);
  if (a.kind === 'function' && b.kind === 'function') {
    return (
      a.args.length - b.args.length ||
      compareLists(a.args, b.args) ||
      compareTypes(a.result, b.result)
    );
  }
  return RANK[a.kind] - RANK[b.kind];
}

/** A type without a dynamic part sorts first. */
const comparePresence = (a: MaybeType, b: MaybeType): number =>
  a === undefined ? (b === undefined ? 0 : -1) : b === undefined ? 1 : compareTypes(a, b);

function compareObjectTypes(a: ObjectType, b: ObjectType): number {
  if ((a.dynamic === undefined) !== (b.dynamic === undefined)) return a.dynamic ? 1 : -1;
  const dynamic =
    compareTypes(a.dynamic?.key, b.dynamic?.key) ||
    compareTypes(a.dynamic?.value, b.dynamic?.value);
  if (dynamic !== 0) return dynamic;
  for (const [i, left] of a.static.entries()) {
    const right = b.static[i];
    if (right === undefined) break;
    const order =
      compareValues(left.key, right.key, 'opa') || compareTypes(left.value, right.value);
    if (order !== 0) return order;
  }
  return a.static.length - b.static.length;
}

/** `any`, or a union that has `other` among its members, or an equal type. */
export function containsType(type: MaybeType, other: MaybeType): boolean {
  if (type?.kind !== 'any') return compareTypes(type, other) === 0;
  if (other?.kind === 'function') return false;
  return type.of.length === 0 || type.of.some((member) => compareTypes(member, other) === 0);
}

export const isAny = (type: MaybeType): boolean => type?.kind === 'any' && type.of.length === 0;

/** Part of the type is not known. */
export function isUnknown(type: MaybeType): boolean {
  if (type === undefined) return true;
  switch (type.kind) {
    case 'array':
      return type.static.some(isUnknown) || (type.dynamic !== undefined && isUnknown(type.dynamic));
    case 'object':
      return (
        type.static.some((property) => isUnknown(property.value)) ||
        (type.dynamic !== undefined &&
          (isUnknown(type.dynamic.key) || isUnknown(type.dynamic.value)))
      );
    case 'set':
      return isUnknown(type.of);
    case 'function':
      return type.args.some(isUnknown) || isUnknown(type.result);
    default:
      return false;
  }
}
