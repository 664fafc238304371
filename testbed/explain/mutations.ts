/** Every change of one field of a request: each scalar, and elements added to or taken from arrays. */
import type { Json } from '#wire';

export type Path = readonly (string | number)[];

export interface Mutation {
  readonly kind: 'string' | 'number' | 'boolean' | 'null' | 'array-add' | 'array-remove';
  readonly path: Path;
  readonly input: Json;
}

type JsonObject = Readonly<Record<string, Json>>;

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** All of them, in the order of the request. */
export function mutationsOf(input: Json): readonly Mutation[] {
  const found: Mutation[] = [];
  const add = (kind: Mutation['kind'], path: Path, value: Json): void => {
    found.push({ kind, path, input: replaced(input, path, value) });
  };
  const visit = (value: Json, path: Path): void => {
    if (Array.isArray(value)) {
      const items = value as readonly Json[];
      add('array-add', path, [...items, extra(items)]);
      items.forEach((item, i) => {
        add('array-remove', path, items.toSpliced(i, 1));
        visit(item, [...path, i]);
      });
    } else if (isObject(value)) {
      for (const [key, member] of Object.entries(value)) visit(member, [...path, key]);
    } else if (typeof value === 'string') {
      add('string', path, value === '' ? 'mutated' : `${value}-mutated`);
      // The same length and alphabet: what a pattern may not notice.
      const swapped = swapLetter(value);
      if (swapped !== value) add('string', path, swapped);
    } else if (typeof value === 'number') {
      add('number', path, value + 1);
    } else if (typeof value === 'boolean') {
      add('boolean', path, !value);
    } else if (value === null) {
      add('null', path, 'mutated');
    }
  };
  visit(input, []);
  return found;
}

/** An element unlike those there, of their type. */
function extra(items: readonly Json[]): Json {
  const last = items.at(-1);
  if (last === undefined || typeof last === 'string') return 'mutated';
  if (typeof last === 'number') return last + 1_000;
  if (!isObject(last)) return 'mutated';
  return Object.fromEntries(
    Object.entries(last).map(([key, member]) => [
      key,
      typeof member === 'string' ? `${member}-mutated` : member,
    ]),
  );
}

const swapLetter = (text: string): string =>
  text.replace(/[a-z](?=[^a-z]*$)/, (letter) => (letter === 'a' ? 'b' : 'a'));

function replaced(document: Json, path: Path, value: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(document)) {
    return (document as readonly Json[]).map((item, i) =>
      i === key ? replaced(item, rest, value) : item,
    );
  }
  const object = document as JsonObject;
  return { ...object, [key]: replaced(object[key] ?? null, rest, value) };
}
