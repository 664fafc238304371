/** Values of the plan interpreter. They share no code with the engine, which they are to check. */
import { canonicalNumber } from './canonical-number.ts';

export type PlanValue =
  null | boolean | number | string | readonly PlanValue[] | PlanObject | PlanSet;

/** By canonical text of the key. */
export class PlanObject {
  readonly entries = new Map<string, { readonly key: PlanValue; readonly value: PlanValue }>();

  static from(plain: Readonly<Record<string, unknown>>): PlanObject {
    const object = new PlanObject();
    for (const [key, value] of Object.entries(plain)) object.put(key, toPlanValue(value));
    return object;
  }

  get(key: PlanValue): PlanValue | undefined {
    return this.entries.get(textOf(key))?.value;
  }

  put(key: PlanValue, value: PlanValue): void {
    this.entries.set(textOf(key), { key, value });
  }

  copy(): PlanObject {
    const object = new PlanObject();
    for (const [text, entry] of this.entries) object.entries.set(text, entry);
    return object;
  }
}

export class PlanSet {
  readonly members = new Map<string, PlanValue>();

  static of(members: Iterable<PlanValue>): PlanSet {
    const set = new PlanSet();
    for (const member of members) set.members.set(textOf(member), member);
    return set;
  }
}

export function toPlanValue(plain: unknown): PlanValue {
  if (Array.isArray(plain)) return plain.map(toPlanValue);
  if (typeof plain === 'object' && plain !== null) {
    return PlanObject.from(plain as Readonly<Record<string, unknown>>);
  }
  return plain as PlanValue;
}

/** The same text as `canonicalValue` of the engine's value with sets as sets. */
export function textOf(value: PlanValue): string {
  if (value instanceof PlanSet) return `<${[...value.members.keys()].sort().join(',')}>`;
  if (value instanceof PlanObject) {
    const parts = [...value.entries].map(([key, { value: member }]) => `${key}:${textOf(member)}`);
    return `{${parts.sort().join(',')}}`;
  }
  if (Array.isArray(value)) return `[${(value as readonly PlanValue[]).map(textOf).join(',')}]`;
  return typeof value === 'number' ? canonicalNumber(String(value)) : JSON.stringify(value);
}

/** Elements with their keys, as a scan of the plan visits them. */
export function* elementsOf(value: PlanValue): Generator<readonly [PlanValue, PlanValue]> {
  if (Array.isArray(value)) yield* (value as readonly PlanValue[]).entries();
  else if (value instanceof PlanObject) {
    for (const { key, value: member } of value.entries.values()) yield [key, member];
  } else if (value instanceof PlanSet) {
    for (const member of value.members.values()) yield [member, member];
  }
}

export function lookUp(value: PlanValue, key: PlanValue): PlanValue | undefined {
  if (value instanceof PlanObject) return value.get(key);
  if (value instanceof PlanSet) return value.members.get(textOf(key));
  if (Array.isArray(value) && typeof key === 'number') return (value as readonly PlanValue[])[key];
  return undefined;
}

/** Later wins, objects inside objects are merged as well. */
export function merge(a: PlanValue, b: PlanValue): PlanValue {
  if (!(a instanceof PlanObject && b instanceof PlanObject)) return b;
  const result = a.copy();
  for (const { key, value } of b.entries.values()) {
    const old = result.get(key);
    result.put(key, old === undefined ? value : merge(old, value));
  }
  return result;
}

/** A copy of `document` with `value` at `path`, objects made on the way. */
export function upsert(
  document: PlanValue | undefined,
  path: readonly string[],
  value: PlanValue,
): PlanValue {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const object = document instanceof PlanObject ? document.copy() : new PlanObject();
  object.put(key, upsert(object.get(key), rest, value));
  return object;
}
