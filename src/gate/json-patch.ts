/**
 * RFC 6902 on plain JSON. The document given is never changed: a patch that fails half-way leaves
 * nothing behind. Source of the words, and of what is refused: the agent's json-patch crate 4.2.0.
 */
import { stringifyJson, type Json } from '#wire';
import { indexOf, parsePointer } from './json-pointer.ts';

export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string };

type PatchResult =
  { readonly ok: true; readonly document: Json } | { readonly ok: false; readonly error: string };

type Failure =
  | 'path is invalid'
  | '"from" path is invalid'
  | 'value did not match'
  | 'cannot move the value inside itself';

type Step = { readonly document: Json } | Failure;

type JsonObject = Readonly<Record<string, Json>>;

/** Every operation, in order, or none. */
export function applyPatch(document: Json, patch: readonly PatchOperation[]): PatchResult {
  let current = document;
  for (const [index, operation] of patch.entries()) {
    const step = applyOperation(current, operation);
    if (typeof step === 'string') {
      const error = `operation '/${String(index)}' failed at path '${operation.path}': ${step}`;
      return { ok: false, error };
    }
    current = step.document;
  }
  return { ok: true, document: current };
}

function applyOperation(document: Json, operation: PatchOperation): Step {
  const path = parsePointer(operation.path);
  if (path === undefined) return 'path is invalid';
  switch (operation.op) {
    case 'add':
      return set(document, path, operation.value, 'insert');
    case 'replace':
      return set(document, path, operation.value, 'replace');
    case 'remove':
      return remove(document, path);
    case 'test': {
      const found = get(document, path);
      if (found === undefined) return 'path is invalid';
      return equal(found, operation.value) ? { document } : 'value did not match';
    }
    case 'move':
    case 'copy':
      return transfer(document, operation, path);
  }
}

function transfer(
  document: Json,
  { op, from }: { readonly op: 'move' | 'copy'; readonly from: string },
  path: readonly string[],
): Step {
  const source = parsePointer(from);
  if (source === undefined) return '"from" path is invalid';
  const isInside = path.length > source.length && source.every((part, i) => part === path[i]);
  if (op === 'move' && isInside) return 'cannot move the value inside itself';
  if (op === 'move' && source.length === 0) return '"from" path is invalid';
  const value = get(document, source);
  if (value === undefined) return '"from" path is invalid';
  if (op === 'copy') return set(document, path, value, 'insert');
  const without = remove(document, source);
  if (typeof without === 'string') return '"from" path is invalid';
  return set(without.document, path, value, 'insert');
}

/** What has no parent cannot be taken out of it. */
function remove(document: Json, path: readonly string[]): Step {
  return path.length === 0 ? 'path is invalid' : set(document, path, undefined, 'replace');
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function get(document: Json, path: readonly string[]): Json | undefined {
  let current: Json | undefined = document;
  for (const part of path) {
    if (Array.isArray(current)) {
      const items = current as readonly Json[];
      const index = indexOf(part, items.length - 1);
      current = index === undefined ? undefined : items[index];
    } else if (current !== undefined && isObject(current))
      current = Object.hasOwn(current, part) ? current[part] : undefined;
    else return undefined;
  }
  return current;
}

/** A copy of the spine down to `path`; `undefined` removes what is there. */
function set(
  document: Json,
  path: readonly string[],
  value: Json | undefined,
  mode: 'insert' | 'replace',
): Step {
  const [part, ...rest] = path;
  if (part === undefined) return { document: value ?? null };
  if (Array.isArray(document)) return setItem(document as readonly Json[], part, rest, value, mode);
  if (!isObject(document)) return 'path is invalid';
  const exists = Object.hasOwn(document, part);
  const copy = Object.assign(Object.create(null) as Record<string, Json>, document);
  if (rest.length > 0) {
    const child = exists ? document[part] : undefined;
    if (child === undefined) return 'path is invalid';
    const inner = set(child, rest, value, mode);
    if (typeof inner === 'string') return inner;
    copy[part] = inner.document;
    return { document: copy };
  }
  if (mode === 'replace' && !exists) return 'path is invalid';
  if (value === undefined) return { document: without(document, part) };
  copy[part] = value;
  return { document: copy };
}

function without(object: JsonObject, key: string): JsonObject {
  const copy = Object.create(null) as Record<string, Json>;
  for (const [name, value] of Object.entries(object)) if (name !== key) copy[name] = value;
  return copy;
}

function setItem(
  items: readonly Json[],
  part: string,
  rest: readonly string[],
  value: Json | undefined,
  mode: 'insert' | 'replace',
): Step {
  const inserts = rest.length === 0 && mode === 'insert';
  const index =
    inserts && part === '-'
      ? items.length
      : indexOf(part, inserts ? items.length : items.length - 1);
  if (index === undefined) return 'path is invalid';
  const copy = [...items];
  const old = items[index];
  if (rest.length > 0) {
    const inner = old === undefined ? 'path is invalid' : set(old, rest, value, mode);
    if (typeof inner === 'string') return inner;
    copy[index] = inner.document;
  } else if (inserts && value !== undefined) copy.splice(index, 0, value);
  else if (value === undefined) copy.splice(index, 1);
  else copy[index] = value;
  return { document: copy };
}

/** JSON equality: members in any order, numbers by value. */
function equal(a: Json, b: Json): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    const others = b as readonly Json[];
    return a.length === others.length && a.every((item: Json, i) => equal(item, others[i] ?? null));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && equal(a[key] ?? null, b[key] ?? null))
    );
  }
  return stringifyJson(a) === stringifyJson(b);
}
