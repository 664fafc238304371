/**
 * The shape of the generated schema, and lookups over it. The schema is data: the codec, the policy
 * document and gRPC reflection are all driven by the same rows.
 */
import { nearest } from '#base';
import { wireErrors } from './errors.ts';
import { schema } from './generated/schema.ts';
import type { Messages, Services } from './generated/messages.ts';

/** `singular` when absent; `oneof NAME` for a member of a oneof; map keys are always strings. */
type FieldLabel = 'repeated' | 'optional' | 'map' | `oneof ${string}`;

/** Name, number, type (a scalar, or the full name of a message or an enum), label. */
export type FieldRow = readonly [name: string, number: number, type: string, label?: FieldLabel];

export interface Schema {
  readonly files: Readonly<
    Record<string, { readonly package: string; readonly imports: readonly string[] }>
  >;
  readonly messages: Readonly<
    Record<string, { readonly file: string; readonly fields: readonly FieldRow[] }>
  >;
  readonly enums: Readonly<
    Record<string, { readonly file: string; readonly values: Readonly<Record<string, number>> }>
  >;
  readonly services: Readonly<
    Record<
      string,
      {
        readonly file: string;
        readonly methods: Readonly<
          Record<
            string,
            {
              readonly request: string;
              readonly response: string;
              readonly requestStream?: boolean;
              readonly responseStream?: boolean;
            }
          >
        >;
      }
    >
  >;
}

export type MessageName = keyof Messages;
export type ServiceName = keyof Services;
export type MethodName<S extends ServiceName> = keyof Services[S] & string;
export type RequestOf<S extends ServiceName, M extends MethodName<S>> = Services[S][M] extends {
  request: infer R;
}
  ? R
  : never;
export type ResponseOf<S extends ServiceName, M extends MethodName<S>> = Services[S][M] extends {
  response: infer R;
}
  ? R
  : never;

/** A message as a writer may give it: members may be left out, 64-bit integers may be numbers. */
export type Init<T> = T extends bigint
  ? bigint | number
  : T extends string | number | boolean | null | undefined | Uint8Array
    ? T
    : T extends readonly (infer U)[]
      ? readonly Init<U>[]
      : { readonly [K in keyof T]?: Init<T[K]> | undefined };

/** One row of the method catalogue. */
export interface MethodInfo {
  readonly service: string;
  readonly method: string;
  /** As gRPC spells it: `/grpc.AgentService/CreateContainer`. */
  readonly path: string;
  readonly requestType: MessageName;
  readonly responseType: MessageName;
  readonly streaming: boolean;
}

function catalogue(): Map<string, MethodInfo> {
  const rows = new Map<string, MethodInfo>();
  for (const [service, { methods: ofService }] of Object.entries(schema.services)) {
    for (const [method, row] of Object.entries(ofService)) {
      const path = `/${service}/${method}`;
      rows.set(path, {
        service,
        method,
        path,
        requestType: row.request as MessageName,
        responseType: row.response as MessageName,
        streaming: row.requestStream === true || row.responseStream === true,
      });
    }
  }
  return rows;
}

const byPath = catalogue();

/** Every method of every service, in the order of the .proto files. */
export const methods: readonly MethodInfo[] = [...byPath.values()];

/** The rows of one service; empty when there is no such service. */
export function methodsOf(service: string): readonly MethodInfo[] {
  return methods.filter((row) => row.service === service);
}

export function findMethod(service: string, method: string): MethodInfo | undefined {
  return byPath.get(`/${service}/${method}`);
}

/** As `findMethod`, for names that people type: throws and suggests the nearest. */
export function methodNamed(service: string, method: string): MethodInfo {
  const found = findMethod(service, method);
  if (found !== undefined) return found;
  const names = methodsOf(service).map((row) => row.method);
  if (names.length === 0)
    throw wireErrors.unknownService(service, nearest(service, Object.keys(schema.services)));
  throw wireErrors.unknownMethod(service, method, nearest(method, names));
}

/** `grpc.ReadStreamRequest` -> `ReadStreamRequest`. */
function shortName(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1);
}

/**
 * The rule a policy is asked for: the short name of the request message, not of the method, so 42
 * methods share 41 names.
 */
export function endpointOf(row: MethodInfo): string {
  return shortName(row.requestType);
}

interface EndpointInfo {
  readonly endpoint: string;
  readonly requestType: MessageName;
  /** The AgentService methods that ask for it. */
  readonly methods: readonly string[];
}

function listEndpoints(): EndpointInfo[] {
  const rows = new Map<string, EndpointInfo & { methods: string[] }>();
  for (const row of methodsOf('grpc.AgentService')) {
    const endpoint = endpointOf(row);
    const seen = rows.get(endpoint);
    if (seen === undefined)
      rows.set(endpoint, { endpoint, requestType: row.requestType, methods: [row.method] });
    else seen.methods.push(row.method);
  }
  return [...rows.values()];
}

/** The 41 rules of a complete policy, with the methods behind each. */
export const endpoints: readonly EndpointInfo[] = listEndpoints();
