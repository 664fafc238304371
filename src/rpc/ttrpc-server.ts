/**
 * The server's side of one ttrpc connection. Sources: ttrpc-rust 0.9.0 (the agent) and ttrpc-go
 * 1.2.7 (agent proxy, forwarder, hypervisor service); where their refusals differ, `flavour` says
 * whose words to use. Handlers run side by side; answers go out as they come.
 *
 * Memory is bounded per connection: calls beyond a number are refused, and a client that does not take
 * its answers is read no further.
 */
import { KatasimError, messageOf, silentLogger, type Closable, type Logger } from '#base';
import {
  FrameDecoder,
  FrameType,
  MAX_FRAME_LENGTH,
  answerFrame,
  decodeRequest,
  encodeFrame,
  encodeMessage,
  findMethod,
  relayAnswer,
  type Api,
  type FrameEvent,
} from '#wire';
import { CallSignal } from './call-signal.ts';
import { FrameWriter } from './frame-writer.ts';
import { Code, RpcStatusError, statusOf, type RpcStatus } from './status.ts';
import type { Dispatcher, FrameUpstream, Peer } from './dispatch.ts';
import type { Duplex } from 'node:stream';

/** Whose words to refuse with: the agent's (`rust`) or a Go server's. */
export type TtrpcServerFlavour = 'rust' | 'go';

interface ServeTtrpcOptions {
  readonly flavour?: TtrpcServerFlavour;
  readonly logger?: Logger;
  readonly peerAddress?: string;
}

/**
 * Calls in flight on one connection, long polls included, and the request bytes they hold. Beyond
 * either a call is refused. Reading goes on, because only a reader learns that its client has gone.
 */
const MAX_CALLS = 4096;
const MAX_CALL_BYTES = 16 * MAX_FRAME_LENGTH;

/** The time a client has to take its last answers. */
const CLOSE_MS = 1000;

type Refusals = Readonly<{
  oversized: number;
  noService(service: string): RpcStatus;
  noMethod(method: string): RpcStatus;
  late: string;
  notIncreasing: boolean;
}>;

const refusals: Readonly<Record<TtrpcServerFlavour, Refusals>> = {
  rust: {
    oversized: Code.INVALID_ARGUMENT,
    noService: (service) => ({
      code: Code.INVALID_ARGUMENT,
      message: `${service} service does not exist`,
    }),
    noMethod: (method) => ({ code: Code.UNIMPLEMENTED, message: `${method} method` }),
    late: 'timeout',
    notIncreasing: false,
  },
  go: {
    oversized: Code.RESOURCE_EXHAUSTED,
    noService: (service) => ({ code: Code.UNIMPLEMENTED, message: `service ${service}` }),
    noMethod: (method) => ({ code: Code.UNIMPLEMENTED, message: `method ${method}` }),
    late: 'context deadline exceeded',
    notIncreasing: true,
  },
};

interface RunningCall {
  /** Tells whoever works on it that nobody waits for the answer any more. */
  readonly cancel: Pick<CallSignal, 'abort'>;
  readonly bytes: number;
  timer: NodeJS.Timeout | undefined;
}

export interface TtrpcServerConnection extends Closable {
  readonly closed: Promise<void>;
  /** Lets running calls finish and their answers go out, then closes. */
  drain(): Promise<void>;
}

/** Serves a connected stream until it ends. Takes the stream over, its errors included. */
export function serveTtrpcOn(
  stream: Duplex,
  dispatcher: Dispatcher,
  options: ServeTtrpcOptions = {},
): TtrpcServerConnection {
  const connection = new ServerConnection(stream, dispatcher, options);
  const close = (): Promise<void> => connection.close();
  const drain = (): Promise<void> => connection.drain();
  return { close, drain, closed: connection.closed, [Symbol.asyncDispose]: close };
}

class ServerConnection {
  readonly closed: Promise<void>;
  readonly #stream: Duplex;
  readonly #dispatcher: Dispatcher;
  readonly #words: Refusals;
  readonly #log: Logger;
  readonly #peer: Peer;
  readonly #decoder = new FrameDecoder();
  readonly #running = new Set<RunningCall>();
  #runningBytes = 0;
  #lastStreamId = 0;
  readonly #writer: FrameWriter;
  #onIdle: (() => void) | undefined;

