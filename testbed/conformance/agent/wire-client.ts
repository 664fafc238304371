/**
 * A ttrpc client without opinions: a deadline goes along but is not kept here, as the recorder's was,
 * and bytes that are no frame can be sent.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { decodeResponse, encodeMessage, FrameDecoder, FrameType, type FrameEvent } from '#wire';

export interface WireAnswer {
  readonly code: number;
  readonly message: string;
  readonly payload: Uint8Array;
}

export interface WireCall {
  readonly service: string;
  readonly method: string;
  readonly payload: Uint8Array;
  readonly timeoutNano?: bigint | undefined;
}

export class WireClient {
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder();
  readonly #waiting = new Map<number, (answer: WireAnswer) => void>();
  readonly #frames: WireAnswer[] = [];
  #onFrame: (() => void) | undefined;
  #nextId = 0x7001;

  static async open(endpoint: string): Promise<WireClient> {
    const { hostname, port } = new URL(endpoint);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new WireClient(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      for (const event of this.#decoder.push(chunk)) this.#receive(event);
    });
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && !this.#socket.readableEnded;
  }

  /** Settles when the server has hung up. */
  async ended(): Promise<void> {
    if (!this.#socket.closed) await once(this.#socket, 'close');
  }

  /** Pending until there is an answer; it may never come. Sends frames of any length. */
  async call({ timeoutNano: timeout_nano, ...rest }: WireCall): Promise<WireAnswer> {
    const streamId = this.#nextId;
    this.#nextId += 2;
    const request = encodeMessage('ttrpc.Request', { ...rest, timeout_nano });
    const header = Buffer.alloc(10);
    header.writeUInt32BE(request.length, 0);
    header.writeUInt32BE(streamId, 4);
    header[8] = FrameType.request;
    const answer = new Promise<WireAnswer>((resolve) => this.#waiting.set(streamId, resolve));
    this.#socket.write(Buffer.concat([header, request]));
    return await answer;
  }

  /** Sends bytes whose answers, if any, are collected. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** The next `count` frames that answer no `call`. Pending until they are there. */
  async frames(count: number): Promise<WireAnswer[]> {
    while (this.#frames.length < count)
      await new Promise<void>((resolve) => (this.#onFrame = resolve));
    return this.#frames.splice(0, count);
  }

  /** Sends no more; settles when the server has hung up, with the answers that came until then. */
  async finish(): Promise<WireAnswer[]> {
    this.#socket.end();
    await this.ended();
    return this.#frames.splice(0);
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(event: FrameEvent): void {
    if (event.kind === 'oversized') return;
    const { status, payload } = decodeResponse(event.payload);
    const answer = { code: status?.code ?? 0, message: status?.message ?? '', payload };
    const resolve = this.#waiting.get(event.header.streamId);
    if (resolve === undefined) {
      this.#frames.push(answer);
      this.#onFrame?.();
      return;
    }
    this.#waiting.delete(event.header.streamId);
    resolve(answer);
  }
}
