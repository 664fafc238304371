/**
 * A value as the agent writes it as JSON text, with the bytes that each part takes there: error
 * messages name columns of that text.
 */
import { RegoObject, RegoSet, stringifyValue, type Value } from '#rego';
import type { Json } from '#wire';

export interface Placed {
  /** Bytes in front of it, and up to and with it. */
  readonly start: number;
  readonly end: number;
  readonly json: Json;
  /** The JSON text of a scalar; empty for a container. */
  readonly text: string;
  readonly items?: readonly Placed[];
  readonly members?: readonly (readonly [key: string, member: Placed])[];
}

const STYLE = { order: 'regorus', numbers: 'double' } as const;

const bytes = (text: string): number => Buffer.byteLength(text);

/**
 * Undefined when a key of the outermost object has no text: there numbers and booleans have one, and
 * further in everything has. Source: serde_json's MapKeySerializer; regorus src/value.rs, Serialize.
 */
export function place(value: Value): Placed | undefined {
  if (value instanceof RegoObject && value.keys('regorus').some(hasNoText)) return undefined;
  return placeAt(value, 0);
}

const hasNoText = (key: Value): boolean => typeof key === 'object';

function placeAt(value: Value, start: number): Placed {
  if (value instanceof RegoObject) return placeObject(value, start);
  if (value instanceof RegoSet) return placeList(value.members('regorus'), start);
  if (Array.isArray(value)) return placeList(value as readonly Value[], start);
  const text = stringifyValue(value, STYLE);
  return { start, end: start + bytes(text), json: scalar(value, text), text };
}

/** A number is read back from its text: what has an exponent or does not fit 64 bits is a double. */
function scalar(value: Value, text: string): Json {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  const number = Number(text);
  return Number.isSafeInteger(number) || !/^-?\d+$/.test(text) ? number : BigInt(text);
}

function placeList(values: readonly Value[], start: number): Placed {
  let at = start + 1;
  const items = values.map((value) => {
    const item = placeAt(value, at);
    at = item.end + 1;
    return item;
  });
  const end = items.length === 0 ? at + 1 : at;
  return { start, end, text: '', items, json: items.map(({ json }) => json) };
}

function placeObject(object: RegoObject, start: number): Placed {
  let at = start + 1;
  const json = Object.create(null) as Record<string, Json>;
  const members = object.keys('regorus').map((key) => {
    const name = typeof key === 'string' ? key : stringifyValue(key, STYLE);
    const member = placeAt(object.get(key) ?? null, at + bytes(JSON.stringify(name)) + 1);
    at = member.end + 1;
    json[name] = member.json;
    return [name, member] as const;
  });
  const end = members.length === 0 ? at + 1 : at;
  return { start, end, text: '', members, json };
}
