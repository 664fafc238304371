/** Reading one operand of a reference from a value that is no document. */
import { Decimal } from '../decimal.ts';
import { isArray, RegoObject, RegoSet, type Value } from '../value.ts';

/** The position that a number means in an array; strings never index arrays. */
function indexOf(key: Value): number {
  if (typeof key === 'number') return key;
  if (key instanceof Decimal) return Number(key.asInteger() ?? NaN);
  return NaN;
}

export function lookup(from: Value | undefined, key: Value | undefined): Value | undefined {
  if (key === undefined || from === undefined || from === null) return undefined;
  if (from instanceof RegoObject) return from.get(key);
  if (isArray(from)) {
    const index = indexOf(key);
    // Fractions and negative numbers are own properties of no array.
    return Number.isInteger(index) && index >= 0 ? from[index] : undefined;
  }
  return from instanceof RegoSet ? from.get(key) : undefined;
}
