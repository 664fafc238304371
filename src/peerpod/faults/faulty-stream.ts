/**
 * A connection with something wrong with it: bytes are late, held back or cut off. Sits between the
 * TCP socket and TLS, so both ends see what a bad network would show them.
 */
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

export type TcpFault =
  | { readonly kind: 'none' }
  /** RST right after accept; what is open is reset with its next bytes. */
  | { readonly kind: 'reset' }
  /** Accepted, and then nothing, in either direction; TCP would send it again, so it comes later. */
  | { readonly kind: 'black-hole' }
  /** Every piece that much later, each way. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Reset after that many bytes from the client. */
  | { readonly kind: 'cut'; readonly afterBytes: number };

type WriteCallback = (error?: Error | null) => void;

export class FaultyStream extends Duplex {
  readonly #socket: Socket;
  readonly #fault: () => TcpFault;
  /** What is late, in order. */
  readonly #late = new Map<NodeJS.Timeout, () => void>();
  /** What waits in the black hole, in order. Bounded: the socket is paused, and writers wait. */
  #held: (() => void)[] = [];
  #unwritten: WriteCallback | undefined;
  #received = 0;

  constructor(socket: Socket, fault: () => TcpFault) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#fault = fault;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#pass(() => this.push(null)));
    socket.on('close', () => this.destroy());
    socket.on('error', (error) => this.destroy(error));
  }

  /** Another fault holds now: what was held back may go on its way. */
  faultChanged(): void {
    if (this.#fault().kind === 'black-hole') return;
    // What was late goes first, or the bytes behind it would overtake it.
    const late = [...this.#late.values()];
    this.#forgetLate();
    for (const action of [...late, ...this.#held.splice(0)]) this.#pass(action);
    this.#socket.resume();
  }

  #receive(chunk: Buffer): void {
    const fault = this.#fault();
    this.#received += chunk.length;
    if (fault.kind === 'reset') this.reset();
    else if (fault.kind === 'cut' && this.#received > fault.afterBytes) this.reset();
    else {
      this.#pass(() => {
        if (!this.push(chunk)) this.#socket.pause();
      });
    }
  }

  /** Ends both directions without a word of goodbye. */
  reset(): void {
    this.#socket.resetAndDestroy();
    this.destroy();
  }

  /** Now, later, or once the black hole is gone. */
  #pass(action: () => void): void {
    const fault = this.#fault();
    if (fault.kind === 'black-hole') {
      this.#socket.pause();
      this.#held.push(action);
    } else if (fault.kind === 'delay') {
      const timer = setTimeout(() => {
        this.#late.delete(timer);
        if (!this.destroyed) action();
      }, fault.ms);
      this.#late.set(timer, action);
    } else action();
  }

  #forgetLate(): void {
    for (const timer of this.#late.keys()) clearTimeout(timer);
    this.#late.clear();
  }

  override _read(): void {
    if (this.#fault().kind !== 'black-hole') this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: WriteCallback): void {
    if (this.#fault().kind === 'reset') {
      this.reset();
      callback();
      return;
    }
    this.#unwritten = callback;
    this.#pass(() => {
      this.#unwritten = undefined;
      this.#socket.write(chunk, callback);
    });
  }

  override _final(callback: WriteCallback): void {
    this.#pass(() => this.#socket.end(callback));
  }

  override _destroy(error: Error | null, callback: WriteCallback): void {
    this.#forgetLate();
    this.#held = [];
    this.#unwritten?.(error);
    this.#unwritten = undefined;
    this.#socket.destroy();
    callback(error);
  }
}
