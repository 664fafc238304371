/**
 * The pod's ports as seen from inside and outside: processes listen and connect here, and the
 * far end of the pod network (VXLAN tunnel, console, tests) opens connections to them. A
 * connection is a pair of byte streams with bounded buffers; nothing here knows IP.
 */
import { deferred } from '#base';
import { guestErrors } from './errors.ts';
import { SysError } from './kernel/errno.ts';
import type { OpenFile } from './kernel/open-file.ts';
import { Pipe } from './kernel/pipe.ts';
import { callBlocker, type Blocker } from './kernel/wait.ts';

/** One end of a connection. */
export interface ByteStream {
  /** Up to `max` bytes as soon as there are any; empty at the end of the peer's data. */
  read(max: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** Waits while the peer's buffer is full; fails with EPIPE once the peer closed. */
  write(data: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** No more data from this end (FIN). */
  end(): void;
  /** Drops both directions. */
  destroy(): void;
}

export interface PeerAddress {
  readonly address: string;
  readonly port: number;
}

export interface Listener {
  readonly port: number;
  close(): void;
}

/** How a process in the pod reaches the world outside it. Rejects when the peer refuses. */
type Dialer = (host: string, port: number, signal: AbortSignal) => Promise<ByteStream>;

export interface PodNetwork {
  /** The pod's addresses without prefix length, set by UpdateInterface or by the tunnel end. */
  readonly addresses: readonly string[];
  /** Ports that have a listener, ascending. */
  ports(): number[];
  /** Throws EADDRINUSE (a GuestError of kind `io`) when the port is taken. */
  listen(port: number, onConnection: (stream: ByteStream, peer: PeerAddress) => void): Listener;
  /** The caller's end of a new connection to a port of the pod, or undefined when refused. */
  connect(port: number, peer: PeerAddress): ByteStream | undefined;
  /** Tells the pod its addresses when nobody sends UpdateInterface (remote hypervisor). */
  setAddresses(addresses: readonly string[]): void;
  /** The way out for addresses that are not the pod's own. Without one the net is unreachable. */
  setDialer(dialer: Dialer | undefined): void;
}

/** An end that also takes a process as the one who waits. */
export interface Connection extends ByteStream {
  readWith(blocker: Blocker, max: number): Promise<Uint8Array>;
  writeWith(blocker: Blocker, data: Uint8Array): Promise<void>;
}

function connectionEnd(incoming: OpenFile, outgoing: OpenFile): Connection {
  incoming.retain();
  outgoing.retain();
  let readable = true;
  let writable = true;
  const writeWith = (blocker: Blocker, data: Uint8Array): Promise<void> => {
    if (!writable) return Promise.reject(new SysError('EPIPE'));
    return outgoing.write(blocker, data);
  };
  const readWith = (blocker: Blocker, max: number): Promise<Uint8Array> =>
    readable ? incoming.read(blocker, max) : Promise.resolve(new Uint8Array());
  const end = (): void => {
    if (writable) outgoing.release();
    writable = false;
  };
  return {
    readWith,
    writeWith,
    read: (max, signal) => readWith(callBlocker(signal), max),
    write: (data, signal) => writeWith(callBlocker(signal), data),
    end,
    destroy: () => {
      end();
      if (readable) incoming.release();
      readable = false;
    },
  };
}

function connectionPair(): [Connection, Connection] {
  const there = new Pipe('socket');
  const back = new Pipe('socket');
  const ends = [
    there.openReader(),
    there.openWriter(),
    back.openReader(),
    back.openWriter(),
  ] as const;
  return [connectionEnd(ends[2], ends[1]), connectionEnd(ends[0], ends[3])];
}

const LOOPBACK = /^(127\.|::1$|localhost$|0\.0\.0\.0$)/;

type Accept = (stream: Connection, peer: PeerAddress) => void;

/** The implementation; processes also use `connectFrom` and `resolve`. */
export class NetworkStack implements PodNetwork {
  addresses: readonly string[] = [];
  readonly #listeners = new Map<number, Accept>();
  readonly #open = new Set<Connection>();
  #dialer: Dialer | undefined;
  #nextPort = 32768;

  ports(): number[] {
    return [...this.#listeners.keys()].sort((a, b) => a - b);
  }

  listen(port: number, onConnection: Accept): Listener {
    const wanted = port === 0 ? this.#ephemeralPort() : port;
    if (this.#listeners.has(wanted)) throw guestErrors.io('EADDRINUSE');
    this.#listeners.set(wanted, onConnection);
    return {
      port: wanted,
      close: () => {
        if (this.#listeners.get(wanted) === onConnection) this.#listeners.delete(wanted);
      },
    };
  }

  /** As `listen`, for processes: a taken port is their errno. */
  bind(port: number, onConnection: Accept): Listener {
    if (this.#listeners.has(port)) throw new SysError('EADDRINUSE');
    return this.listen(port, onConnection);
  }

  connect(port: number, peer: PeerAddress): Connection | undefined {
    const accept = this.#listeners.get(port);
    if (accept === undefined) return undefined;
    const [near, far] = connectionPair();
    this.#open.add(near);
    const forgetful: Connection = {
      ...near,
      destroy: () => {
        this.#open.delete(near);
        near.destroy();
      },
    };
    accept(far, peer);
    return forgetful;
  }

  setAddresses(addresses: readonly string[]): void {
    this.addresses = [...addresses];
  }

  setDialer(dialer: Dialer | undefined): void {
    this.#dialer = dialer;
  }

  isOwn(host: string): boolean {
    return LOOPBACK.test(host) || this.addresses.includes(host);
  }

  /** A connection opened by a process of the pod. */
  async connectFrom(host: string, port: number, signal: AbortSignal): Promise<ByteStream> {
    if (this.isOwn(host)) {
      const address = LOOPBACK.test(host) ? '127.0.0.1' : host;
      const stream = this.connect(port, { address, port: this.#ephemeralPort() });
      if (stream === undefined) throw new SysError('ECONNREFUSED');
      return stream;
    }
    if (this.#dialer === undefined) throw new SysError('ENETUNREACH');
    const dialing = this.#dialer(host, port, signal);
    // A dialer that does not heed the signal must not hold a process that has ended.
    const aborted = deferred<never>();
    const abort = (): void => {
      aborted.reject(new SysError('ETIMEDOUT'));
      dialing.then(
        (late) => late.destroy(),
        () => undefined,
      );
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([dialing, aborted.promise]);
    } catch (error) {
      if (error instanceof SysError) throw error;
      throw new SysError('ECONNREFUSED');
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  close(): void {
    this.#listeners.clear();
    for (const stream of this.#open) stream.destroy();
    this.#open.clear();
    this.#dialer = undefined;
  }

  #ephemeralPort(): number {
    this.#nextPort = this.#nextPort >= 60999 ? 32768 : this.#nextPort + 1;
    return this.#nextPort;
  }
}
