/**
 * Lines of an agent's own log: `{"kind": ..., "request": ...}`, or `["ep":"...",{...}],` before Kata
 * 3.24. A rule that answers an object leaves a second line of the same kind: the answer, which is the
 * recorded verdict of the line before it. Source: log_eval_input in the agent's policy.rs.
 */
import type { PatchOperation } from '#gate';
import type { Json } from '#wire';
import { isObject } from './complete-input.ts';
import type { CorpusEntry } from './entry.ts';
import { JsonReader, JsonTextError } from './json-text.ts';

/** Evaluated at every load of a policy; no request asks for it. */
const FAIL_FLAG = 'AllowRequestsFailingPolicy';

export interface LogRow {
  readonly kind: string;
  readonly request: Json;
}

/** The answer `{allowed, ops}` behind a request: no message of the API has a field `allowed`. */
export interface LogAnswer {
  readonly allowed: boolean;
  readonly ops: readonly PatchOperation[] | undefined;
}

const TEXT_FORM = /^\["ep":"(\w+)",/;

export const isTextForm = (line: string): boolean => line.startsWith('["ep":');

/** A line of policy.txt, which is not JSON as a whole. Throws `JsonTextError`. */
export function readTextRow(line: string): LogRow {
  const kind = TEXT_FORM.exec(line);
  if (kind === null) throw new JsonTextError('a line of policy.txt starts ["ep":"KIND",', 0);
  const reader = new JsonReader(line, { at: kind[0].length });
  const request = reader.value();
  const end = line.slice(reader.offset).trim();
  if (end !== '],' && end !== ']') {
    throw new JsonTextError('a line of policy.txt ends with ],', reader.offset);
  }
  return { kind: kind[1] ?? '', request };
}

/** Throws `JsonTextError` when the document is no row. */
export function rowOf(document: Json): LogRow {
  if (!isObject(document)) throw new JsonTextError('a line of the log is an object', 0);
  const { kind, request } = document;
  if (typeof kind !== 'string' || !/^[A-Z]\w*$/.test(kind)) {
    throw new JsonTextError('the line has no kind, such as "ExecProcessRequest"', 0);
  }
  if (request === undefined) throw new JsonTextError('the line has no request', 0);
  return { kind, request };
}

/** What a row says about the one before it, or undefined: then it is a request of its own. */
export function answerTo(
  before: string | undefined,
  { kind, request }: LogRow,
): LogAnswer | undefined {
  if (kind !== before || !isObject(request)) return undefined;
  const { allowed, ops } = request;
  if (typeof allowed !== 'boolean') return undefined;
  const patch = Array.isArray(ops) ? (ops as unknown as readonly PatchOperation[]) : undefined;
  return { allowed, ops: patch };
}

/** Undefined for a row that no request caused. */
export function entryOfRow(
  { kind, request }: LogRow,
  place: CorpusEntry['place'],
): CorpusEntry | undefined {
  if (kind === FAIL_FLAG) return undefined;
  return {
    endpoint: kind,
    input: request,
    recorded: undefined,
    note: `line ${place.line ?? 0}`,
    place,
  };
}

export function answered(entry: CorpusEntry, { allowed, ops }: LogAnswer): CorpusEntry {
  return {
    ...entry,
    recorded: allowed ? 'allow' : 'deny',
    ...(allowed && ops !== undefined && { recordedOps: ops }),
  };
}
