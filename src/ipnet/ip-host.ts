/**
 * A host on an Ethernet: ARP, ICMP echo and TCP behind one address. Frames in, frames out; it does
 * not know what carries them. All tables are bounded, all damage is counted and dropped.
 */
import { systemClock, systemRandom, type Clock, type Random } from '#base';
import { ipnetErrors } from './errors.ts';
import { decodeArp, encodeArp, ZERO_MAC, type ArpPacket } from './arp.ts';
import { Counters } from './counters.ts';
import {
  BROADCAST_MAC,
  decodeEthernet,
  encodeEthernet,
  ETHERTYPE,
  isGroupMac,
  type Mac,
} from './ethernet.ts';
import { cutIpv4, FragmentTable, type Ipv4Fragment } from './fragments.ts';
import { decodeIcmp, encodeIcmp, ICMP, PORT_UNREACHABLE } from './icmp.ts';
import {
  contains,
  decodeIpv4,
  encodeIpv4,
  encodeIpv4Fragment,
  formatIpv4,
  IPV4_HEADER_LENGTH,
  networkOf,
  PROTOCOL,
  type Ipv4,
  type Ipv4Packet,
  type Prefix,
} from './ipv4.ts';
import { NeighborTable } from './neighbors.ts';
import { TcpStack, type TcpListen } from './tcp-stack.ts';
import type { TcpSocket } from './tcp-socket.ts';

export interface HostRoute {
  readonly destination: Prefix;
  /** Without one the destination is on the link. */
  readonly gateway?: Ipv4 | undefined;
}

