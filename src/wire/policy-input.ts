/**
 * The document a policy sees as `input`, and the way back. It is the agent's decoded struct as its
 * serialiser writes it, not protobuf's own JSON: names as in the .proto, numbers for enums, arrays
 * of numbers for bytes, null for an unset message, every field present.
 * The same spelling is what kata-agent-ctl accepts as a request, there with fields left out.
 */
import { nearest } from '#base';
import { type Codec, codecOf, type Field, type Fields } from './codec.ts';
import { wireErrors } from './errors.ts';
import type { MessageName } from './descriptor.ts';
import type { Messages } from './generated/messages.ts';

/** A JSON value with exact integers: `bigint` where a number would lose digits. */
export type Json =
  null | boolean | number | bigint | string | readonly Json[] | { readonly [key: string]: Json };

/** Rust keywords get an underscore; `type` is the only one among the API's names. */
const keyOf = (name: string): string => (name === 'type' ? 'type_' : name);

/** `errnoret` -> `Errnoret`: how the struct generator names the variants of a oneof. */
const variantOf = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

const exact = (value: bigint): number | bigint => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

/** What `message` looks like to a policy. CopyFileRequest has a document of its own, made elsewhere. */
export function toPolicyInput<N extends MessageName>(type: N, message: Messages[N]): Json {
  return messageToJson(codecOf(type), message as unknown as Fields);
}

function messageToJson(codec: Codec, message: Fields): Json {
  const document: Record<string, Json> = {};
  for (const field of codec.fields) {
    if (field.label !== 'oneof')
      document[keyOf(field.name)] = fieldToJson(field, message[field.name]);
  }
  // Oneofs come last, as in the generated struct.
  for (const { label, oneof, name, ...field } of codec.fields) {
    if (label !== 'oneof' || oneof === undefined) continue;
    const value = message[name];
    if (value !== null && value !== undefined)
      document[oneof] = { [variantOf(name)]: oneToJson(field, value) };
    else document[oneof] ??= null;
  }
  return document;
}

function fieldToJson(field: Field, value: unknown): Json {
  if (field.label === 'repeated') return (value as unknown[]).map((item) => oneToJson(field, item));
  if (field.label === 'map') {
    const map = Object.create(null) as Record<string, Json>;
    for (const [key, member] of Object.entries(value as Fields))
      map[key] = oneToJson(field, member);
    return map;
  }
  return oneToJson(field, value);
}

function oneToJson({ message }: Pick<Field, 'message'>, value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (message !== undefined) return messageToJson(message, value as Fields);
  if (typeof value === 'bigint') return exact(value);
  if (value instanceof Uint8Array) return Array.from(value);
  return value as Json;
}

/** Told of a field that the message does not have, with the nearest that it has; may throw. */
type OnUnknownField = (path: string, message: string, near: string | undefined) => void;

const refuseUnknown: OnUnknownField = (path, message, near) => {
  throw wireErrors.unknownField(path, message, near);
};

/**
 * The message behind a document. Fields may be left out; one that does not exist, has the wrong type
 * or is out of range throws, naming its path. With `onUnknown` fields that do not exist are left out,
 * as the agent's own reader leaves them out.
 */
export function fromPolicyInput<N extends MessageName>(
  type: N,
  document: unknown,
  onUnknown: OnUnknownField = refuseUnknown,
): Messages[N] {
  const codec = codecOf(type);
  return messageFromJson(codec, document, { path: 'request', onUnknown }) as unknown as Messages[N];
}

/** Where the reader is, and whom it tells. */
interface At {
  readonly path: string;
  readonly onUnknown: OnUnknownField;
}

