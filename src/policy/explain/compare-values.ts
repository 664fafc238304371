/** Where two values that should be equal differ first. */
import { equalValues, type OriginKey, RegoObject, RegoSet, type Value } from '#rego';

export interface ValueDifference {
  readonly path: readonly OriginKey[];
  readonly kind: 'value' | 'missing' | 'extra' | 'length';
  readonly given: Value | undefined;
  readonly wanted: Value | undefined;
}

const isArray = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);

/** Undefined when they are equal. */
export function firstDifference(
  given: Value,
  wanted: Value,
  path: readonly OriginKey[] = [],
): ValueDifference | undefined {
  if (equalValues(given, wanted)) return undefined;
  if (isArray(given) && isArray(wanted)) return arrayDifference(given, wanted, path);
  if (given instanceof RegoObject && wanted instanceof RegoObject) {
    return objectDifference(given, wanted, path);
  }
  if (given instanceof RegoSet && wanted instanceof RegoSet) {
    return setDifference(given, wanted, path);
  }
  return { path, kind: 'value', given, wanted };
}

function arrayDifference(
  given: readonly Value[],
  wanted: readonly Value[],
  path: readonly OriginKey[],
): ValueDifference | undefined {
  if (given.length !== wanted.length) {
    const [longer, shorter] = given.length > wanted.length ? [given, wanted] : [wanted, given];
    const at = longer.findIndex((item, i) => {
      const other = shorter[i];
      return other === undefined || !equalValues(item, other);
    });
    const kind = given.length > wanted.length ? 'extra' : 'missing';
    return { path: [...path, at], kind, given: given[at], wanted: wanted[at] };
  }
  for (const [i, item] of given.entries()) {
    const found = firstDifference(item, wanted[i] as Value, [...path, i]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function objectDifference(
  given: RegoObject,
  wanted: RegoObject,
  path: readonly OriginKey[],
): ValueDifference | undefined {
  for (const [key, item] of wanted.entries()) {
    if (typeof key !== 'string') continue;
    const at = [...path, key];
    const own = given.get(key);
    if (own === undefined) return { path: at, kind: 'missing', given: own, wanted: item };
    const found = firstDifference(own, item, at);
    if (found !== undefined) return found;
  }
  for (const [key, item] of given.entries()) {
    if (typeof key !== 'string' || wanted.has(key)) continue;
    return { path: [...path, key], kind: 'extra', given: item, wanted: undefined };
  }
  return { path, kind: 'value', given, wanted };
}

function setDifference(
  given: RegoSet,
  wanted: RegoSet,
  path: readonly OriginKey[],
): ValueDifference {
  const extra = given.members('regorus').find((member) => !wanted.has(member));
  if (extra !== undefined) return { path, kind: 'extra', given: extra, wanted: undefined };
  const missing = wanted.members('regorus').find((member) => !given.has(member));
  return { path, kind: 'missing', given: undefined, wanted: missing };
}
