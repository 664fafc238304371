/**
 * `json.patch`: RFC 6902, applied in order; sets are addressed by their members. Values do not change
 * in place: each operation rebuilds the path from the root.
 */
import { equalValues } from '../../order.ts';
import { formatTerm } from '../../text.ts';
import { ObjectBuilder, RegoObject, RegoSet, typeName, type Value } from '../../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinFault,
  defineBuiltin,
  isBuiltinFault,
} from '../../builtins/define.ts';
import { parsePath } from '../../builtins/json-paths.ts';

type Edit = Value | BuiltinFault;
type Path = readonly Value[];

function get(value: Value, path: Path): Edit {
  let current = value;
  for (const step of path) {
    const next = child(current, step);
    if (isBuiltinFault(next)) return next;
    current = next;
  }
  return current;
}

function child(value: Value, step: Value): Edit {
  if (value instanceof RegoObject || value instanceof RegoSet) {
    const found = value.get(step);
    return found === undefined ? missing(value, step) : found;
  }
  if (Array.isArray(value)) {
    const items = value as readonly Value[];
    const index = indexOf(step, items.length - 1);
    if (typeof index !== 'number') return index;
    return items[index] ?? null;
  }
  return builtinFault(
    `expected composite type, found value: ${formatTerm(value)} (type: ${goType(value)})`,
  );
}

const missing = (value: Value, step: Value): BuiltinFault =>
  builtinFault(
    `path ${formatTerm(step)} does not exist in ${typeName(value)} term ${formatTerm(value)}`,
  );

/** Go's name of a scalar's type. */
const goType = (value: Value): string => {
  const name = typeName(value);
  return `ast.${name.charAt(0).toUpperCase()}${name.slice(1)}`;
};

type Use = 'insertion' | 'delete' | 'access';

/** An index up to `most`, as a number or as digits without leading zeros. */
function indexOf(step: Value, most: number, use: Use = 'access'): number | BuiltinFault {
  let index = NaN;
  if (typeof step === 'number') index = step;
  else if (typeof step === 'string') {
    if (/^0\d/.test(step)) return builtinFault('leading zeros are not allowed in JSON paths');
    if (!/^-?\d{1,15}$/.test(step)) return builtinFault('invalid string for indexing');
    index = Number(step);
  }
  if (!Number.isInteger(index)) return builtinFault('invalid type for indexing');
  return index < 0 || index > most ? builtinFault(`index for array ${use} out of bounds`) : index;
}

/** Replaces what is at the first step by what `edit` makes of it. */
function descend(value: Value, path: Path, edit: (inner: Value, rest: Path) => Edit): Edit {
  const [step = null, ...rest] = path;
  const inner = child(value, step);
  if (isBuiltinFault(inner)) return inner;
  const edited = edit(inner, rest);
  if (isBuiltinFault(edited)) return edited;
  if (value instanceof RegoObject) return withEntry(value, step, edited);
  if (value instanceof RegoSet) {
    return RegoSet.of([...value.values()].map((item) => (equalValues(item, step) ? edited : item)));
  }
  const items = [...(value as readonly Value[])];
  items[Number(step)] = edited;
  return items;
}

function withEntry(object: RegoObject, key: Value, value: Value | undefined): RegoObject {
  const builder = new ObjectBuilder();
  for (const [name, item] of object.entries()) builder.set(name, item);
  if (value === undefined) builder.delete(key);
  else builder.set(key, value);
  return builder.build();
}

function insert(value: Value, path: Path, item: Value): Edit {
  if (path.length === 0) return item;
  if (path.length > 1) return descend(value, path, (inner, rest) => insert(inner, rest, item));
  const step = path[0] ?? null;
  if (value instanceof RegoObject) return withEntry(value, step, item);
  if (value instanceof RegoSet) {
    if (!equalValues(step, item)) {
      return builtinFault(
        `set key ${formatTerm(step)} does not equal value to be inserted ${formatTerm(item)}`,
      );
    }
    return RegoSet.of([...value.values(), item]);
  }
  if (!Array.isArray(value)) return child(value, step);
  const items = value as readonly Value[];
  const index = step === '-' ? items.length : indexOf(step, items.length, 'insertion');
  return typeof index === 'number' ? items.toSpliced(index, 0, item) : index;
}

