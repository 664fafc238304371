/**
 * The network as one process sees it: every socket, connection and listening port of a program passes
 * the kernel's boundary here.
 */
import type {
  ByteStream,
  Connection,
  Listener,
  NetworkStack,
  PeerAddress,
} from '../pod-network.ts';
import type { Boundary } from './boundary.ts';
import type { SocketRequest, Subject } from './lsm.ts';

/** Numbers of the first arguments of socket(2). */
const FAMILY = { inet: 2, inet6: 10, netlink: 16 } as const;
const TYPE = { stream: 1, dgram: 2, raw: 3 } as const;
const PROTOCOL = { route: 0, icmp: 1, tcp: 6, udp: 17 } as const;

const familyOf = (host: string): 'inet' | 'inet6' => (host.includes(':') ? 'inet6' : 'inet');

export class NetworkView {
  readonly #stack: NetworkStack;
  readonly #subject: Subject;
  readonly #boundary: Boundary;

  constructor(stack: NetworkStack, subject: Subject, boundary: Boundary) {
    this.#stack = stack;
    this.#subject = subject;
    this.#boundary = boundary;
  }

  #socket(request: SocketRequest): void {
    const { family, type, protocol } = request;
    this.#boundary.enter(this.#subject, 'socket', [FAMILY[family], TYPE[type], PROTOCOL[protocol]]);
    this.#boundary.socket(this.#subject, request);
  }

  async connect(host: string, port: number, signal: AbortSignal): Promise<ByteStream> {
    const socket = { family: familyOf(host), type: 'stream', protocol: 'tcp' } as const;
    this.#socket(socket);
    this.#boundary.enter(this.#subject, 'connect');
    this.#boundary.connect(this.#subject, { ...socket, host, port });
    return await this.#stack.connectFrom(host, port, signal);
  }

  /** EADDRINUSE when the port is taken, EACCES when the process may not have it. */
  listen(port: number, onConnection: (stream: Connection, peer: PeerAddress) => void): Listener {
    const socket = { family: 'inet', type: 'stream', protocol: 'tcp' } as const;
    this.#socket(socket);
    this.#boundary.enter(this.#subject, 'bind');
    this.#boundary.bind(this.#subject, { ...socket, host: '0.0.0.0', port });
    this.#boundary.enter(this.#subject, 'listen');
    return this.#stack.bind(port, onConnection);
  }

  /**
   * Whether an echo request is answered. Only the pod itself answers here: requests to others leave
   * through the tunnel's own stack.
   */
  echo(address: string): boolean {
    this.#boundary.enter(this.#subject, 'sendto');
    return this.#stack.isOwn(address);
  }

  /** Opens what `echo` sends on. */
  openEcho(address: string): void {
    const socket = { family: familyOf(address), type: 'raw', protocol: 'icmp' } as const;
    this.#socket(socket);
    this.#boundary.connect(this.#subject, { ...socket, host: address, port: 0 });
  }

  get addresses(): readonly string[] {
    this.#socket({ family: 'netlink', type: 'raw', protocol: 'route' });
    return this.#stack.addresses;
  }

  /** Ports that are listened on. */
  get ports(): readonly number[] {
    this.#socket({ family: 'netlink', type: 'raw', protocol: 'route' });
    return this.#stack.ports();
  }
}
