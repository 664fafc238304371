/** What several families need from their operands beyond the declared kind. */
import { Decimal } from '../decimal.ts';
import {
  type Arithmetic,
  NumberFault,
  opaArithmetic,
  regorusArithmetic,
  type RegoNumber,
  toDouble,
  toInteger,
} from '../number.ts';
import type { RegoObject, RegoSet, Value } from '../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinFault,
  type BuiltinResult,
  fatalFault,
  operandFault,
} from './define.ts';

export const arithmeticOf = ({ profile }: BuiltinContext): Arithmetic =>
  profile.numbers === 'decimal' ? opaArithmetic : regorusArithmetic;

export const numberResult = (result: RegoNumber | NumberFault): BuiltinResult => {
  if (!(result instanceof NumberFault)) return result;
  return result.limit ? fatalFault(result.message) : builtinFault(result.message);
};

/** The exact integer of an operand, or OPA's complaint about a fraction. */
export function integerOperand(value: RegoNumber, position: number): bigint | BuiltinFault {
  return (
    toInteger(value) ??
    operandFault(position, 'must be integer number but got floating-point number')
  );
}

/**
 * OPA's `IntOperand`: a number that Go reads as a 64-bit int; `1.0` and `1e2` are not. Clamped to
 * JavaScript's safe range, which no length or index reaches.
 */
export function intOperand(value: RegoNumber, position: number): number | BuiltinFault {
  if (value instanceof Decimal) {
    return operandFault(position, 'must be integer number but got floating-point number');
  }
  return Math.min(Math.max(Number(value), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

/** regorus' `as_i64`: undefined for a fraction or out of range. */
export function regorusInt(value: RegoNumber): number | undefined {
  const n = toDouble(value);
  if (!Number.isInteger(n) || Math.abs(n) > 2 ** 63) return undefined;
  return Math.min(Math.max(n, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

export const isNumberInteger = (value: RegoNumber): boolean => Number.isInteger(toDouble(value));

/** Elements of an array or set, sets in the profile's order. */
export const elementsOf = (
  { profile }: BuiltinContext,
  collection: readonly Value[] | RegoSet,
): readonly Value[] => ('kind' in collection ? collection.members(profile.order) : collection);

/** Keys named by an array, a set or the keys of an object. */
export const keysOf = (
  context: BuiltinContext,
  collection: readonly Value[] | RegoSet | RegoObject,
): readonly Value[] =>
  'kind' in collection && collection.kind === 'object'
    ? collection.keys(context.profile.order)
    : elementsOf(context, collection);
