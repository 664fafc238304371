/**
 * The difference of two JSON documents as a JSON Patch (RFC 6902): key by key, additions before
 * removals within an object, a missing parent added whole. Source: gomodules.xyz/jsonpatch v2.4.0.
 * Upstream's order across keys is random; ours is that of the keys.
 */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

const escape = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

export function diffJson(before: unknown, after: unknown, path = ''): PatchOperation[] {
  if (Object.is(before, after)) return [];
  if (isObject(before) && isObject(after)) return diffObjects(before, after, path);
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((item, i) => diffJson(item, after[i], `${path}/${i}`));
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  return [{ op: 'replace', path, value: after }];
}

function diffObjects(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  path: string,
): PatchOperation[] {
  const changes = Object.keys(after).flatMap((key): PatchOperation[] => {
    const at = `${path}/${escape(key)}`;
    if (!Object.hasOwn(before, key)) return [{ op: 'add', path: at, value: after[key] }];
    return diffJson(before[key], after[key], at);
  });
  const removals = Object.keys(before)
    .filter((key) => !Object.hasOwn(after, key))
    .map((key): PatchOperation => ({ op: 'remove', path: `${path}/${escape(key)}` }));
  return [...changes, ...removals];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
