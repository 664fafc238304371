/**
 * Text that two documents share exactly when they are equal, written apart from the engine so that
 * the engine does not judge itself. Numbers are compared by value: 1, 1.0 and 1e0 are one text.
 */
import { canonicalNumber } from './canonical-number.ts';
import { type Decimal, RegoObject, RegoSet, type Value } from '#rego';

/** How sets are written: as themselves, or as the sorted list that JSON makes of them. */
export type SetForm = 'set' | 'list';

export type Plain =
  null | boolean | number | bigint | string | readonly Plain[] | { readonly [key: string]: Plain };

const braced = (parts: readonly string[], open: string, close: string): string =>
  open + parts.join(',') + close;

/** A document from a case file. `#undefined`, `set!` and `object!` are regorus' spellings. */
export function canonicalPlain(value: Plain, spellings = false): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' || typeof value === 'bigint') return canonicalNumber(String(value));
  if (typeof value === 'string') {
    return spellings && value === '#undefined' ? 'undefined' : JSON.stringify(value);
  }
  const write = (member: Plain): string => canonicalPlain(member, spellings);
  if (Array.isArray(value)) return braced((value as readonly Plain[]).map(write), '[', ']');
  const object = value as Readonly<Record<string, Plain>>;
  const keys = Object.keys(object);
  if (spellings && keys.length === 1) {
    const set = object['set!'];
    if (Array.isArray(set)) return canonicalSet((set as readonly Plain[]).map(write));
    const pairs = object['object!'];
    if (Array.isArray(pairs)) {
      const entries = pairs as readonly Readonly<Record<string, Plain>>[];
      return canonicalObject(
        entries.map(({ key, value: member }) => [write(key ?? null), write(member ?? null)]),
      );
    }
  }
  return canonicalObject(keys.map((key) => [JSON.stringify(key), write(object[key] ?? null)]));
}

/** A value of the engine. As `list`, keys that are no strings become their text, as JSON has it. */
export function canonicalValue(value: Value | undefined, sets: SetForm): string {
  if (value === undefined) return 'undefined';
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  const write = (member: Value): string => canonicalValue(member, sets);
  if (Array.isArray(value)) return braced((value as readonly Value[]).map(write), '[', ']');
  if (value instanceof RegoSet) {
    return sets === 'set'
      ? canonicalSet([...value.values()].map(write))
      : braced(value.members('opa').map(write), '[', ']');
  }
  if (value instanceof RegoObject) {
    const key = (member: Value): string =>
      sets === 'set' || typeof member === 'string'
        ? write(member)
        : JSON.stringify(jsonText(member));
    return canonicalObject([...value.entries()].map(([k, v]) => [key(k), write(v)]));
  }
  return canonicalNumber(numberText(value as number | bigint | Decimal));
}

const numberText = (value: number | bigint | Decimal): string => value.toString();

const canonicalSet = (members: readonly string[]): string =>
  braced([...new Set(members)].sort(), '<', '>');

const canonicalObject = (entries: readonly (readonly [string, string])[]): string =>
  braced(entries.map(([key, value]) => `${key}:${value}`).sort(), '{', '}');

/** The JSON text that OPA gives a key which is no string. */
function jsonText(value: Value): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) {
    return braced(
      (value as readonly Value[]).map((v) => jsonText(v)),
      '[',
      ']',
    );
  }
  if (value instanceof RegoSet) return braced(value.members('opa').map(jsonText), '[', ']');
  if (value instanceof RegoObject) {
    const keys = value.keys('opa');
    const key = (k: Value): string =>
      typeof k === 'string' ? JSON.stringify(k) : JSON.stringify(jsonText(k));
    return braced(
      keys.map((k) => `${key(k)}:${jsonText(value.get(k) ?? null)}`),
      '{',
      '}',
    );
  }
  return numberText(value as number | bigint | Decimal);
}
