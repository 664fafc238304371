/** Where two documents differ: the smallest paths, in the spelling of policy input. */
import type { Json } from '#wire';
import { isObject } from '../corpus/complete-input.ts';
import { fieldName } from '../explain/fields.ts';

export interface JsonDifference {
  /** `OCI.Process.Args[2]`; `input` is the whole document. */
  readonly field: string;
  readonly path: readonly (string | number)[];
  /** Undefined: not there. */
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

export function diffJson(before: Json, after: Json): readonly JsonDifference[] {
  const found: JsonDifference[] = [];
  compare(before, after, [], found);
  return found;
}

function compare(
  before: Json | undefined,
  after: Json | undefined,
  path: readonly (string | number)[],
  found: JsonDifference[],
): void {
  if (Array.isArray(before) && Array.isArray(after)) {
    const [left, right] = [before as readonly Json[], after as readonly Json[]];
    for (let i = 0; i < Math.max(left.length, right.length); i++)
      compare(left[i], right[i], [...path, i], found);
    return;
  }
  if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const [left, right] = [own(before, name), own(after, name)];
      compare(left, right, [...path, name], found);
    }
    return;
  }
  if (Object.is(before, after)) return;
  found.push({ field: fieldName(path), path, before, after });
}

const own = (value: Readonly<Record<string, Json>>, name: string): Json | undefined =>
  Object.hasOwn(value, name) ? value[name] : undefined;
