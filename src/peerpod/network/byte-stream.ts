/**
 * Between the pod's byte streams (which know no IP) and the tunnel's TCP sockets. Both directions
 * wait for the slower side; either end's failure ends both.
 */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';

/** One end of a connection inside the pod; the guest's own contract, taken structurally. */
export interface PodByteStream {
  /** Up to `max` bytes as soon as there are any; empty at the end of the peer's data. */
  read(max: number, signal?: AbortSignal): Promise<Uint8Array>;
  write(data: Uint8Array, signal?: AbortSignal): Promise<void>;
  end(): void;
  destroy(): void;
}

const CHUNK = 64 << 10;

/** Carries bytes until both ends are done. Never rejects: a broken side breaks the other. */
export async function join(socket: Duplex, stream: PodByteStream): Promise<void> {
  const stop = new AbortController();
  const fail = (): void => {
    stop.abort();
    stream.destroy();
    socket.destroy();
  };
  // Errors are told by the close that follows.
  socket.on('error', () => undefined);
  socket.once('close', () => {
    if (!socket.readableEnded || !socket.writableFinished) fail();
  });
  await Promise.all([
    toStream(socket, stream, stop.signal).catch(fail),
    toSocket(socket, stream, stop.signal).catch(fail),
  ]);
}

async function toStream(socket: Duplex, stream: PodByteStream, signal: AbortSignal): Promise<void> {
  // Not `for await`: leaving the loop would destroy the socket's writable side as well.
  while (!signal.aborted) {
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) await stream.write(chunk, signal);
    else if (socket.readableEnded) break;
    else if (socket.destroyed) throw new Error('closed');
    else await readableOrEnd(socket, signal);
  }
  stream.end();
}

function readableOrEnd(socket: Duplex, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['readable', 'end', 'close']) socket.off(event, done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    for (const event of ['readable', 'end', 'close']) socket.once(event, done);
    signal.addEventListener('abort', done, { once: true });
  });
}

async function toSocket(socket: Duplex, stream: PodByteStream, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const data = await stream.read(CHUNK, signal);
    if (data.length === 0) {
      socket.end();
      return;
    }
    if (!socket.write(data)) await once(socket, 'drain', { signal });
  }
}

/** A socket as the pod's processes see a connection they opened. */
export function byteStreamOf(socket: Duplex): PodByteStream {
  socket.on('error', () => undefined);
  return {
    async read(max, signal) {
      const stop = signal ?? new AbortController().signal;
      for (;;) {
        stop.throwIfAborted();
        const size = Math.min(max, socket.readableLength);
        const chunk = (size > 0 ? socket.read(size) : socket.read()) as Buffer | null;
        if (chunk !== null) {
          if (chunk.length <= max) return chunk;
          socket.unshift(chunk.subarray(max));
          return chunk.subarray(0, max);
        }
        if (socket.readableEnded) return new Uint8Array();
        if (socket.destroyed) throw socket.errored ?? new Error('connection reset by peer');
        await readableOrEnd(socket, stop);
      }
    },
    async write(data, signal) {
      if (socket.destroyed || socket.writableEnded) throw socket.errored ?? new Error('EPIPE');
      if (!socket.write(data)) await once(socket, 'drain', signal ? { signal } : {});
    },
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
}