  constructor(stream: Duplex, dispatcher: Dispatcher, options: ServeTtrpcOptions) {
    this.#stream = stream;
    this.#writer = new FrameWriter(stream);
    this.#dispatcher = dispatcher;
    this.#words = refusals[options.flavour ?? 'rust'];
    this.#log = options.logger ?? silentLogger;
    this.#peer = { protocol: 'ttrpc', address: options.peerAddress ?? '' };
    this.closed = new Promise((resolve) => {
      stream.once('close', () => {
        this.#abandon();
        resolve();
      });
    });
    stream.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    stream.on('drain', () => {
      stream.resume();
    });
    stream.on('error', (error) => {
      this.#log.debug({ err: error }, 'ttrpc connection failed');
      stream.destroy();
    });
    // The client has hung up: nobody is left to answer. Source: ttrpc-rust cancels its handlers.
    stream.on('end', () => {
      stream.destroy();
    });
    // Whoever looked at the first bytes left it paused.
    stream.resume();
  }

  async close(): Promise<void> {
    this.#abandon();
    this.#writer.flush();
    // Answers already given still go out; a client that does not read them holds us up no longer.
    const late = setTimeout(() => this.#stream.destroy(), CLOSE_MS);
    this.#stream.end(() => this.#stream.destroy());
    await this.closed;
    clearTimeout(late);
  }

  async drain(): Promise<void> {
    if (this.#running.size > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await this.close();
  }

  #abandon(): void {
    for (const call of this.#running) {
      clearTimeout(call.timer);
      call.cancel.abort(new RpcStatusError(Code.CANCELLED, 'client disconnected'));
    }
  }

  #receive(chunk: Buffer): void {
    for (const event of this.#decoder.push(chunk)) this.#onFrame(event);
  }

  #onFrame(event: FrameEvent): void {
    const { header } = event;
    const { streamId } = header;
    if (event.kind === 'oversized') {
      this.#refuse(streamId, { ...tooLong(header.length), code: this.#words.oversized });
    } else if (streamId % 2 === 0) {
      this.#refuse(streamId, { code: Code.INVALID_ARGUMENT, message: 'stream id must be odd' });
    } else if (header.type === FrameType.request) this.#onRequest(event);
    else if (header.type === FrameType.data) {
      const message = 'Stream is no longer active';
      this.#refuse(streamId, { code: Code.INVALID_ARGUMENT, message });
    } else this.#log.debug({ type: header.type, streamId }, 'unknown frame type ignored');
  }

