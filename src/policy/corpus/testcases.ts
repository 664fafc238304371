/**
 * genpolicy's testcases.json. Three shapes of it are in use: `kind` beside `request`; a `type` inside
 * the request (until 2025); and named bases with an RFC 6902 patch per case (since September 2026).
 * Source: kata-containers src/tools/genpolicy/tests/policy.
 */
import { KatasimError, messageOf } from '#base';
import { applyPatch, type PatchOperation } from '#gate';
import type { Json } from '#wire';
import { completeInput, endpointNamed, isObject, nearestEndpoint } from './complete-input.ts';
import type { CorpusEntry } from './entry.ts';
import { corpusErrors } from './errors.ts';
import type { JsonPlaces } from './json-text.ts';
import { placeIn } from './place.ts';

type JsonObject = Readonly<Record<string, Json>>;

/** The file a value came from, for places. */
export interface JsonFile {
  readonly file: string;
  readonly text: string;
  readonly places: JsonPlaces;
}

/** Whether a document has the shape of one of the three. */
export function isTestCases(document: Json): boolean {
  if (isObject(document)) return Object.hasOwn(document, 'cases');
  if (!Array.isArray(document)) return false;
  const [first] = document as readonly Json[];
  return first === undefined || (isObject(first) && Object.hasOwn(first, 'request'));
}

export function testCaseEntries(document: Json, source: JsonFile): readonly CorpusEntry[] {
  if (!isObject(document)) {
    return (document as readonly Json[]).map((item) => entryOf(item, requestOf, source));
  }
  const bases = document['bases'] ?? {};
  const cases = document['cases'];
  if (!Array.isArray(cases) || !isObject(bases)) {
    throw fail(document, source, 'bases is no object or cases is no list', SHAPE);
  }
  return (cases as readonly Json[]).map((item) =>
    entryOf(item, (one) => requestOfCase(one, bases, source), source),
  );
}

const SHAPE = 'A case is {"description", "allowed", "kind", "request"}.';

function fail(
  value: Json,
  { file, text, places }: JsonFile,
  reason: string,
  hint: string,
): KatasimError {
  const offset = typeof value === 'object' && value !== null ? (places.get(value) ?? 0) : 0;
  return corpusErrors.badCase(reason, placeIn(text, offset, { file }), hint);
}

/** What a case asks: `kind` may be spelled as an endpoint or as a method. */
interface Asked {
  readonly kind: string;
  readonly request: Json;
}

type Reader = (item: JsonObject, source: JsonFile) => Asked;

function entryOf(item: Json, read: Reader, source: JsonFile): CorpusEntry {
  if (!isObject(item)) throw fail(item, source, 'a case is no object', SHAPE);
  const { description, allowed } = item;
  if (typeof description !== 'string') {
    throw fail(item, source, 'this case has no description', SHAPE);
  }
  if (typeof allowed !== 'boolean') {
    throw fail(item, source, `case "${description}" has no allowed`, 'Write true or false.');
  }
  const { kind, request } = read(item, source);
  const endpoint = endpointNamed(kind);
  if (endpoint === undefined)
    throw fail(item, source, `there is no endpoint '${kind}'`, kindHint(kind));
  return {
    ...completed(endpoint, request, (reason) => fail(item, source, reason, FIELDS)),
    recorded: allowed ? 'allow' : 'deny',
    note: description,
    place: placeIn(source.text, source.places.get(item) ?? 0, { file: source.file }),
  };
}

export const FIELDS =
  'Write fields as policies see them: bytes as arrays of numbers, enums as numbers.';

export function kindHint(kind: string): string {
  const near = nearestEndpoint(kind);
  return near === undefined
    ? 'Endpoints are request messages, such as ExecProcessRequest.'
    : `Did you mean ${near}?`;
}

/** The input with every field; what is wrong with it is told by `failed`. */
export function completed(
  endpoint: string,
  request: Json,
  failed: (reason: string) => KatasimError,
): Pick<CorpusEntry, 'endpoint' | 'input' | 'ignored'> {
  try {
    const { input, ignored } = completeInput(endpoint, request);
    return { endpoint, input, ...(ignored.length > 0 && { ignored }) };
  } catch (error) {
    if (!(error instanceof KatasimError)) throw error;
    throw failed(messageOf(error));
  }
}

function requestOf(item: JsonObject, source: JsonFile): Asked {
  const { kind, request } = item;
  if (!isObject(request)) throw fail(item, source, 'this case has no request', SHAPE);
  if (typeof kind === 'string') return { kind, request };
  const { type, ...rest } = request;
  if (typeof type === 'string') return { kind: type, request: rest };
  throw fail(
    item,
    source,
    'this case does not say what kind of request it is',
    'Write "kind": "ExecProcessRequest" beside the request.',
  );
}

/** The request that a case writes out, or the patched base that it names. */
export function requestOfCase(item: JsonObject, bases: JsonObject, source: JsonFile): Asked {
  const { base: name, patch = [] } = item;
  if (name === undefined && Object.hasOwn(item, 'request')) return requestOf(item, source);
  const base = typeof name === 'string' && Object.hasOwn(bases, name) ? bases[name] : undefined;
  if (!isObject(base)) {
    const known = Object.keys(bases).join(', ') || 'none';
    throw fail(
      item,
      source,
      `there is no base ${JSON.stringify(name ?? null)}`,
      `The bases are: ${known}.`,
    );
  }
  const { kind, request } = requestOf(base, source);
  if (!Array.isArray(patch)) throw fail(item, source, 'patch is no list', PATCH);
  const operations = (patch as readonly Json[]).filter(isOperation);
  if (operations.length < patch.length) {
    throw fail(item, source, 'patch holds what is no operation', PATCH);
  }
  const patched = applyPatch(request, operations);
  if (!patched.ok)
    throw fail(
      item,
      source,
      patched.error,
      'Paths of a patch start inside the request: /OCI/Process/Args/0.',
    );
  return { kind, request: patched.document };
}

const PATCH = 'A patch is a list of RFC 6902 operations: {"op", "path", "value"}.';
const VALUED = new Set(['add', 'replace', 'test']);
const MOVING = new Set(['move', 'copy']);

function isOperation(operation: Json): operation is Json & PatchOperation {
  if (!isObject(operation)) return false;
  const { op, path, from } = operation;
  if (typeof op !== 'string' || typeof path !== 'string') return false;
  if (VALUED.has(op)) return Object.hasOwn(operation, 'value');
  return MOVING.has(op) ? typeof from === 'string' : op === 'remove';
}
