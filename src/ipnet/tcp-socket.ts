/**
 * A TCP connection as a stream, near enough to net.Socket for http.request's `createConnection`.
 */
import { Duplex } from 'node:stream';
import { ipnetErrors } from './errors.ts';
import { formatIpv4, type Ipv4 } from './ipv4.ts';
import type { TcpConnection, TcpEvents, TcpFailure } from './tcp-connection.ts';

/** Written and not yet acknowledged before `write` asks to wait. */
const SEND_LIMIT = 128 << 10;
/** The receive window is counted from what is unread here. */
const READ_LIMIT = 64 << 10;

interface TcpEndpoints {
  readonly localPort: number;
  readonly remoteAddress: Ipv4;
  readonly remotePort: number;
}

export class TcpSocket extends Duplex {
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  #connection: TcpConnection | undefined;
  #waiting: ((error?: Error | null) => void) | undefined;
  #connecting = true;
  #idle: NodeJS.Timeout | undefined;
  #idleMs = 0;

  constructor({ localPort, remoteAddress, remotePort }: TcpEndpoints) {
    super({
      readableHighWaterMark: READ_LIMIT,
      writableHighWaterMark: SEND_LIMIT,
      allowHalfOpen: true,
    });
    this.localPort = localPort;
    this.remoteAddress = formatIpv4(remoteAddress);
    this.remotePort = remotePort;
  }

  get connecting(): boolean {
    return this.#connecting;
  }

  /** Called once by the stack, which makes socket and connection for each other. */
  attach(connection: TcpConnection): void {
    this.#connection = connection;
  }

  /** What the connection reports; `closed` is the stack's to add to. */
  readonly events: Omit<TcpEvents, 'transmit' | 'closed'> = {
    connected: () => {
      this.#connecting = false;
      this.emit('connect');
      this.emit('ready');
      this.#drain();
    },
    data: (bytes) => {
      this.#touch();
      this.push(bytes);
    },
    remoteEnd: () => {
      this.push(null);
      // An unread stream would never see its end otherwise.
      if (this.readableLength === 0) this.read(0);
    },
    acknowledged: () => {
      this.#touch();
      this.#drain();
    },
    unread: () => this.readableLength,
  };

  finish(failure: TcpFailure | undefined): void {
    clearTimeout(this.#idle);
    const error = failure && ipnetErrors.connection(failure, this.remoteAddress, this.remotePort);
    this.#waiting?.(error ?? null);
    this.#waiting = undefined;
    this.destroy(error);
  }

  override _read(): void {
    // Deferred: the stream has not yet taken off its books what the reader is about to get.
    setImmediate(() => this.#connection?.windowOpened());
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    this.#touch();
    this.#connection?.write(chunk);
    if (!this.#connecting && (this.#connection?.unsent ?? 0) < SEND_LIMIT) callback();
    else this.#waiting = callback;
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#connection?.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#idle);
    this.#waiting = undefined;
    if (error) this.#connection?.abort();
    else this.#connection?.orphan();
    callback(error);
  }

  #drain(): void {
    if (!this.#waiting || (this.#connection?.unsent ?? 0) >= SEND_LIMIT) return;
    const callback = this.#waiting;
    this.#waiting = undefined;
    callback();
  }

  #touch(): void {
    if (this.#idleMs > 0) this.#idle?.refresh();
  }

  /** As net.Socket: emits 'timeout' after that long without traffic; 0 turns it off. */
  setTimeout(ms: number, listener?: () => void): this {
    clearTimeout(this.#idle);
    this.#idleMs = ms;
    if (listener) this.once('timeout', listener);
    if (ms > 0) {
      this.#idle = setTimeout(() => this.emit('timeout'), ms);
      this.#idle.unref();
    }
    return this;
  }

  /** Data is always sent at once. */
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
