/**
 * The TCP connections of one address: finds the connection of a segment, makes new ones, refuses
 * the rest with RST. Bounded in connections and in half-open ones.
 */
import type { Random } from '#base';
import { ipnetErrors } from './errors.ts';
import type { Counters } from './counters.ts';
import type { Ipv4, Ipv4Packet } from './ipv4.ts';
import { add } from './sequence.ts';
import { TcpConnection, type TcpEvents } from './tcp-connection.ts';
import { decodeTcp, encodeTcp, FLAG, type TcpSegment } from './tcp-segment.ts';
import { TcpSocket } from './tcp-socket.ts';

export interface TcpListen {
  /** Whether something listens on the port; asked for every SYN. */
  isOpen(port: number): boolean;
  /** An established connection. Takes the socket over, its errors included. */
  onConnection(socket: TcpSocket): void;
}

interface TcpStackOptions {
  readonly local: Ipv4;
  readonly mss: number;
  readonly random: Random;
  readonly now: () => number;
  readonly send: (destination: Ipv4, bytes: Uint8Array) => void;
  readonly counters: Counters;
}

interface Entry {
  readonly key: string;
  readonly remote: Ipv4;
  readonly connection: TcpConnection;
  readonly socket: TcpSocket;
}

const MAX_CONNECTIONS = 4096;
const MAX_HALF_OPEN = 256;
/** Linux ip_local_port_range. */
const FIRST_PORT = 32768;
const LAST_PORT = 60999;

export class TcpStack {
  readonly #options: TcpStackOptions;
  readonly #entries = new Map<string, Entry>();
  #listen: TcpListen | undefined;
  #nextPort: number;
  #halfOpen = 0;

  constructor(options: TcpStackOptions) {
    this.#options = options;
    const [a = 0, b = 0] = options.random.bytes(2);
    this.#nextPort = FIRST_PORT + (((a << 8) | b) % (LAST_PORT - FIRST_PORT + 1));
  }

  get connections(): number {
    return this.#entries.size;
  }

  listen(listen: TcpListen): void {
    this.#listen = listen;
  }

  connect(remote: Ipv4, remotePort: number): TcpSocket {
    const localPort = this.#freePort(remote, remotePort);
    const socket = new TcpSocket({ localPort, remoteAddress: remote, remotePort });
    const open = (events: TcpEvents): TcpConnection =>
      TcpConnection.connect(events, this.#connectionOptions());
    this.#open(socket, remote, open, () => undefined);
    return socket;
  }

  receive({ source, destination, payload }: Ipv4Packet): void {
    const segment = decodeTcp(payload, { source, destination });
    if (!segment) {
      this.#options.counters.add('tcp-bad');
      return;
    }
    const entry = this.#entries.get(keyOf(source, segment.sourcePort, segment.destinationPort));
    if (entry) entry.connection.receive(segment);
    else if ((segment.flags & FLAG.rst) === 0) this.#unexpected(source, segment);
  }

  #unexpected(source: Ipv4, segment: TcpSegment): void {
    const isSyn = (segment.flags & (FLAG.syn | FLAG.ack)) === FLAG.syn;
    if (!isSyn || this.#listen?.isOpen(segment.destinationPort) !== true) {
      this.#options.counters.add('tcp-refused');
      this.#reset(source, segment);
      return;
    }
    if (this.#halfOpen >= MAX_HALF_OPEN || this.#entries.size >= MAX_CONNECTIONS) {
      // No answer: the client tries again, as with a full backlog.
      this.#options.counters.add('tcp-backlog-full');
      return;
    }
    this.#accept(source, segment, this.#listen);
  }

  #accept(remote: Ipv4, syn: TcpSegment, listen: TcpListen): void {
    const socket = new TcpSocket({
      localPort: syn.destinationPort,
      remoteAddress: remote,
      remotePort: syn.sourcePort,
    });
    // Until the handshake is through nobody owns the socket; its failure is no news.
    const ignore = (): void => undefined;
    socket.on('error', ignore);
    this.#halfOpen++;
    let counted = true;
    const settled = (): void => {
      if (counted) this.#halfOpen--;
      counted = false;
    };
    socket.once('connect', () => {
      settled();
      listen.onConnection(socket);
      socket.off('error', ignore);
    });
    const open = (events: TcpEvents): TcpConnection =>
      TcpConnection.accept(syn, events, this.#connectionOptions());
    this.#open(socket, remote, open, settled);
  }

  #connectionOptions(): { iss: number; mss: number; now: () => number } {
    const { mss, now, random } = this.#options;
    return { iss: Buffer.from(random.bytes(4)).readUInt32BE(0), mss, now };
  }

  #open(
    socket: TcpSocket,
    remote: Ipv4,
    open: (events: TcpEvents) => TcpConnection,
    onClosed: () => void,
  ): void {
    const { localPort, remotePort } = socket;
    const key = keyOf(remote, remotePort, localPort);
    const addresses = { source: this.#options.local, destination: remote };
    const connection = open({
      ...socket.events,
      transmit: (segment) => {
        const segmentWithPorts = { ...segment, sourcePort: localPort, destinationPort: remotePort };
        this.#options.send(remote, encodeTcp(segmentWithPorts, addresses));
      },
      closed: (failure) => {
        this.#entries.delete(key);
        onClosed();
        socket.finish(failure);
      },
    });
    socket.attach(connection);
    // A connection can fail while it opens: no route.
    if (connection.state === 'closed') return;
    this.#entries.set(key, { key, remote, connection, socket });
  }

  /** RFC 9293 section 3.10.7.1: what to say to a segment that belongs to nothing. */
  #reset(remote: Ipv4, segment: TcpSegment): void {
    const hasAck = (segment.flags & FLAG.ack) !== 0;
    const length = segment.data.length + ((segment.flags & (FLAG.syn | FLAG.fin)) !== 0 ? 1 : 0);
    const reset: TcpSegment = {
      sourcePort: segment.destinationPort,
      destinationPort: segment.sourcePort,
      sequence: hasAck ? segment.acknowledgment : 0,
      acknowledgment: hasAck ? 0 : add(segment.sequence, length),
      flags: hasAck ? FLAG.rst : FLAG.rst | FLAG.ack,
      window: 0,
      data: new Uint8Array(),
    };
    const addresses = { source: this.#options.local, destination: remote };
    this.#options.send(remote, encodeTcp(reset, addresses));
  }

  #freePort(remote: Ipv4, remotePort: number): number {
    if (this.#entries.size >= MAX_CONNECTIONS)
      throw ipnetErrors.tooManyConnections(MAX_CONNECTIONS);
    for (let tried = FIRST_PORT; tried <= LAST_PORT; tried++) {
      const port = this.#nextPort;
      this.#nextPort = port === LAST_PORT ? FIRST_PORT : port + 1;
      if (!this.#entries.has(keyOf(remote, remotePort, port))) return port;
    }
    throw ipnetErrors.tooManyConnections(MAX_CONNECTIONS);
  }

  /** Connections that are still opening towards a host nobody answers for. */
  unreachable(isThere: (remote: Ipv4) => boolean): void {
    for (const { connection, remote } of [...this.#entries.values()]) {
      if (connection.state === 'syn-sent' && isThere(remote)) connection.abort('EHOSTUNREACH');
    }
  }

  close(): void {
    for (const { connection } of [...this.#entries.values()]) connection.abort('ECONNRESET');
  }
}

const keyOf = (remote: Ipv4, remotePort: number, localPort: number): string =>
  `${remote}:${remotePort}:${localPort}`;
