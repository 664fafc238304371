/**
 * The state of a policy: the data document that its rules read and patch. Source: kata-containers
 * src/agent/policy/src/policy.rs, apply_patch_to_state.
 */
import { applyPatch, type PatchOperation } from './json-patch.ts';
import type { Json } from '#wire';

/** What an agent starts with and returns to at every SetPolicy. */
export const INITIAL_STATE: Json = { pstate: {} };

/** The agent empties its engine before it finds that it cannot take the new state. */
const LOST_STATE: Json = {};

interface PatchedState {
  readonly state: Json;
  /** Why the request fails. */
  readonly error?: string | undefined;
}

export function patchState(state: Json, ops: readonly PatchOperation[]): PatchedState {
  const patched = applyPatch(state, ops);
  if (!patched.ok) return { state, error: patched.error };
  const error = refusal(patched.document);
  return error === undefined ? { state: patched.document } : { state: LOST_STATE, error };
}

function refusal(document: Json): string | undefined {
  const column = columnTooDeep(document);
  if (column !== undefined) return `recursion limit exceeded at line 1 column ${String(column)}`;
  if (typeof document === 'object' && document !== null && !Array.isArray(document))
    return undefined;
  return 'data must be object';
}

/** serde_json enters this many containers inside each other and no more. */
const MAX_DEPTH = 127;

/** The place of the first container that is too deep, in the text that the agent reads back. */
function columnTooDeep(document: Json): number | undefined {
  let column = 0;
  const visit = (value: Json, depth: number): boolean => {
    if (typeof value !== 'object' || value === null) {
      column += Buffer.byteLength(
        typeof value === 'bigint' ? String(value) : JSON.stringify(value),
      );
      return false;
    }
    column += 1;
    if (depth > MAX_DEPTH) return true;
    const isList = Array.isArray(value);
    // serde_json keeps members in the order of their keys.
    const members = Object.entries(value).sort(([a], [b]) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    for (const [index, [key, member]] of (isList ? Object.entries(value) : members).entries()) {
      if (index > 0) column += 1;
      if (!isList) column += Buffer.byteLength(JSON.stringify(key)) + 1;
      if (visit(member as Json, depth + 1)) return true;
    }
    column += 1;
    return false;
  };
  return depthOf(document) > MAX_DEPTH && visit(document, 1) ? column : undefined;
}

const depthOf = (value: Json): number =>
  typeof value !== 'object' || value === null
    ? 0
    : 1 +
      Object.values(value).reduce(
        (deepest: number, each: Json) => Math.max(deepest, depthOf(each)),
        0,
      );
