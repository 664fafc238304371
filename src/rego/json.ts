/**
 * JSON text and plain JavaScript values in, JSON text out, without losing big numbers.
 *
 * Text whose numbers survive a double goes through `JSON.parse` and is then read in place;
 * everything else is read by our own reader (json-reader.ts).
 */
import { KatasimError } from '#base';
import { Decimal } from './decimal.ts';
import { readJson } from './json-reader.ts';
import { opaNumberText, regorusNumberText, toDouble } from './number.ts';
import { type NumberModel, numberOf, RegoObject, type Value } from './value.ts';
import { compareStrings, type ValueOrder } from './order.ts';

/** serde_json stops at 128; ours is bounded by what can be compared and printed without a deep stack. */
export const MAX_JSON_DEPTH: Readonly<Record<NumberModel, number>> = { double: 128, decimal: 2000 };

const QUOTE = 34;
const BACKSLASH = 92;

/**
 * True when `JSON.parse` reads the text without loss: no fraction or exponent where the text
 * matters, no number of 16 digits or more, no escaped surrogate, no deep nesting.
 */
function isPlain(text: string, model: NumberModel): boolean {
  let depth = 0;
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      digits = 0;
      for (i++; i < text.length && text.charCodeAt(i) !== QUOTE; i++) {
        if (text.charCodeAt(i) !== BACKSLASH) continue;
        i++;
        // \ud8.. to \udf..: our reader says where a lone one stands.
        if (text[i] === 'u' && (text[i + 1] === 'd' || text[i + 1] === 'D')) return false;
      }
    } else if (c >= 48 && c <= 57) {
      if (++digits > 15) return false;
    } else if (c === 91 || c === 123) {
      digits = 0;
      if (++depth > MAX_JSON_DEPTH[model]) return false;
    } else if (c === 93 || c === 125) {
      digits = 0;
      depth--;
    } else if (c === 46 || (digits > 0 && (c === 101 || c === 69))) {
      // A fraction or an exponent: a double holds it for regorus, OPA needs the text.
      if (model === 'decimal') return false;
    } else if (c === 45) {
      // -0 is a double of its own for both.
      if (text.charCodeAt(i + 1) === 48) return false;
      digits = 0;
    } else {
      digits = 0;
    }
  }
  return true;
}

/** Reads JSON text. Throws a located `REGO_JSON` error. */
export function parseJson(text: string, model: NumberModel): Value {
  if (isPlain(text, model)) {
    try {
      return fromJs(JSON.parse(text), model);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      // Our reader finds the same mistake and says where it is.
    }
  }
  return readJson(text, model, MAX_JSON_DEPTH[model]);
}

function badMember(raw: unknown): KatasimError {
  const what = typeof raw === 'object' ? Object.prototype.toString.call(raw) : typeof raw;
  return new KatasimError('REGO_BAD_VALUE', `a ${what} has no Rego value`, {
    hint: 'Pass JSON-like data: null, booleans, numbers, bigints, strings, arrays, plain objects.',
  });
}

function fromNumber(raw: number, model: NumberModel): Value {
  if (Number.isSafeInteger(raw)) return Object.is(raw, -0) ? numberOf('-0', model) : raw;
  if (!Number.isFinite(raw)) throw badMember(raw);
  if (model === 'double') return raw;
  return Number.isInteger(raw) ? BigInt(raw) : new Decimal(String(raw).replace('e+', 'e'));
}

const isPlainObject = (raw: object): raw is Record<string, unknown> => {
  const prototype: unknown = Object.getPrototypeOf(raw);
  return prototype === null || prototype === Object.prototype;
};

/**
 * The Rego value of a JavaScript value. Plain objects are read in place, so the caller must not
 * change them while the value is in use; Rego values pass through.
 */
export function fromJs(raw: unknown, model: NumberModel): Value {
  switch (typeof raw) {
    case 'string':
    case 'boolean':
      return raw;
    case 'number':
      return fromNumber(raw, model);
    case 'bigint':
      return Number.isSafeInteger(Number(raw)) ? Number(raw) : raw;
    case 'object':
      break;
    default:
      throw badMember(raw);
  }
  if (raw === null) return null;
  if (Array.isArray(raw)) return fromArray(raw, model);
  if (isPlainObject(raw)) return RegoObject.wrap(raw, (member) => fromJs(member, model));
  if (isRego(raw)) return raw;
  if (raw instanceof Uint8Array) return Array.from(raw);
  throw badMember(raw);
}

const isRego = (raw: object): raw is Exclude<Value, string | number | bigint | boolean | null> =>
  raw instanceof Decimal || ('kind' in raw && 'canonical' in raw);

function fromArray(raw: readonly unknown[], model: NumberModel): readonly Value[] {
  const items: Value[] = new Array<Value>(raw.length);
  for (let i = 0; i < raw.length; i++) items[i] = fromJs(raw[i], model);
  return items;
}

/** What JSON text depends on besides the value. */
export interface JsonStyle {
  readonly order: ValueOrder;
  readonly numbers: NumberModel;
}

const keyText = (key: Value, style: JsonStyle): string =>
  typeof key === 'string' ? key : toJson(key, style);

/** Compact JSON with sorted keys; sets become arrays, other keys become their own JSON text. */
export function toJson(value: Value, style: JsonStyle): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
    case 'bigint':
      return style.numbers === 'decimal' ? opaNumberText(value) : regorusNumberText(value);
    default:
  }
  if (value === null) return 'null';
  if (value instanceof Decimal) return value.text;
  if (value instanceof RegoObject) {
    const names = value.keys(style.order).map((key) => [keyText(key, style), key] as const);
    // Go sorts members by their text, regorus by the keys themselves.
    if (style.order === 'opa' && names.some(([, key]) => typeof key !== 'string')) {
      names.sort(([a], [b]) => compareStrings(a, b));
    }
    const members = names.map(
      ([name, key]) => `${JSON.stringify(name)}:${toJson(value.get(key) as Value, style)}`,
    );
    return `{${members.join(',')}}`;
  }
  const items = 'kind' in value ? value.members(style.order) : value;
  return `[${items.map((item) => toJson(item, style)).join(',')}]`;
}

/**
 * A plain JavaScript copy: sets as arrays, keys as text, integers beyond 2^53 as bigint, other
 * decimals as numbers. For callers that want to look at a result, not to compare it.
 */
export function toJs(value: Value, style: JsonStyle): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Decimal) {
    const whole = value.asInteger();
    if (whole === undefined) return toDouble(value);
    return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
  }
  if (value instanceof RegoObject) {
    const copy: Record<string, unknown> = {};
    for (const key of value.keys(style.order)) {
      const name = keyText(key, style);
      // Not an assignment: `__proto__` is a key like any other.
      Object.defineProperty(copy, name, {
        value: toJs(value.get(key) as Value, style),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return copy;
  }
  const items = 'kind' in value ? value.members(style.order) : value;
  return items.map((item) => toJs(item, style));
}

/** JSON text of a value as the engine of a profile writes it. */
export const stringifyValue = (
  value: Value,
  { order, numbers }: { readonly order: ValueOrder; readonly numbers: NumberModel },
): string => toJson(value, { order, numbers });
