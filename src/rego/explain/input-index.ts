/** The places of the request's values, so that a value met anywhere can be named. */
import { equalValues } from '../order.ts';
import { isArray, RegoObject, RegoSet, type Value } from '../value.ts';
import type { Origin, OriginKey, Origins } from './origins.ts';

/** A request beyond this is named in its outer parts only. */
const MAX_NODES = 200_000;

export class InputIndex {
  readonly #root: Value | undefined;
  #places: Map<object, readonly OriginKey[]> | undefined;

  constructor(root: Value | undefined) {
    this.#root = root;
  }

  /** Where an object or array of the request stands, by identity. */
  placeOf(value: Value): readonly OriginKey[] | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    if (isArray(value) && value.length === 0) return undefined;
    this.#places ??= placesOf(this.#root);
    return this.#places.get(value);
  }

  at(path: readonly OriginKey[]): Value | undefined {
    return path.reduce<Value | undefined>(member, this.#root);
  }

  /** The first place at or below a path that holds this value. */
  find(value: Value, path: readonly OriginKey[]): readonly OriginKey[] | undefined {
    const from = this.at(path);
    return from === undefined ? undefined : search(from, value, path, { left: 10_000 });
  }

  /** Origins with the place of the value itself, where it can be found. */
  refine(value: Value | undefined, origins: Origins): Origins {
    if (value === undefined || origins.some(({ root, exact }) => exact && root === 'input')) {
      return origins;
    }
    const place = this.placeOf(value);
    if (place !== undefined) return [exactly(place), ...origins];
    if (!isTelling(value)) return origins;
    return origins.map((origin) => {
      const found = origin.root === 'input' ? this.find(value, origin.path) : undefined;
      return found === undefined ? origin : exactly(found);
    });
  }
}

const exactly = (path: readonly OriginKey[]): Origin => ({ root: 'input', path, exact: true });

/** Values that are not everywhere. */
const isTelling = (value: Value): boolean =>
  (typeof value === 'string' && value.length > 1) ||
  (typeof value === 'number' && Math.abs(value) > 1);

export function member(value: Value | undefined, key: OriginKey): Value | undefined {
  if (isArray(value)) return typeof key === 'number' ? value[key] : undefined;
  return value instanceof RegoObject ? value.get(key) : undefined;
}

function placesOf(root: Value | undefined): Map<object, readonly OriginKey[]> {
  const places = new Map<object, readonly OriginKey[]>();
  const visit = (value: Value, path: readonly OriginKey[]): void => {
    if (typeof value !== 'object' || value === null || places.size > MAX_NODES) return;
    places.set(value, path);
    for (const [key, item] of membersOf(value)) visit(item, [...path, key]);
  };
  if (root !== undefined) visit(root, []);
  return places;
}

function* membersOf(value: Value): Generator<readonly [OriginKey, Value]> {
  if (isArray(value)) yield* value.entries();
  else if (value instanceof RegoObject) {
    for (const [key, item] of value.entries()) {
      if (typeof key === 'string' || typeof key === 'number') yield [key, item];
    }
  }
}

function search(
  from: Value,
  sought: Value,
  path: readonly OriginKey[],
  budget: { left: number },
): readonly OriginKey[] | undefined {
  if (--budget.left < 0 || from instanceof RegoSet) return undefined;
  if (equalValues(from, sought)) return path;
  for (const [key, item] of membersOf(from)) {
    const found = search(item, sought, [...path, key], budget);
    if (found !== undefined) return found;
  }
  return undefined;
}
