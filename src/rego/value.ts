/**
 * Rego values. Scalars and arrays are plain JavaScript values, objects and sets are the two classes
 * below, so that equality, order and lookup follow Rego and not JavaScript.
 *
 * Invariants: a value never changes once it is reachable from another value; `number` is a safe
 * integer in every profile, or an IEEE double in the regorus profile; an integer outside the safe
 * range is a `bigint`; a number whose text matters (OPA's fractions and exponents) is a `Decimal`.
 */
import { Decimal } from './decimal.ts';
import { compareValues, keyOf, type ValueOrder } from './order.ts';
import type { ValueBuilder } from './ast.ts';

export type Value =
  null | boolean | number | bigint | Decimal | string | readonly Value[] | RegoObject | RegoSet;

/** How a number without an exact integer value is held: OPA keeps its text, regorus a double. */
export type NumberModel = 'decimal' | 'double';

/** A key as JavaScript's Map sees it: a scalar itself, or the canonical text of anything else. */
export type MapKey = null | boolean | number | bigint | string;

interface Entry {
  readonly key: Value;
  readonly value: Value;
}

type Wrap = (raw: unknown) => Value;

/** Caches the sorted keys for one order; a policy only ever uses one. */
interface SortedKeys {
  readonly order: ValueOrder;
  readonly keys: readonly Value[];
}

/** Composite keys are filed under this prefix plus canonical text; plain strings that clash are too. */
const COMPOSITE = '\u0000';

/** The Map key of a value: equal values have equal Map keys, and unequal ones differ. */
export function mapKey(value: Value): MapKey {
  switch (typeof value) {
    case 'string':
      return value.startsWith(COMPOSITE) ? COMPOSITE + keyOf(value) : value;
    case 'number':
      return Number.isSafeInteger(value) || !Number.isInteger(value) ? value : BigInt(value);
    case 'boolean':
      return value;
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    default:
      if (value === null) return null;
      if (value instanceof Decimal) {
        const integer = value.asInteger();
        if (integer !== undefined) return mapKey(integer);
      }
      return value instanceof RegoObject || value instanceof RegoSet
        ? value.mapKey
        : COMPOSITE + keyOf(value);
  }
}

/** An object whose keys may be any value. Reads only; see `ObjectBuilder` for making one. */
export class RegoObject {
  readonly kind = 'object';
  readonly #entries: Map<MapKey, Entry> | undefined;
  /** A plain JavaScript object read in place; its children are wrapped when they are first read. */
  readonly #raw: Readonly<Record<string, unknown>> | undefined;
  readonly #wrap: Wrap | undefined;
  #wrapped: Map<string, Value> | undefined;
  #sorted: SortedKeys | undefined;
  #key: string | undefined;
  #mapKey: string | undefined;
  #size: number;

  private constructor(
    entries: Map<MapKey, Entry> | undefined,
    raw?: Readonly<Record<string, unknown>>,
    wrap?: Wrap,
  ) {
    this.#entries = entries;
    this.#raw = raw;
    this.#wrap = wrap;
    this.#size = entries === undefined ? -1 : entries.size;
  }

  static readonly empty = new RegoObject(new Map());

  /** Takes over the map of a builder. Internal to this room. */
  static adopt(entries: Map<MapKey, Entry>): RegoObject {
    return entries.size === 0 ? RegoObject.empty : new RegoObject(entries);
  }

  static of(entries: Iterable<readonly [Value, Value]>): RegoObject {
    const builder = new ObjectBuilder();
    for (const [key, value] of entries) builder.set(key, value);
    return builder.build();
  }

  /**
   * Reads a plain object in place. Own enumerable string keys count, `undefined` members do not.
   * The caller must not change `raw` afterwards.
   */
  static wrap(raw: Readonly<Record<string, unknown>>, wrap: Wrap): RegoObject {
    return new RegoObject(undefined, raw, wrap);
  }

