/**
 * One call, whatever carried it: what a handler is told, tables of typed handlers, and the raw
 * dispatcher underneath, which moves payload bytes and is what a relay implements.
 */
import {
  decodeMessage,
  encodeMessage,
  findMethod,
  type Init,
  type MethodName,
  type RequestOf,
  type ResponseOf,
  type ServiceName,
} from '#wire';
import { Code, RpcStatusError } from './status.ts';

/** Keys are lower case; a key sent several times has several values. */
export type Metadata = ReadonlyMap<string, readonly string[]>;

export interface Peer {
  readonly protocol: 'ttrpc' | 'grpc';
  /** Remote address for TCP, the socket's own address for unix. */
  readonly address: string;
}

/** Transports may work these out when they are first read: read what you need, do not copy it. */
export interface CallContext {
  /** Aborted when the client goes away, gives up or runs out of time. */
  readonly signal: AbortSignal;
  /** What the client allows from now on; undefined is no limit. */
  readonly timeoutMs: number | undefined;
  readonly metadata: Metadata;
  readonly peer: Peer;
}

export interface RawCall extends CallContext {
  /** `grpc.AgentService` */
  readonly service: string;
  /** `CreateContainer` */
  readonly method: string;
  /** The request message, still encoded. */
  readonly payload: Uint8Array;
}

/**
 * A connection that takes ttrpc requests as they came and hands answers back as they came, so that a
 * relay need not take messages apart that it does not change.
 */
export interface FrameUpstream {
  /**
   * Takes the frame over and sends it under a stream id of its own. `onAnswer` hears of the answer once,
   * perhaps at once. Returns what gives the call up.
   */
  forward(frame: Buffer, onAnswer: (answer: Buffer | RpcStatusError) => void): () => void;
}

/** Answers payload bytes with payload bytes, or throws an `RpcStatusError`. */
export interface Dispatcher {
  /** Full names, for reflection and for telling an unknown service from an unknown method. */
  readonly services: readonly string[];
  /** False for a method of the API that this server does not have. */
  has(service: string, method: string): boolean;
  call(call: RawCall): Promise<Uint8Array>;
  /** Where calls of this method go frame by frame for now; undefined when they go through `call`. */
  passThrough?(service: string, method: string): FrameUpstream | undefined;
}

/** A dispatcher that differs from `inner` in what is given. */
export const wrapDispatcher = (inner: Dispatcher, changed: Partial<Dispatcher>): Dispatcher => ({
  services: inner.services,
  has: (service, method) => inner.has(service, method),
  call: (call) => inner.call(call),
  passThrough: (service, method) => inner.passThrough?.(service, method),
  ...changed,
});

type Handler<S extends ServiceName, M extends MethodName<S>> = (
  request: RequestOf<S, M>,
  context: CallContext,
) => Promise<Init<ResponseOf<S, M>>> | Init<ResponseOf<S, M>>;

/** Rows of one service. A row may carry more than its handler; only `handle` matters here. */
export type ServiceTable<S extends ServiceName> = {
  readonly [M in MethodName<S>]?: { readonly handle: Handler<S, M> };
};

export type ServiceTables = { readonly [S in ServiceName]?: ServiceTable<S> };

/** What every table lookup comes down to once the types have done their work. */
type AnyRow = { readonly handle: (request: unknown, context: CallContext) => unknown } | undefined;

/** Decodes, hands to the row, encodes. */
export function dispatcherFor(tables: ServiceTables): Dispatcher {
  const services = Object.keys(tables);
  const rowOf = (service: string, method: string): AnyRow => {
    if (!Object.hasOwn(tables, service)) return undefined;
    const table = tables[service as ServiceName] as Readonly<Record<string, AnyRow>>;
    return Object.hasOwn(table, method) ? table[method] : undefined;
  };
  return {
    services,
    has: (service, method) => rowOf(service, method) !== undefined,
    async call(call) {
      const { service, method, payload } = call;
      const row = rowOf(service, method);
      const info = findMethod(service, method);
      if (row === undefined || info === undefined)
        throw new RpcStatusError(Code.UNIMPLEMENTED, `${method} method`);
      const request = decodeMessage(info.requestType, payload);
      const response = await row.handle(request, call);
      return encodeMessage(info.responseType, response as Init<never>);
    },
  };
}

export function isDispatcher(services: ServiceTables | Dispatcher): services is Dispatcher {
  return typeof (services as Partial<Dispatcher>).call === 'function';
}
