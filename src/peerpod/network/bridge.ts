/**
 * The node's bridge (cni0): a learning switch between the gateway and the tunnels of all pods.
 * Bounded; a frame never goes back where it came from.
 */
import { readMac, isGroupMac, ETHERNET_HEADER_LENGTH } from '../net/ethernet.ts';
import type { Counters } from '../net/counters.ts';

export interface BridgePort {
  /** A frame from the bridge to the port. */
  deliver(frame: Uint8Array): void;
}

/** Linux bridges hold more; a node has its limit of pods. */
const MAX_ADDRESSES = 8192;

export class Bridge {
  readonly #ports = new Set<BridgePort>();
  readonly #byMac = new Map<string, BridgePort>();
  readonly #counters: Counters;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** Returns how the port puts frames on the bridge, and how it leaves. */
  attach(port: BridgePort): { input: (frame: Uint8Array) => void; detach: () => void } {
    this.#ports.add(port);
    return {
      input: (frame) => this.#input(frame, port),
      detach: () => {
        this.#ports.delete(port);
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
    const known = isGroupMac(destination) ? undefined : this.#byMac.get(destination);
    if (known === from) return;
    if (known) {
      known.deliver(frame);
      return;
    }
    for (const port of this.#ports) if (port !== from) port.deliver(frame);
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
