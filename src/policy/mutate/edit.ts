/** Changed copies of requests. A path that is not there changes nothing, and so makes no variant. */
import type { Json } from '#wire';
import { isObject } from '../corpus/complete-input.ts';

/** `OCI.Process.Args`, `storages.0.source` */
export function valueAt(input: Json | undefined, path: string): Json | undefined {
  let value = input;
  for (const name of path.split('.')) {
    if (Array.isArray(value)) value = (value as readonly Json[])[Number(name)];
    else if (isObject(value) && Object.hasOwn(value, name)) value = value[name];
    else return undefined;
  }
  return value;
}

export function listAt(input: Json | undefined, path: string): readonly Json[] {
  const value = valueAt(input, path);
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

export function textAt(input: Json | undefined, path: string): string {
  const value = valueAt(input, path);
  return typeof value === 'string' ? value : '';
}

/** With another value at a path that exists. */
export function put(input: Json, path: string, value: Json): Json {
  if (valueAt(input, path) === undefined) return input;
  return replaced(input, path.split('.'), value);
}

/** With a member that may not be there yet, in an object that is. */
export function putNew(input: Json, path: string, name: string, value: Json): Json {
  const holder = valueAt(input, path);
  if (!isObject(holder)) return input;
  return replaced(input, path.split('.'), { ...holder, [name]: value });
}

/** With one more element at the end of a list. */
export function append(input: Json, path: string, value: Json): Json {
  const list = valueAt(input, path);
  if (!Array.isArray(list)) return input;
  return replaced(input, path.split('.'), [...(list as readonly Json[]), value]);
}

function replaced(input: Json, path: readonly string[], value: Json): Json {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (Array.isArray(input))
    return (input as readonly Json[]).map((item, i) =>
      String(i) === name ? replaced(item, rest, value) : item,
    );
  if (!isObject(input)) return input;
  return { ...input, [name]: replaced(input[name] ?? null, rest, value) };
}

/** Every occurrence of one text in every string of the request. */
export function renamed(input: Json, from: string, to: string): Json {
  if (from === '') return input;
  if (typeof input === 'string') return input.replaceAll(from, to);
  if (Array.isArray(input))
    return (input as readonly Json[]).map((item) => renamed(item, from, to));
  if (!isObject(input)) return input;
  return Object.fromEntries(
    Object.entries(input).map(([name, member]) => [
      name.replaceAll(from, to),
      renamed(member, from, to),
    ]),
  );
}
