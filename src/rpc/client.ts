/** A client of either protocol, typed by the method catalogue. */
import {
  decodeMessage,
  encodeMessage,
  type Init,
  type MethodName,
  methodNamed,
  type RequestOf,
  type ResponseOf,
  type ServiceName,
} from '#wire';
import type { Closable } from '#base';
import type { FrameUpstream } from './dispatch.ts';

export interface CallOptions {
  /** Relative deadline, sent along and also kept locally; 0 or absent is none. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Repeat a key for several values. */
  readonly metadata?: Iterable<readonly [string, string]> | undefined;
}

/** What a transport provides: bytes in, bytes out, failures as `RpcStatusError`. */
export interface RawClient extends Closable {
  readonly protocol: 'ttrpc' | 'grpc';
  callRaw(
    service: string,
    method: string,
    payload: Uint8Array,
    options?: CallOptions,
  ): Promise<Uint8Array>;
  /** Settles once the connection is gone, whoever closed it. Never rejects. */
  readonly closed: Promise<void>;
  /** For a relay; only over ttrpc. */
  readonly frames?: FrameUpstream | undefined;
}

export interface RpcClient extends RawClient {
  call<S extends ServiceName, M extends MethodName<S>>(
    service: S,
    method: M,
    request: Init<RequestOf<S, M>>,
    options?: CallOptions,
  ): Promise<ResponseOf<S, M>>;
}

/** Adds the typed call to a transport. */
export function typedClient(raw: RawClient): RpcClient {
  return {
    protocol: raw.protocol,
    closed: raw.closed,
    frames: raw.frames,
    callRaw: (service, method, payload, options) => raw.callRaw(service, method, payload, options),
    close: () => raw.close(),
    [Symbol.asyncDispose]: () => raw.close(),
    async call(service, method, request, options) {
      const { requestType, responseType } = methodNamed(service, method);
      const payload = encodeMessage(requestType, request as Init<never>);
      const answer = await raw.callRaw(service, method, payload, options);
      return decodeMessage(responseType, answer) as never;
    },
  };
}
