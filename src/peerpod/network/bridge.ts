/**
 * The node's bridge (cni0): a learning switch between the gateway and the tunnels of all pods.
 * Bounded; a frame never goes back where it came from.
 */
import {
  type Counters,
  decodeArp,
  ETHERNET_HEADER_LENGTH,
  ETHERTYPE,
  type Ipv4,
  isGroupMac,
  readMac,
} from '#ipnet';

export interface BridgePort {
  /** A frame from the bridge to the port. */
  deliver(frame: Uint8Array): void;
}

/** Linux bridges hold more; a node has its limit of pods. */
const MAX_ADDRESSES = 8192;

export class Bridge {
  readonly #ports = new Set<BridgePort>();
  readonly #byMac = new Map<string, BridgePort>();
  readonly #byIp = new Map<Ipv4, BridgePort>();
  readonly #counters: Counters;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /**
   * Returns how the port puts frames on the bridge, and how it leaves. With `ip`, ARP requests for
   * that address go to this port alone: with a thousand pods each request would else be a thousand
   * datagrams. Everything else that is broadcast reaches every port.
   */
  attach(port: BridgePort, ip?: Ipv4): { input: (frame: Uint8Array) => void; detach: () => void } {
    this.#ports.add(port);
    if (ip !== undefined) this.#byIp.set(ip, port);
    return {
      input: (frame) => this.#input(frame, port),
      detach: () => {
        this.#ports.delete(port);
        if (ip !== undefined && this.#byIp.get(ip) === port) this.#byIp.delete(ip);
        for (const [mac, owner] of this.#byMac) if (owner === port) this.#byMac.delete(mac);
      },
    };
  }

  #input(frame: Uint8Array, from: BridgePort): void {
    if (frame.length < ETHERNET_HEADER_LENGTH) {
      this.#counters.add('bridge-frame-short');
      return;
    }
    this.#learn(readMac(frame, 6), from);
    const destination = readMac(frame, 0);
    const known = isGroupMac(destination) ? this.#askedFor(frame) : this.#byMac.get(destination);
    if (known === from) return;
    if (known) {
      known.deliver(frame);
      return;
    }
    for (const port of this.#ports) if (port !== from) port.deliver(frame);
  }

  /** The port of the address that an ARP request asks for. */
  #askedFor(frame: Uint8Array): BridgePort | undefined {
    if (
      this.#byIp.size === 0 ||
      frame[12] !== ETHERTYPE.arp >> 8 ||
      frame[13] !== (ETHERTYPE.arp & 0xff)
    )
      return undefined;
    const arp = decodeArp(frame.subarray(ETHERNET_HEADER_LENGTH));
    return arp?.operation === 'request' ? this.#byIp.get(arp.targetIp) : undefined;
  }

  #learn(mac: string, port: BridgePort): void {
    if (isGroupMac(mac) || this.#byMac.get(mac) === port) return;
    if (this.#byMac.size >= MAX_ADDRESSES) {
      const [oldest] = this.#byMac.keys();
      if (oldest !== undefined) this.#byMac.delete(oldest);
    }
    this.#byMac.set(mac, port);
  }
}
