/** Fields of a request, as people write them, and which of them an expression looks at. */
import type { Origin, OriginKey, Seen } from '#rego';
import type { Json } from '#wire';

export type FieldPath = readonly OriginKey[];

const NAME = /^[A-Za-z_]\w*$/;

/** `OCI.Process.Args[2]`, `OCI.Annotations["a.b"]`; the whole request is `input`. */
export function fieldName(path: FieldPath): string {
  if (path.length === 0) return 'input';
  return path.reduce<string>((text, key, i) => {
    if (typeof key === 'number') return `${text}[${String(key)}]`;
    if (!NAME.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return i === 0 ? key : `${text}.${key}`;
  }, '');
}

/** A document of the policy without the package in front: `policy_data.containers[1].process.args`. */
export function documentName(path: FieldPath): string {
  const own = path[0] === 'agent_policy' ? path.slice(1) : ['data', ...path];
  return fieldName(own);
}

const isInput = ({ root }: Origin): boolean => root === 'input';

/** The place in the request that an expression stands for, or is computed from. */
export function inputOrigin({ origins }: Seen): Origin | undefined {
  return origins.find((origin) => isInput(origin) && origin.exact) ?? origins.find(isInput);
}

/** The place in the policy's constants or state. */
export const dataOrigin = ({ origins }: Seen): Origin | undefined =>
  origins.find(({ root, exact, isKey }) => root === 'data' && exact && isKey !== true);

export const isExactInput = (seen: Seen): boolean => inputOrigin(seen)?.exact === true;

/** Every field that an expression looks at, in the order of its parts. */
export function fieldsOf(seen: Seen): readonly FieldPath[] {
  const found = new Map<string, FieldPath>();
  const visit = ({ origins, parts }: Seen): void => {
    for (const part of parts) visit(part);
    for (const { root, path } of origins) {
      if (root === 'input' && path.length > 0) found.set(fieldName(path), path);
    }
  };
  visit(seen);
  return [...found.values()].filter((path) => !hasBelow(path, found));
}

/** Places that others lie in say less than those. */
function hasBelow(path: FieldPath, all: ReadonlyMap<string, FieldPath>): boolean {
  for (const other of all.values()) {
    if (other.length > path.length && path.every((key, i) => key === other[i])) return true;
  }
  return false;
}

/** Places looked at for one value. */
const MAX_SEARCHED = 10_000;

/** The first place at or below `below` where the request has this scalar. */
export function findField(input: Json, wanted: Json, below: FieldPath): FieldPath | undefined {
  let left = MAX_SEARCHED;
  const search = (value: Json | undefined, path: FieldPath): FieldPath | undefined => {
    if (--left < 0 || value === undefined) return undefined;
    if (value === wanted) return path;
    for (const [key, item] of membersOf(value)) {
      const found = search(item, [...path, key]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return search(below.reduce<Json | undefined>(memberOf, input), below);
}

function membersOf(value: Json): readonly (readonly [OriginKey, Json])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Array.isArray(value) ? [...(value as readonly Json[]).entries()] : Object.entries(value);
}

function memberOf(value: Json | undefined, key: OriginKey): Json | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<OriginKey, Json>>)[key];
}
