/**
 * A connection with something wrong with it: bytes are late, lost or cut off. Sits between the TCP
 * socket and TLS, so both ends see what a bad network would show them.
 */
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

export type TcpFault =
  | { readonly kind: 'none' }
  /** RST right after accept; what is open is reset with its next bytes. */
  | { readonly kind: 'reset' }
  /** Accepted, and then nothing, in either direction. */
  | { readonly kind: 'black-hole' }
  /** Every piece that much later, each way. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Reset after that many bytes from the client. */
  | { readonly kind: 'cut'; readonly afterBytes: number };

type WriteCallback = (error?: Error | null) => void;

export class FaultyStream extends Duplex {
  readonly #socket: Socket;
  readonly #fault: () => TcpFault;
  readonly #timers = new Set<NodeJS.Timeout>();
  #received = 0;
  #swallowed: WriteCallback[] = [];

  constructor(socket: Socket, fault: () => TcpFault) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#fault = fault;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#after(() => this.push(null)));
    socket.on('close', () => this.destroy());
    socket.on('error', (error) => this.destroy(error));
  }

  #receive(chunk: Buffer): void {
    const fault = this.#fault();
    this.#received += chunk.length;
    if (fault.kind === 'reset') this.reset();
    else if (fault.kind === 'cut' && this.#received > fault.afterBytes) this.reset();
    else if (fault.kind !== 'black-hole') {
      this.#after(() => {
        if (!this.push(chunk)) this.#socket.pause();
      });
    }
  }

  /** Ends both directions without a word of goodbye. */
  reset(): void {
    this.#socket.resetAndDestroy();
    this.destroy();
  }

  #after(action: () => void): void {
    const fault = this.#fault();
    if (fault.kind !== 'delay') {
      action();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.destroyed) action();
    }, fault.ms);
    this.#timers.add(timer);
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: WriteCallback): void {
    const fault = this.#fault();
    if (fault.kind === 'reset') {
      this.reset();
      callback();
    } else if (fault.kind === 'black-hole') this.#swallowed.push(callback);
    else this.#after(() => this.#socket.write(chunk, callback));
  }

  override _final(callback: WriteCallback): void {
    this.#after(() => this.#socket.end(callback));
  }

  override _destroy(error: Error | null, callback: WriteCallback): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const waiting of this.#swallowed.splice(0)) waiting(error);
    this.#socket.destroy();
    callback(error);
  }
}
