/**
 * The client's side of one ttrpc connection: odd stream ids going up by two, any number of calls in
 * flight. There is no cancel frame: giving up means ignoring the late answer.
 * Failures are worded as the Go client words them. Source: containerd/ttrpc client.go.
 */
import { KatasimError } from '#base';
import {
  FrameDecoder,
  FrameType,
  MAX_FRAME_LENGTH,
  decodeResponse,
  requestFrame,
  restampFrame,
  type Api,
  type FrameEvent,
} from '#wire';
import { FrameWriter } from './frame-writer.ts';
import { Code, RpcStatusError } from './status.ts';
import { typedClient, type CallOptions, type RawClient, type RpcClient } from './client.ts';
import type { FrameUpstream } from './dispatch.ts';
import type { Duplex } from 'node:stream';

interface Pending {
  /** The answer, its payload and all of its frame. */
  onAnswer(payload: Buffer, frame: Buffer): void;
  onFailure(error: RpcStatusError): void;
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
  readonly frames: FrameUpstream = {
    forward: (frame, onAnswer) => this.#forward(frame, onAnswer),
  };
  readonly #stream: Duplex;
  readonly #decoder = new FrameDecoder();
  readonly #writer: FrameWriter;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #cause: Error | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.#writer = new FrameWriter(stream);
    this.closed = new Promise((resolve) => {
      stream.once('close', () => {
        this.#failAll();
        resolve();
      });
    });
    stream.on('data', (chunk: Buffer) => {
      for (const event of this.#decoder.push(chunk)) this.#onFrame(event);
    });
    // A TLS alert after the handshake is an error without a close: nothing is answered any more.
    stream.on('error', (error) => {
      this.#cause = error;
      this.#failAll();
      stream.destroy();
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
    if (this.#isSpent) throw this.#gone();
    const streamId = this.#nextId;
    const frame = boundedFrame(streamId, {
      service,
      method,
      payload,
      timeout_nano: BigInt(Math.round(timeoutMs * 1e6)),
      metadata: Array.from(metadata, ([key, value]) => ({ key: key.toLowerCase(), value })),
    });
    this.#nextId += 2;
    return await new Promise<Uint8Array>((resolve, reject) => {
      const onAbort = (): void => {
        if (signal !== undefined) pending.onFailure(cancelled(signal));
      };
      const timer =
        timeoutMs > 0
          ? setTimeout(
              () => {
                pending.onFailure(
                  new RpcStatusError(Code.DEADLINE_EXCEEDED, 'context deadline exceeded'),
                );
              },
              Math.min(timeoutMs, 0x7fff_ffff),
            )
          : undefined;
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#pending.delete(streamId);
      };
      const pending: Pending = {
        onAnswer: (answer) => {
          settle();
          const outcome = outcomeOf(answer);
          if (outcome instanceof RpcStatusError) reject(outcome);
          else resolve(outcome);
        },
        onFailure: (error) => {
          settle();
          reject(error);
        },
      };
      this.#pending.set(streamId, pending);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#writer.push(frame);
    });
  }

  #forward(frame: Buffer, onAnswer: (answer: Buffer | RpcStatusError) => void): () => void {
    if (this.#isSpent) {
      onAnswer(this.#gone());
      return () => undefined;
    }
    const streamId = this.#nextId;
    this.#nextId += 2;
    this.#pending.set(streamId, {
      onAnswer: (payload, answer) => {
        this.#pending.delete(streamId);
        const response = decoded(payload);
        onAnswer(response instanceof RpcStatusError ? response : answer);
      },
      onFailure: (error) => {
        this.#pending.delete(streamId);
        onAnswer(error);
      },
    });
    restampFrame(frame, streamId);
    this.#writer.push(frame);
    return () => void this.#pending.delete(streamId);
  }

  get #isSpent(): boolean {
    return this.#stream.destroyed || this.#nextId > LAST_STREAM_ID;
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
    if (event.kind === 'oversized') pending.onFailure(oversized(header.length));
    else if (header.type === FrameType.response) pending.onAnswer(event.payload, event.bytes);
  }

  #failAll(): void {
    for (const pending of [...this.#pending.values()]) pending.onFailure(this.#gone());
  }

  #gone(): RpcStatusError {
    return new RpcStatusError(Code.UNAVAILABLE, 'ttrpc: closed', { cause: this.#cause });
  }
}

function boundedFrame(...request: Parameters<typeof requestFrame>): Buffer {
  try {
    return requestFrame(...request);
  } catch (error) {
    if (error instanceof KatasimError && error.code === 'WIRE_FRAME_TOO_LARGE')
      throw new RpcStatusError(Code.RESOURCE_EXHAUSTED, error.message, { cause: error });
    throw error;
  }
}

/** An absent status and code 0 are both success; any other code wins over the payload. */
function outcomeOf(answer: Buffer): Uint8Array | RpcStatusError {
  const response = decoded(answer);
  if (response instanceof RpcStatusError) return response;
  const { status, payload } = response;
  if (status === null || status.code === Code.OK) return payload;
  return new RpcStatusError(status.code, status.message);
}

function decoded(answer: Buffer): Api.TtrpcResponse | RpcStatusError {
  try {
    return decodeResponse(answer);
  } catch (cause) {
    return new RpcStatusError(Code.INTERNAL, 'the response does not decode', { cause });
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
