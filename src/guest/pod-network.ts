/**
 * The pod's ports as seen from inside and outside: processes listen and connect here, and the
 * far end of the pod network (VXLAN tunnel, console, tests) opens connections to them. A
 * connection is a pair of byte streams with bounded buffers; nothing here knows IP.
 */

/** One end of a connection. */
export interface ByteStream {
  /** Up to `max` bytes as soon as there are any; empty at the end of the peer's data. */
  read(max: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** Waits while the peer's buffer is full; fails with EPIPE once the peer closed. */
  write(data: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** No more data from this end (FIN). */
  end(): void;
  /** Drops both directions (RST when data is pending). */
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
export type Dialer = (host: string, port: number, signal: AbortSignal) => Promise<ByteStream>;

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
  /** The way out for addresses that are not the pod's own. Without one, connecting times out. */
  setDialer(dialer: Dialer | undefined): void;
}
