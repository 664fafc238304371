/**
 * A request of a test case as the agent would have seen it: written by hand, it lacks fields (which
 * get their defaults) and may have fields that no message has (which are left out). Source:
 * genpolicy's tests read them into the agent's own structs, with serde's defaults.
 */
import { KatasimError, nearest } from '#base';
import { copyFileDocument } from '#gate';
import {
  endpoints,
  fromPolicyInput,
  methods,
  toPolicyInput,
  type Json,
  type MessageName,
} from '#wire';

export interface CompletedInput {
  readonly endpoint: string;
  readonly input: Json;
  readonly ignored: readonly string[];
}

const COPY_FILE = 'CopyFileRequest';
/** What the derived document has and the message has not. Source: PolicyCopyFileRequest. */
const DERIVED: Readonly<Record<'file_type' | 'symlink_target', Json>> = {
  file_type: 'Unknown',
  symlink_target: null,
};
const FILE_TYPES = ['Unknown', 'Regular', 'Directory', 'Symlink'];

/** Rules of older releases whose RPCs are gone; their requests are taken as they are. */
const STALE = new Set(['PullImageRequest', 'StartTracingRequest', 'StopTracingRequest']);

const requestTypes: ReadonlyMap<string, MessageName> = new Map(
  endpoints.flatMap(({ endpoint, methods: [name] }) => {
    const row = methods.find(({ method }) => method === name);
    return row === undefined ? [] : [[endpoint, row.requestType] as const];
  }),
);

/** `CreateSandboxRequest`, or `CreateSandbox` as older files call it. Undefined: there is none. */
export function endpointNamed(name: string): string | undefined {
  const known = (endpoint: string): boolean => requestTypes.has(endpoint) || STALE.has(endpoint);
  if (known(name)) return name;
  const byMethod = endpoints.find(({ methods: names }) => names.includes(name));
  return byMethod?.endpoint ?? (known(`${name}Request`) ? `${name}Request` : undefined);
}

export const nearestEndpoint = (name: string): string | undefined =>
  nearest(name, requestTypes.keys());

/** Evaluated by the agent on its own account; a log may hold it. */
const FAIL_FLAG = 'AllowRequestsFailingPolicy';

/** What to say of an endpoint that a log names and no release has; undefined for all others. */
export function unknownEndpoint(name: string): string | undefined {
  if (name === FAIL_FLAG || requestTypes.has(name) || STALE.has(name)) return undefined;
  const near = endpointNamed(name) ?? nearestEndpoint(name);
  return `there is no endpoint ${name}${near === undefined ? '' : `; did you mean ${near}?`}`;
}

/** Throws `WIRE_BAD_DOCUMENT` for a field of the wrong type, with its path. */
export function completeInput(endpoint: string, request: Json): CompletedInput {
  const type = requestTypes.get(endpoint);
  if (type === undefined) return { endpoint, input: request, ignored: [] };
  const ignored: string[] = [];
  const onUnknown = (path: string, _message: string, near: string | undefined): void => {
    ignored.push(near === undefined ? path : `${path} (did you mean ${near}?)`);
  };
  if (endpoint === COPY_FILE) {
    return { endpoint, input: copyFileInput(request, onUnknown), ignored };
  }
  const input = toPolicyInput(type, fromPolicyInput(type, request, onUnknown));
  return { endpoint, input, ignored };
}

/** The derived document as it stands, or derived from the request that it was written as. */
function copyFileInput(
  request: Json,
  onUnknown: (path: string, message: string, near: string | undefined) => void,
): Json {
  const given = isObject(request) ? request : {};
  const isDerived = Object.keys(DERIVED).some((key) => Object.hasOwn(given, key));
  const { file_type, symlink_target, ...rest } = { ...DERIVED, ...given } as typeof DERIVED;
  const message = fromPolicyInput(
    'grpc.CopyFileRequest',
    isObject(request) ? rest : request,
    onUnknown,
  );
  const document = copyFileDocument(message);
  if (document === undefined) {
    throw wrongType('request.data', 'the target of a link as UTF-8 bytes');
  }
  if (!isDerived) return document;
  if (typeof file_type !== 'string' || !FILE_TYPES.includes(file_type)) {
    throw wrongType('request.file_type', `one of ${FILE_TYPES.join(', ')}`);
  }
  if (symlink_target !== null && typeof symlink_target !== 'string') {
    throw wrongType('request.symlink_target', 'a text or null');
  }
  return { ...(document as Readonly<Record<string, Json>>), file_type, symlink_target };
}

const wrongType = (path: string, expected: string): KatasimError =>
  new KatasimError('WIRE_BAD_DOCUMENT', `${path}: expected ${expected}`);

export function isObject(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
