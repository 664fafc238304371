/**
 * Who has which MAC. Packets wait here until ARP answers, a few per address; three unanswered
 * requests a second apart and the address counts as unreachable, as on Linux.
 */
import type { Mac } from './ethernet.ts';
import type { Ipv4 } from './ipv4.ts';

interface NeighborEvents {
  request(ip: Ipv4): void;
  send(mac: Mac, packet: Uint8Array): void;
  unreachable(ip: Ipv4): void;
  readonly permanent: readonly { readonly ip: Ipv4; readonly mac: Mac }[];
}

interface Pending {
  readonly packets: Uint8Array[];
  requests: number;
  timer: NodeJS.Timeout;
}

/** A node of a thousand pods asks for all of them. */
const MAX_NEIGHBORS = 8192;
const MAX_PENDING_ADDRESSES = 4096;
const MAX_PENDING_PACKETS = 64;
const REQUESTS = 3;
const REQUEST_INTERVAL_MS = 1000;

export class NeighborTable {
  readonly #events: NeighborEvents;
  readonly #permanent: ReadonlyMap<Ipv4, Mac>;
  readonly #learned = new Map<Ipv4, Mac>();
  readonly #pending = new Map<Ipv4, Pending>();

  constructor(events: NeighborEvents) {
    this.#events = events;
    this.#permanent = new Map(events.permanent.map(({ ip, mac }) => [ip, mac]));
  }

  lookup(ip: Ipv4): Mac | undefined {
    return this.#permanent.get(ip) ?? this.#learned.get(ip);
  }

  /** `create` is false for gossip about others: it only refreshes what is known or asked for. */
  learn(ip: Ipv4, mac: Mac, create: boolean): void {
    if (this.#permanent.has(ip) || ip === 0) return;
    const pending = this.#pending.get(ip);
    if (!create && !pending && !this.#learned.has(ip)) return;
    this.#learned.delete(ip);
    this.#learned.set(ip, mac);
    if (this.#learned.size > MAX_NEIGHBORS) {
      const [oldest] = this.#learned.keys();
      if (oldest !== undefined) this.#learned.delete(oldest);
    }
    if (!pending) return;
    this.#forget(ip, pending);
    for (const packet of pending.packets) this.#events.send(mac, packet);
  }

  sendTo(ip: Ipv4, packet: Uint8Array): void {
    const mac = this.lookup(ip);
    if (mac !== undefined) {
      this.#events.send(mac, packet);
      return;
    }
    const pending = this.#pending.get(ip);
    if (pending) {
      // The newest matter most: an older packet will be retransmitted anyway.
      if (pending.packets.length >= MAX_PENDING_PACKETS) pending.packets.shift();
      pending.packets.push(packet);
    } else if (this.#pending.size < MAX_PENDING_ADDRESSES) this.#ask(ip, packet);
  }

  #ask(ip: Ipv4, packet: Uint8Array): void {
    const timer = setInterval(() => this.#again(ip), REQUEST_INTERVAL_MS);
    timer.unref();
    this.#pending.set(ip, { packets: [packet], requests: 1, timer });
    this.#events.request(ip);
  }

  #again(ip: Ipv4): void {
    const pending = this.#pending.get(ip);
    if (!pending) return;
    if (pending.requests++ < REQUESTS) {
      this.#events.request(ip);
      return;
    }
    this.#forget(ip, pending);
    this.#events.unreachable(ip);
  }

  #forget(ip: Ipv4, { timer }: Pending): void {
    clearInterval(timer);
    this.#pending.delete(ip);
  }

  close(): void {
    for (const [ip, pending] of this.#pending) this.#forget(ip, pending);
  }
}