  #onRequest({ header: { streamId }, payload, bytes }: WholeFrame): void {
    if (this.#words.notIncreasing && streamId <= this.#lastStreamId) {
      const message = 'StreamID cannot be re-used and must increment';
      this.#refuse(streamId, { code: Code.INVALID_ARGUMENT, message });
      return;
    }
    this.#lastStreamId = streamId;
    let request: Api.TtrpcRequest;
    try {
      request = decodeRequest(payload);
    } catch (error) {
      this.#refuse(streamId, { code: Code.INVALID_ARGUMENT, message: statusOf(error).message });
      return;
    }
    const refusal = this.#unknown(request) ?? this.#tooMuch(request);
    const upstream = this.#dispatcher.passThrough?.(request.service, request.method);
    if (refusal !== undefined) this.#refuse(streamId, refusal);
    else if (upstream !== undefined) this.#pass(upstream, streamId, request, bytes);
    else this.#start(streamId, request);
  }

  /** Why there is nothing to call, or undefined. */
  #unknown({ service, method }: Api.TtrpcRequest): RpcStatus | undefined {
    if (!this.#dispatcher.services.includes(service)) return this.#words.noService(service);
    if (this.#dispatcher.has(service, method)) return undefined;
    if (findMethod(service, method) === undefined) return this.#words.noMethod(method);
    return { code: Code.NOT_FOUND, message: `/${service}/${method} is not supported` };
  }

  #tooMuch({ payload }: Api.TtrpcRequest): RpcStatus | undefined {
    const isFull =
      this.#running.size >= MAX_CALLS || this.#runningBytes + payload.length > MAX_CALL_BYTES;
    return isFull
      ? { code: Code.RESOURCE_EXHAUSTED, message: 'too many calls in flight on one connection' }
      : undefined;
  }

  #start(streamId: number, request: Api.TtrpcRequest): void {
    const cancel = new CallSignal();
    let answered = false;
    const answer = (frame: Buffer): void => {
      if (answered) return;
      answered = true;
      clearTimeout(call.timer);
      this.#send(frame);
    };
    const call = this.#enter(request, cancel, (status) => {
      answer(failureFrame(streamId, status));
    });
    const timeoutMs = timeoutOf(request);
    const { service, method, payload, metadata: pairs } = request;
    this.#dispatcher
      .call({
        service,
        method,
        payload,
        get signal() {
          return cancel.signal;
        },
        timeoutMs,
        get metadata() {
          return collectMetadata(pairs);
        },
        peer: this.#peer,
      })
      .then(
        (response) => answer(successFrame(streamId, response, this.#words)),
        (error: unknown) => answer(failureFrame(streamId, ttrpcStatus(error))),
      )
      .finally(() => {
        this.#leave(call);
      })
      .catch((error: unknown) => {
        this.#log.error({ err: error, service, method }, 'a call could not be answered');
        this.#stream.destroy();
      });
  }

  /** The frame goes on as it is; only its stream id differs on the other side. */
  #pass(upstream: FrameUpstream, streamId: number, request: Api.TtrpcRequest, frame: Buffer): void {
    let giveUp = (): void => undefined;
    const cancel = {
      abort: () => {
        giveUp();
        this.#leave(call);
      },
    };
    const call = this.#enter(request, cancel, (status) => {
      this.#refuse(streamId, status);
    });
    giveUp = upstream.forward(frame, (answer) => {
      this.#leave(call);
      if (answer instanceof RpcStatusError) this.#refuse(streamId, answer);
      else this.#send(relayAnswer(answer, streamId));
    });
  }

  /** Counts a call in and starts its clock. */
  #enter(
    request: Api.TtrpcRequest,
    cancel: RunningCall['cancel'],
    onLate: (status: RpcStatusError) => void,
  ): RunningCall {
    const call: RunningCall = { cancel, bytes: request.payload.length, timer: undefined };
    const timeoutMs = timeoutOf(request);
    if (timeoutMs !== undefined) {
      // A timer cannot run longer than 2^31 ms; 24 days is no limit in practice.
      call.timer = setTimeout(
        () => {
          const status = new RpcStatusError(Code.DEADLINE_EXCEEDED, this.#words.late);
          onLate(status);
          cancel.abort(status);
        },
        Math.min(timeoutMs, 0x7fff_ffff),
      );
    }
    this.#running.add(call);
    this.#runningBytes += call.bytes;
    return call;
  }

  #leave(call: RunningCall): void {
    clearTimeout(call.timer);
    if (!this.#running.delete(call)) return;
    this.#runningBytes -= call.bytes;
    if (this.#running.size === 0) this.#onIdle?.();
  }

  #refuse(streamId: number, status: RpcStatus): void {
    this.#send(failureFrame(streamId, status));
  }

  #send(frame: Buffer): void {
    this.#writer.push(frame, this.#onCongested);
  }

  /** A client that does not take its answers is read no further. */
  readonly #onCongested = (): void => {
    this.#stream.pause();
  };
}

type WholeFrame = Extract<FrameEvent, { kind: 'frame' }>;

const timeoutOf = ({ timeout_nano: timeout }: Api.TtrpcRequest): number | undefined =>
  timeout > 0n ? Number(timeout) / 1e6 : undefined;

function collectMetadata(pairs: readonly Api.TtrpcKeyValue[]): ReadonlyMap<string, string[]> {
  const metadata = new Map<string, string[]>();
  for (const { key, value } of pairs) {
    const values = metadata.get(key.toLowerCase());
    if (values === undefined) metadata.set(key.toLowerCase(), [value]);
    else values.push(value);
  }
  return metadata;
}

/** A request that does not decode is the transport's to name; everything else says it itself. */
function ttrpcStatus(error: unknown): RpcStatus {
  if (error instanceof KatasimError && error.code === 'WIRE_UNDECODABLE')
    return { code: Code.UNKNOWN, message: `ttrpc err: ${error.message}` };
  return statusOf(error);
}

/** A Rust server sends an OK status along; Go leaves it out, and clients accept both. */
function successFrame(streamId: number, payload: Uint8Array, words: Refusals): Buffer {
  try {
    return answerFrame(streamId, payload, !words.notIncreasing);
  } catch (error) {
    // An answer that does not fit is replaced by the refusal that says so. Source: ttrpc-rust server.
    return failureFrame(streamId, { code: Code.INVALID_ARGUMENT, message: messageOf(error) });
  }
}

function failureFrame(streamId: number, { code, message }: RpcStatus): Buffer {
  const response = encodeMessage('ttrpc.Response', { status: { code, message } });
  if (response.length > MAX_FRAME_LENGTH) return failureFrame(streamId, tooLong(response.length));
  return encodeFrame({ streamId, type: FrameType.response }, response);
}

const tooLong = (length: number): RpcStatus => ({
  code: Code.INVALID_ARGUMENT,
  message: `message length ${String(length)} exceed maximum message size of ${String(MAX_FRAME_LENGTH)}`,
});