export interface IpHostOptions {
  readonly mac: Mac;
  readonly address: Prefix;
  /** Besides the address's own network, unless `onLink` is false. */
  readonly routes?: readonly HostRoute[];
  /** The pod end deletes the kernel's connected route and lives by the configured ones. */
  readonly onLink?: boolean;
  readonly mtu: number;
  readonly neighbors?: readonly { readonly ip: Ipv4; readonly mac: Mac }[];
  /** Puts a frame on the wire. */
  readonly transmit: (frame: Uint8Array) => void;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface PingOptions {
  readonly timeoutMs?: number;
  /** Data bytes; 56 as ping sends. */
  readonly size?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface PingReply {
  readonly from: string;
  readonly bytes: number;
  readonly sequence: number;
  readonly ms: number;
}

interface PendingPing {
  readonly from: Ipv4;
  resolve(bytes: number): void;
  reject(error: Error): void;
}

const UDP_HEADER = 8;
const MAX_PINGS = 1024;
/** A datagram of 65535 bytes less the headers of IP and ICMP. */
const LARGEST_PING = 65507;
const DEFAULT_PING_MS = 5000;

export class IpHost {
  readonly counters = new Counters();
  readonly address: Ipv4;
  readonly #options: IpHostOptions;
  readonly #routes: readonly HostRoute[];
  readonly #neighbors: NeighborTable;
  readonly #tcp: TcpStack;
  readonly #pings = new Map<number, PendingPing>();
  readonly #clock: Clock;
  readonly #pingId: number;
  readonly #fragments = new FragmentTable(() => Number(this.#clock.monotonicNs()) / 1e6);
  /** Of the last datagram that was cut. */
  #identification = 0;
  #pingSequence = 0;
  #closed = false;

  constructor(options: IpHostOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const random = options.random ?? systemRandom;
    this.address = options.address.address;
    const connected: HostRoute[] =
      options.onLink === false ? [] : [{ destination: networkOf(options.address) }];
    this.#routes = [...connected, ...(options.routes ?? [])].sort(
      (a, b) => b.destination.length - a.destination.length,
    );
    this.#neighbors = new NeighborTable({
      request: (ip) => this.#sendArp('request', BROADCAST_MAC, ZERO_MAC, ip),
      send: (mac, payload) => this.#transmit(mac, ETHERTYPE.ipv4, payload),
      unreachable: (ip) => this.#unreachable(ip),
      permanent: options.neighbors ?? [],
    });
    this.#tcp = new TcpStack({
      mss: options.mtu - 40,
      random,
      now: () => Number(this.#clock.monotonicNs()) / 1e6,
      send: (destination, payload) => this.#sendIp(destination, PROTOCOL.tcp, payload),
      local: this.address,
      counters: this.counters,
    });
    this.#pingId = ((random.bytes(1)[0] ?? 0) << 8) | 1;
  }

  /** Gives the host a frame from the wire. */
  receive(frame: Uint8Array): void {
    if (this.#closed) return;
    const ethernet = decodeEthernet(frame);
    if (!ethernet) {
      this.counters.add('frame-short');
      return;
    }
    const { destination, type, payload } = ethernet;
    if (destination !== this.#options.mac && !isGroupMac(destination)) {
      this.counters.add('frame-not-for-us');
      return;
    }
    if (type === ETHERTYPE.arp) this.#onArp(decodeArp(payload));
    else if (type === ETHERTYPE.ipv4) this.#onIp(payload);
    // A kernel peer sends MLD and neighbour discovery unprompted.
    else this.counters.add(type === ETHERTYPE.ipv6 ? 'ipv6-ignored' : 'ethertype-unknown');
  }

  #onArp(arp: ArpPacket | undefined): void {
    if (!arp) {
      this.counters.add('arp-bad');
      return;
    }
    this.counters.add('arp-received');
    const forUs = arp.targetIp === this.address;
    // RFC 826: what is known is updated, what is new is learned only when we are the target.
    this.#neighbors.learn(arp.senderIp, arp.senderMac, forUs);
    if (forUs && arp.operation === 'request') {
      this.#sendArp('reply', arp.senderMac, arp.senderMac, arp.senderIp);
    }
  }

  #sendArp(operation: ArpPacket['operation'], to: Mac, targetMac: Mac, targetIp: Ipv4): void {
    const { mac } = this.#options;
    const packet = { operation, senderMac: mac, senderIp: this.address, targetMac, targetIp };
    this.#transmit(to, ETHERTYPE.arp, encodeArp(packet));
  }

  #transmit(destination: Mac, type: number, payload: Uint8Array): void {
    if (this.#closed) return;
    this.#options.transmit(
      encodeEthernet({ destination, source: this.#options.mac, type, payload }),
    );
  }

  #onIp(bytes: Uint8Array): void {
    const packet = decodeIpv4(bytes);
    if (packet.kind === 'drop') this.counters.add(packet.reason);
    else if (packet.destination !== this.address) this.counters.add('ip-not-for-us');
    else if (packet.kind === 'fragment') this.#onFragment(packet);
    else this.#onPacket(packet, bytes);
  }

  #onFragment(fragment: Ipv4Fragment): void {
    const answer = this.#fragments.add(fragment);
    if (answer.kind === 'packet') this.#onPacket(answer.packet, encodeIpv4(answer.packet));
    else if (answer.kind === 'drop') this.counters.add(answer.reason);
  }

  #onPacket(packet: Ipv4Packet, bytes: Uint8Array): void {
    if (packet.protocol === PROTOCOL.icmp) this.#onIcmp(packet);
    else if (packet.protocol === PROTOCOL.tcp) this.#tcp.receive(packet);
    else if (packet.protocol === PROTOCOL.udp) this.#refuseUdp(bytes, packet);
    else this.counters.add('ip-protocol-unknown');
  }

  #onIcmp({ source, payload }: Ipv4Packet): void {
    const message = decodeIcmp(payload);
    if (!message) {
      this.counters.add('icmp-bad');
      return;
    }
    if (message.type === ICMP.echoRequest) {
      this.counters.add('icmp-echo');
      this.#sendIp(source, PROTOCOL.icmp, encodeIcmp({ ...message, type: ICMP.echoReply }));
    } else if (message.type === ICMP.echoReply) {
      const pending = this.#pings.get(message.rest);
      if (pending?.from === source) pending.resolve(message.data.length);
    } else this.counters.add('icmp-other');
  }

  /** Nothing listens on UDP here: say so with the start of the packet, as a kernel does. */
  #refuseUdp(bytes: Uint8Array, { source }: Ipv4Packet): void {
    this.counters.add('udp-refused');
    const data = bytes.subarray(0, IPV4_HEADER_LENGTH + UDP_HEADER);
    const refusal = { type: ICMP.unreachable, code: PORT_UNREACHABLE, rest: 0, data };
    this.#sendIp(source, PROTOCOL.icmp, encodeIcmp(refusal));
  }

  #sendIp(destination: Ipv4, protocol: number, payload: Uint8Array): void {
    const route = this.#routes.find((row) => contains(row.destination, destination));
    if (!route) {
      this.counters.add('no-route');
      this.#unreachable(destination);
      return;
    }
    const nextHop = route.gateway ?? destination;
    const packet = { source: this.address, destination, protocol, payload };
    if (payload.length <= this.#options.mtu - IPV4_HEADER_LENGTH) {
      this.#neighbors.sendTo(nextHop, encodeIpv4(packet));
      return;
    }
    this.#identification = (this.#identification + 1) & 0xffff;
    for (const fragment of cutIpv4(packet, this.#options.mtu, this.#identification)) {
      this.#neighbors.sendTo(nextHop, encodeIpv4Fragment(fragment));
    }
  }

  /** No ARP answer, or no route: whoever waits for that address hears it now. */
  #unreachable(ip: Ipv4): void {
    this.counters.add('host-unreachable');
    const viaIp = (target: Ipv4): boolean => {
      const route = this.#routes.find((row) => contains(row.destination, target));
      return target === ip || route?.gateway === ip;
    };
    for (const ping of this.#pings.values()) {
      if (viaIp(ping.from)) ping.reject(ipnetErrors.hostUnreachable(formatIpv4(ping.from)));
    }
    this.#tcp.unreachable(viaIp);
  }

  async ping(to: Ipv4, options: PingOptions = {}): Promise<PingReply> {
    const { timeoutMs = DEFAULT_PING_MS, size = 56, signal } = options;
    if (size < 0 || size > LARGEST_PING) throw ipnetErrors.pingTooLarge(size, LARGEST_PING);
    if (this.#pings.size >= MAX_PINGS) throw ipnetErrors.tooManyPings(MAX_PINGS);
    signal?.throwIfAborted();
    const sequence = (this.#pingSequence = (this.#pingSequence + 1) & 0xffff);
    const key = ((this.#pingId << 16) | sequence) >>> 0;
    const started = this.#clock.monotonicNs();
    const bytes = await new Promise<number>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#pings.delete(key);
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      const onAbort = (): void => fail(signal?.reason as Error);
      const timer = setTimeout(
        () => fail(ipnetErrors.pingTimeout(formatIpv4(to), timeoutMs)),
        timeoutMs,
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pings.set(key, {
        from: to,
        resolve: (length) => {
          settle();
          resolve(length);
        },
        reject: fail,
      });
      const data = Uint8Array.from({ length: size }, (_, i) => i & 0xff);
      this.#sendIp(
        to,
        PROTOCOL.icmp,
        encodeIcmp({ type: ICMP.echoRequest, code: 0, rest: key, data }),
      );
    });
    const ms = Number(this.#clock.monotonicNs() - started) / 1e6;
    return { from: formatIpv4(to), bytes: bytes + 8, sequence, ms };
  }

  /** The stream exists at once; it emits 'connect', or fails with the reason. */
  connect(to: Ipv4, port: number): TcpSocket {
    return this.#tcp.connect(to, port);
  }

  /** Decides about every connection that comes in; there is one for all ports. */
  listen(listen: TcpListen): void {
    this.#tcp.listen(listen);
  }

  get connections(): number {
    return this.#tcp.connections;
  }

  close(): void {
    if (this.#closed) return;
    this.#tcp.close();
    this.#neighbors.close();
    for (const ping of this.#pings.values()) ping.reject(ipnetErrors.networkClosed());
    this.#closed = true;
  }
}
