/**
 * The client's side of one ttrpc connection: odd stream ids going up by two, any number of calls in
 * flight. There is no cancel frame: giving up means ignoring the late answer.
 * Failures are worded as the Go client words them. Source: containerd/ttrpc client.go.
 */
import {
  FrameDecoder,
  FrameType,
  MAX_FRAME_LENGTH,
  decodeMessage,
  encodeFrame,
  encodeMessage,
  type FrameEvent,
} from '#wire';
import { Code, RpcStatusError } from './status.ts';
import { typedClient, type CallOptions, type RawClient, type RpcClient } from './client.ts';
import type { Duplex } from 'node:stream';

interface Pending {
  resolve(payload: Uint8Array): void;
  reject(error: RpcStatusError): void;
}

/** Stream ids are 32-bit; a connection that has used them up is closed. */
const LAST_STREAM_ID = 0xffff_ffff;

/** A client over a connected stream. Takes the stream over, its errors included. */
export function ttrpcClientOn(stream: Duplex): RpcClient {
  return typedClient(new ClientConnection(stream));
}

class ClientConnection implements RawClient {
  readonly protocol = 'ttrpc';
  readonly closed: Promise<void>;
  readonly #stream: Duplex;
  readonly #decoder = new FrameDecoder();
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #cause: Error | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.closed = new Promise((resolve) => {
      stream.once('close', () => {
        this.#failAll();
        resolve();
      });
    });
    stream.on('data', (chunk: Buffer) => {
      for (const event of this.#decoder.push(chunk)) this.#onFrame(event);
    });
    stream.on('error', (error) => {
      this.#cause = error;
    });
    stream.on('end', () => {
      stream.destroy();
    });
    // Whoever looked at the first bytes left it paused.
    stream.resume();
  }

  async callRaw(
    service: string,
    method: string,
    payload: Uint8Array,
    { timeoutMs = 0, signal, metadata = [] }: CallOptions = {},
  ): Promise<Uint8Array> {
    if (signal?.aborted === true) throw cancelled(signal);
    const request = encodeMessage('ttrpc.Request', {
      service,
      method,
      payload,
      timeout_nano: BigInt(Math.round(timeoutMs * 1e6)),
      metadata: Array.from(metadata, ([key, value]) => ({ key: key.toLowerCase(), value })),
    });
    if (request.length > MAX_FRAME_LENGTH) throw oversized(request.length);
    if (this.#stream.destroyed || this.#nextId > LAST_STREAM_ID) throw this.#gone();
    const streamId = this.#nextId;
    this.#nextId += 2;
    return await new Promise<Uint8Array>((resolve, reject) => {
      const giveUp = (error: RpcStatusError): void => {
        this.#pending.get(streamId)?.reject(error);
      };
      const onAbort = (): void => {
        if (signal !== undefined) giveUp(cancelled(signal));
      };
      const timer =
        timeoutMs > 0
          ? setTimeout(
              () => giveUp(new RpcStatusError(Code.DEADLINE_EXCEEDED, 'context deadline exceeded')),
              Math.min(timeoutMs, 0x7fff_ffff),
            )
          : undefined;
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#pending.delete(streamId);
      };
      this.#pending.set(streamId, {
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#stream.write(encodeFrame({ streamId, type: FrameType.request }, request));
    });
  }

  async close(): Promise<void> {
    this.#stream.destroy();
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #onFrame(event: FrameEvent): void {
    const { header } = event;
    const pending = this.#pending.get(header.streamId);
    // Late answers to calls given up, and frame types that a unary client does not know.
    if (pending === undefined) return;
    if (event.kind === 'oversized') pending.reject(oversized(header.length));
    else if (header.type === FrameType.response) this.#onResponse(pending, event.payload);
  }

  #onResponse(pending: Pending, frame: Buffer): void {
    try {
      const { status, payload } = decodeMessage('ttrpc.Response', frame);
      // An absent status and code 0 are both success; any other code wins over the payload.
      if (status === null || status.code === Code.OK) pending.resolve(payload);
      else pending.reject(new RpcStatusError(status.code, status.message));
    } catch (cause) {
      const message = 'the response does not decode';
      pending.reject(new RpcStatusError(Code.INTERNAL, message, { cause }));
    }
  }

  #failAll(): void {
    for (const pending of [...this.#pending.values()]) pending.reject(this.#gone());
  }

  #gone(): RpcStatusError {
    return new RpcStatusError(Code.UNAVAILABLE, 'ttrpc: closed', { cause: this.#cause });
  }
}

function oversized(length: number): RpcStatusError {
  const message = `message length ${String(length)} exceed maximum message size of ${String(MAX_FRAME_LENGTH)}`;
  return new RpcStatusError(Code.RESOURCE_EXHAUSTED, message);
}

function cancelled(signal: AbortSignal): RpcStatusError {
  const reason: unknown = signal.reason;
  if (reason instanceof RpcStatusError) return reason;
  if (reason instanceof Error && reason.name === 'TimeoutError')
    return new RpcStatusError(Code.DEADLINE_EXCEEDED, 'context deadline exceeded');
  return new RpcStatusError(Code.CANCELLED, 'context canceled', { cause: reason });
}
