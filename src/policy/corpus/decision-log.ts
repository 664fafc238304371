/**
 * OPA decision-log events, of our own agent or of an OPA that ran the policy. Ours carry the verdict
 * and the state patch under `custom`; for OPA's own the result tells. Inputs are masked by default:
 * such an entry says so, as its verdict is that of another input.
 */
import type { PatchOperation } from '#gate';
import type { Json } from '#wire';
import { isObject } from './complete-input.ts';
import type { CorpusEntry, RecordedVerdict } from './entry.ts';
import { JsonTextError } from './json-text.ts';

type JsonObject = Readonly<Record<string, Json>>;

const PREFIX = 'agent_policy/';

export const isDecisionEvent = (document: Json): boolean =>
  isObject(document) && typeof document['path'] === 'string' && !Object.hasOwn(document, 'kind');

/** Throws `JsonTextError` when the event is of no decision about an agent's request. */
export function eventEntry(event: Json, place: CorpusEntry['place']): CorpusEntry {
  if (!isObject(event)) throw new JsonTextError('an event is an object', 0);
  const { path, input = {} } = event;
  if (typeof path !== 'string' || !path.startsWith(PREFIX)) {
    throw new JsonTextError(`the event is of no request: its path does not start ${PREFIX}`, 0);
  }
  const masked = [...texts(event['erased']), ...texts(event['masked'])].filter((one) =>
    one.startsWith('/input'),
  );
  const recordedOps = opsOf(event);
  return {
    endpoint: path.slice(PREFIX.length),
    input,
    recorded: verdictOf(event),
    note: `line ${place.line ?? 0}`,
    place,
    ...(masked.length > 0 && { masked }),
    ...(recordedOps !== undefined && { recordedOps }),
  };
}

const texts = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter((one) => typeof one === 'string') : [];

const member = (value: Json | undefined, key: string): Json | undefined =>
  isObject(value) ? value[key] : undefined;

function verdictOf(event: JsonObject): RecordedVerdict {
  const told = member(event['custom'], 'verdict');
  if (told === 'allow' || told === 'deny' || told === 'fault') return told;
  const { result } = event;
  const allowed = isObject(result) ? result['allowed'] : result;
  if (event['error'] !== undefined || typeof allowed !== 'boolean') return 'fault';
  return allowed ? 'allow' : 'deny';
}

function opsOf(event: JsonObject): readonly PatchOperation[] | undefined {
  if (verdictOf(event) !== 'allow') return undefined;
  const ops = member(event['custom'], 'ops') ?? member(event['result'], 'ops');
  const isPatch = Array.isArray(ops) && ops.length > 0;
  return isPatch ? ops : undefined;
}