  get size(): number {
    if (this.#size < 0) this.#size = this.#rawKeys().length;
    return this.#size;
  }

  get(key: Value): Value | undefined {
    if (this.#entries !== undefined) return this.#entries.get(mapKey(key))?.value;
    return typeof key === 'string' ? this.#readRaw(key) : undefined;
  }

  has(key: Value): boolean {
    return this.get(key) !== undefined;
  }

  /** The keys in Rego's order. */
  keys(order: ValueOrder): readonly Value[] {
    if (this.#sorted?.order !== order) {
      const keys: Value[] =
        this.#entries === undefined
          ? this.#rawKeys()
          : Array.from(this.#entries.values(), (entry) => entry.key);
      keys.sort((a, b) => compareValues(a, b, order));
      this.#sorted = { order, keys };
    }
    return this.#sorted.keys;
  }

  /** Keys and values in no particular order: for what does not depend on it. */
  *entries(): IterableIterator<readonly [Value, Value]> {
    if (this.#entries !== undefined) {
      for (const entry of this.#entries.values()) yield [entry.key, entry.value];
      return;
    }
    for (const key of this.#rawKeys()) {
      const value = this.#readRaw(key);
      if (value !== undefined) yield [key, value];
    }
  }

  /** What a Map files this value under; kept, so that the text is joined and hashed once. */
  get mapKey(): string {
    return (this.#mapKey ??= COMPOSITE + keyOf(this));
  }

  /** Canonical text: equal for equal objects and only for them. */
  canonical(make: (object: RegoObject) => string): string {
    this.#key ??= make(this);
    return this.#key;
  }

  #rawKeys(): string[] {
    const raw = this.#raw ?? {};
    const keys: string[] = [];
    for (const key of Object.keys(raw)) if (raw[key] !== undefined) keys.push(key);
    return keys;
  }

  #readRaw(key: string): Value | undefined {
    const raw = this.#raw;
    if (raw === undefined || this.#wrap === undefined || !Object.hasOwn(raw, key)) return undefined;
    const member = raw[key];
    if (typeof member === 'string' || typeof member === 'boolean' || member === null) return member;
    if (member === undefined) return undefined;
    this.#wrapped ??= new Map();
    let value = this.#wrapped.get(key);
    if (value === undefined) {
      value = this.#wrap(member);
      this.#wrapped.set(key, value);
    }
    return value;
  }
}

/** A set of values. */
export class RegoSet {
  readonly kind = 'set';
  readonly #members: Map<MapKey, Value>;
  #sorted: SortedKeys | undefined;
  #key: string | undefined;
  #mapKey: string | undefined;

  private constructor(members: Map<MapKey, Value>) {
    this.#members = members;
  }

  static readonly empty = new RegoSet(new Map());

  /** Takes over the map of a builder. Internal to this room. */
  static adopt(members: Map<MapKey, Value>): RegoSet {
    return members.size === 0 ? RegoSet.empty : new RegoSet(members);
  }

  static of(members: Iterable<Value>): RegoSet {
    const builder = new SetBuilder();
    for (const member of members) builder.add(member);
    return builder.build();
  }

  get size(): number {
    return this.#members.size;
  }

  has(member: Value): boolean {
    return this.#members.has(mapKey(member));
  }

  /** The member equal to `member`, as the set holds it. */
  get(member: Value): Value | undefined {
    return this.#members.get(mapKey(member));
  }

  /** The members in Rego's order. */
  members(order: ValueOrder): readonly Value[] {
    if (this.#sorted?.order !== order) {
      const keys = Array.from(this.#members.values());
      keys.sort((a, b) => compareValues(a, b, order));
      this.#sorted = { order, keys };
    }
    return this.#sorted.keys;
  }

  /** The members in no particular order. */
  values(): IterableIterator<Value> {
    return this.#members.values();
  }

  /** What a Map files this value under; kept, so that the text is joined and hashed once. */
  get mapKey(): string {
    return (this.#mapKey ??= COMPOSITE + keyOf(this));
  }

  /** Canonical text: equal for equal sets and only for them. */
  canonical(make: (set: RegoSet) => string): string {
    this.#key ??= make(this);
    return this.#key;
  }
}

/** Collects an object. `set` replaces; `insert` keeps the first value and says whether they agree. */
export class ObjectBuilder {
  #entries = new Map<MapKey, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  set(key: Value, value: Value): this {
    this.#entries.set(mapKey(key), { key, value });
    return this;
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(mapKey(key))?.value;
  }

  delete(key: Value): void {
    this.#entries.delete(mapKey(key));
  }

  /** The object so far. The builder starts afresh afterwards. */
  build(): RegoObject {
    const entries = this.#entries;
    this.#entries = new Map();
    return RegoObject.adopt(entries);
  }
}

/** Collects a set; the first of several equal members is kept. */
export class SetBuilder {
  #members = new Map<MapKey, Value>();

  get size(): number {
    return this.#members.size;
  }

  /** Says whether the member is new. */
  add(member: Value): boolean {
    const key = mapKey(member);
    if (this.#members.has(key)) return false;
    this.#members.set(key, member);
    return true;
  }

  build(): RegoSet {
    const members = this.#members;
    this.#members = new Map();
    return RegoSet.adopt(members);
  }
}

/** The number that a JSON number text stands for. */
export function numberOf(text: string, model: NumberModel): Value {
  if (/^-?\d+$/.test(text)) {
    const value = Number(text);
    if (value === 0 && text.startsWith('-')) return model === 'double' ? -0 : new Decimal(text);
    return Number.isSafeInteger(value) ? value : BigInt(text);
  }
  if (model === 'decimal') return new Decimal(text);
  return Number(text);
}

/** Makes constants while parsing, without a syntax tree per element. */
export function valueBuilder(model: NumberModel): ValueBuilder {
  return {
    scalar: (value) => value,
    number: (text) => numberOf(text, model),
    array: (items) => items,
    object(keys, values) {
      const builder = new ObjectBuilder();
      keys.forEach((key, i) => builder.set(key, values[i] as Value));
      return builder.build();
    },
    set: (items) => RegoSet.of(items),
  };
}

export type TypeName = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object' | 'set';

export function typeName(value: Value): TypeName {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    case 'number':
    case 'bigint':
      return 'number';
    default:
      if (value === null) return 'null';
      if (Array.isArray(value)) return 'array';
      if (value instanceof RegoObject) return 'object';
      if (value instanceof RegoSet) return 'set';
      return 'number';
  }
}

export const isArray = (value: Value | undefined): value is readonly Value[] =>
  Array.isArray(value);