function remove(value: Value, path: Path): Edit {
  if (path.length === 0) return builtinFault('cannot delete root');
  if (path.length > 1) return descend(value, path, remove);
  const step = path[0] ?? null;
  if (Array.isArray(value)) {
    const items = value as readonly Value[];
    const index = indexOf(step, items.length - 1, 'delete');
    return typeof index === 'number' ? items.toSpliced(index, 1) : index;
  }
  if ((value instanceof RegoObject || value instanceof RegoSet) && !value.has(step)) {
    return builtinFault(`cannot delete child key ${formatTerm(step)} that does not exist`);
  }
  const inner = child(value, step);
  if (isBuiltinFault(inner)) return inner;
  if (value instanceof RegoObject) return withEntry(value, step, undefined);
  const members = value instanceof RegoSet ? [...value.values()] : [];
  return RegoSet.of(members.filter((item) => !equalValues(item, step)));
}

interface Operation {
  readonly patch: RegoObject;
  readonly path: Path;
}

const needs = (name: string): BuiltinFault => builtinFault(`missing required attribute '${name}'`);

function fromOf({ patch }: Operation): Path | BuiltinFault {
  const from = patch.get('from');
  return from === undefined ? needs('from') : parsePath(from);
}

type Step = (document: Value, operation: Operation) => Edit;

const OPERATIONS: Readonly<Record<string, Step>> = {
  add(document, { patch, path }) {
    const value = patch.get('value');
    return value === undefined ? needs('value') : insert(document, path, value);
  },
  remove: (document, { path }) => remove(document, path),
  replace(document, { patch, path }) {
    const value = patch.get('value');
    if (path.length === 0) return value === undefined ? needs('value') : value;
    const rest = remove(document, path);
    if (isBuiltinFault(rest)) return rest;
    return value === undefined ? needs('value') : insert(rest, path, value);
  },
  move(document, operation) {
    const from = fromOf(operation);
    if (isBuiltinFault(from)) return from;
    const value = get(document, from);
    if (isBuiltinFault(value)) return value;
    const rest = from.length === 0 ? document : remove(document, from);
    return isBuiltinFault(rest) ? rest : insert(rest, operation.path, value);
  },
  copy(document, operation) {
    const from = fromOf(operation);
    if (isBuiltinFault(from)) return from;
    const value = get(document, from);
    return isBuiltinFault(value) ? value : insert(document, operation.path, value);
  },
  test(document, { patch, path }) {
    const found = get(document, path);
    if (isBuiltinFault(found)) return found;
    const value = patch.get('value');
    if (value === undefined) return needs('value');
    if (equalValues(found, value)) return document;
    const texts = `Expected: ${formatTerm(value)}\n\nFound: ${formatTerm(found)}`;
    return builtinFault(`value from EditTree != patch value.\n\n${texts}`);
  },
};

function apply(context: BuiltinContext, document: Value, patches: readonly Value[]): Edit {
  let current = document;
  for (const patch of patches) {
    context.charge(8);
    if (!(patch instanceof RegoObject)) {
      return builtinFault(
        'must be an array of JSON-Patch objects, but at least one element is not an object',
      );
    }
    const rawPath = patch.get('path');
    if (rawPath === undefined) return needs('path');
    const op = patch.get('op');
    if (op === undefined) return needs('op');
    if (typeof op !== 'string') {
      return builtinFault(`attribute 'op' must be a string but found: ${typeName(op)}`);
    }
    const path = parsePath(rawPath);
    if (isBuiltinFault(path)) return path;
    const step = Object.hasOwn(OPERATIONS, op) ? OPERATIONS[op] : undefined;
    if (step === undefined) return builtinFault(`unrecognized op: '${op}'`);
    const next = step(current, { patch, path });
    if (isBuiltinFault(next)) return next;
    current = next;
  }
  return current;
}

export const jsonPatch = [
  defineBuiltin({
    name: 'json.patch',
    summary: 'The value after a list of JSON Patch operations; sets are addressed by member.',
    args: ['any', 'array[object[op: string, path: any, any: any]]'],
    result: 'any',
    impl(document: Value, patches: readonly Value[]) {
      return apply(this, document, patches);
    },
  }),
];