const inside = (at: At, step: string): At => ({ ...at, path: at.path + step });

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function messageFromJson(codec: Codec, document: unknown, here: At): Fields {
  if (!isObject(document))
    throw wireErrors.badDocument(here.path, `a ${codec.name} object`, document);
  const message = codec.empty();
  const known = new Map<string, Field | 'oneof'>();
  for (const field of codec.fields) {
    if (field.oneof === undefined) known.set(keyOf(field.name), field);
    else known.set(field.oneof, 'oneof');
  }
  for (const [key, value] of Object.entries(document)) {
    const field = known.get(key);
    const at = inside(here, `.${key}`);
    if (field === undefined) at.onUnknown(at.path, codec.name, nearest(key, known.keys()));
    if (field === undefined || value === undefined) continue;
    if (field === 'oneof') readVariant(codec, message, key, value, at);
    else message[field.name] = fieldFromJson(field, value, at);
  }
  return message;
}

function readVariant(codec: Codec, message: Fields, oneof: string, value: unknown, at: At) {
  if (value === null) return;
  const members = codec.fields.filter((field) => field.oneof === oneof);
  const [variant, ...rest] = isObject(value) ? Object.entries(value) : [];
  const field = members.find(({ name }) => variantOf(name) === variant?.[0]);
  if (variant === undefined || field === undefined || rest.length > 0) {
    const choices = members.map(({ name }) => variantOf(name)).join(' or ');
    throw wireErrors.badDocument(at.path, `an object with the one key ${choices}`, value);
  }
  message[field.name] = oneFromJson(field, variant[1], inside(at, `.${variant[0]}`));
}

function fieldFromJson(field: Field, value: unknown, at: At): unknown {
  switch (field.label) {
    case 'repeated':
      if (!Array.isArray(value)) throw wireErrors.badDocument(at.path, 'an array', value);
      return value.map((item, index) => oneFromJson(field, item, inside(at, `[${String(index)}]`)));
    case 'map': {
      if (!isObject(value)) throw wireErrors.badDocument(at.path, 'an object', value);
      const map = Object.create(null) as Fields;
      for (const [key, member] of Object.entries(value))
        map[key] = oneFromJson(field, member, inside(at, `[${JSON.stringify(key)}]`));
      return map;
    }
    case 'optional':
    case 'oneof':
      return value === null ? null : oneFromJson(field, value, at);
    case 'singular':
      return value === null && field.message !== undefined ? null : oneFromJson(field, value, at);
  }
}

/** Inclusive bounds of the integer types; enums are int32 on the wire. */
const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

function oneFromJson(field: Field, value: unknown, at: At): unknown {
  if (field.message !== undefined) return messageFromJson(field.message, value, at);
  switch (field.type) {
    case 'string':
      if (typeof value !== 'string') throw wireErrors.badDocument(at.path, 'a string', value);
      return value;
    case 'bool':
      if (typeof value !== 'boolean') throw wireErrors.badDocument(at.path, 'true or false', value);
      return value;
    case 'bytes':
      return bytesFromJson(value, at.path);
    default:
      return integerFromJson(field.isEnum ? 'int32' : field.type, value, at.path);
  }
}

function bytesFromJson(value: unknown, at: string): Uint8Array {
  const isByte = (n: unknown) => typeof n === 'number' && Number.isInteger(n) && n >= 0 && n < 256;
  if (!Array.isArray(value) || !value.every(isByte))
    throw wireErrors.badDocument(at, 'an array of numbers from 0 to 255', value);
  return Uint8Array.from(value as number[]);
}

function integerFromJson(type: string, value: unknown, at: string): number | bigint {
  const [min, max] = RANGES[type] ?? [0n, 0n];
  const isWhole =
    typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
  const whole = isWhole ? BigInt(value) : undefined;
  if (whole === undefined || whole < min || whole > max)
    throw wireErrors.badDocument(
      at,
      `an integer from ${min.toString()} to ${max.toString()}`,
      value,
    );
  return type.endsWith('64') ? whole : Number(whole);
}

/** JSON text on one line, with every digit of a bigint. Members in the order they have. */
export function stringifyJson(value: Json): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => stringifyJson(item)).join(',')}]`;
  const members = Object.entries(value).map(
    ([key, member]) => `${JSON.stringify(key)}:${stringifyJson(member)}`,
  );
  return `{${members.join(',')}}`;
}
