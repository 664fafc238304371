/** JSON equality: members in any order, numbers by value. */
import type { Json } from '#wire';

export function sameJson(a: Json, b: Json): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    // 1 and 1n are one number.
    return a === b || (isNumber(a) && isNumber(b) && a == b);
  }
  const keys = Object.keys(a);
  if (Array.isArray(a) !== Array.isArray(b) || keys.length !== Object.keys(b).length) return false;
  const left = a as Readonly<Record<string, Json>>;
  const right = b as Readonly<Record<string, Json>>;
  return keys.every(
    (key) => Object.hasOwn(right, key) && sameJson(left[key] ?? null, right[key] ?? null),
  );
}

const isNumber = (value: Json): boolean => typeof value === 'number' || typeof value === 'bigint';
