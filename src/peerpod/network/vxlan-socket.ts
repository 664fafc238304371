/**
 * One end of VXLAN: a UDP socket that many networks (VNIs) share. Frames of unknown VNIs and broken
 * headers are dropped and counted, senders are not checked, checksums are UDP's own: all as the
 * Linux kernel does it (peer-pods.md 3.6). Nothing here authenticates: whoever reaches the port can
 * inject frames, as in the real thing.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { runOnce, silentLogger, type Closable, type Logger } from '#base';
import { decodeVxlan, encodeVxlan, MAX_VNI } from '#wire';
import { peerpodErrors } from '../errors.ts';
import { Counters } from '../net/counters.ts';

/**
 * Source: OpenShift sandboxed containers, peer-pods-cm VXLAN_PORT. Upstream cloud-api-adaptor
 * defaults to IANA's 4789; peer-pod deployments move to 9000 to stay clear of the CNI's own VXLAN.
 */
export const DEFAULT_VXLAN_PORT = 9000;
/** Source: cloud-api-adaptor -vxlan-min-id. */
export const DEFAULT_VXLAN_MIN_ID = 555000;

export interface VxlanRemote {
  readonly host: string;
  readonly port: number;
}

export interface VxlanLink {
  readonly vni: number;
  send(frame: Uint8Array): void;
  close(): void;
}

/** What to do with a datagram: deliver, drop, or deliver that many milliseconds later. */
export type FrameFate = 'deliver' | 'drop' | number;

export interface VxlanSocketOptions {
  readonly host: string;
  readonly port?: number;
  readonly logger?: Logger;
  /** Faults on demand; asked for every frame. */
  readonly fate?: (direction: 'in' | 'out', vni: number) => FrameFate;
}

export interface VxlanSocket extends Closable {
  readonly host: string;
  readonly port: number;
  readonly counters: Counters;
  /** One network. All its frames, broadcasts too, go to the one remote: there is no learning. */
  attach(vni: number, remote: VxlanRemote, onFrame: (frame: Uint8Array) => void): VxlanLink;
}

/** Datagrams handed to the kernel and not yet gone. */
const MAX_SENDING = 4096;
/** The kernel doubles it and cuts it to net.core.rmem_max. */
const RECEIVE_BUFFER = 4 << 20;

export async function openVxlanSocket(options: VxlanSocketOptions): Promise<VxlanSocket> {
  const { host, port = DEFAULT_VXLAN_PORT } = options;
  const socket = createSocket({
    type: 'udp4',
    // The remotes are addresses: nothing to look up, and no detour per datagram.
    lookup: (name, _options, callback) => callback(null, name, 4),
  });
  try {
    // With the short-cut lookup above, binding is done before `bind` returns.
    const listening = once(socket, 'listening');
    socket.bind({ address: host, port, exclusive: true });
    await listening;
  } catch (error) {
    socket.close();
    throw peerpodErrors.cannotBindVxlan(`${host}:${port}`, error);
  }
  setReceiveBuffer(socket);
  return new BoundVxlanSocket(socket, options);
}

function setReceiveBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER);
  } catch {
    // Some platforms refuse more than their limit; the default then has to do.
  }
}

class BoundVxlanSocket implements VxlanSocket {
  readonly host: string;
  readonly port: number;
  readonly counters = new Counters();
  readonly close: () => Promise<void>;
  readonly #socket: Socket;
  readonly #receivers = new Map<number, (frame: Uint8Array) => void>();
  readonly #fate: VxlanSocketOptions['fate'];
  readonly #delayed = new Set<NodeJS.Timeout>();
  #sending = 0;
  #closed = false;

  constructor(socket: Socket, { host, logger = silentLogger, fate }: VxlanSocketOptions) {
    this.#socket = socket;
    this.#fate = fate;
    this.host = host;
    this.port = socket.address().port;
    socket.on('message', (packet: Buffer, _from: RemoteInfo) => this.#receive(packet));
    socket.on('error', (error) => logger.warn({ err: error }, 'VXLAN socket failed'));
    this.close = runOnce(async () => {
      this.#closed = true;
      for (const timer of this.#delayed) clearTimeout(timer);
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  attach(vni: number, remote: VxlanRemote, onFrame: (frame: Uint8Array) => void): VxlanLink {
    if (!Number.isInteger(vni) || vni < 0 || vni > MAX_VNI) throw peerpodErrors.badVni(vni);
    if (this.#receivers.has(vni)) throw peerpodErrors.vniInUse(vni);
    this.#receivers.set(vni, onFrame);
    return {
      vni,
      send: (frame) => {
        this.#afterFate('out', vni, () => this.#send(encodeVxlan(vni, frame), remote));
      },
      close: () => {
        if (this.#receivers.get(vni) === onFrame) this.#receivers.delete(vni);
      },
    };
  }

  #receive(packet: Buffer): void {
    const decoded = decodeVxlan(packet);
    if (decoded.kind === 'drop') {
      this.counters.add(`vxlan-${decoded.reason}`);
      return;
    }
    const { vni, frame } = decoded;
    if (!this.#receivers.has(vni)) {
      this.counters.add('vxlan-unknown-vni');
      return;
    }
    this.counters.add('frames-received');
    this.#afterFate('in', vni, () => this.#receivers.get(vni)?.(frame));
  }

  #send(packet: Uint8Array, remote: VxlanRemote): void {
    if (this.#closed) return;
    if (this.#sending >= MAX_SENDING) {
      this.counters.add('send-queue-full');
      return;
    }
    this.#sending++;
    this.counters.add('frames-sent');
    this.#socket.send(packet, remote.port, remote.host, (error) => {
      this.#sending--;
      // A remote that is gone is no error of UDP.
      if (error) this.counters.add('send-failed');
    });
  }

  #afterFate(direction: 'in' | 'out', vni: number, action: () => void): void {
    const fate = this.#fate?.(direction, vni) ?? 'deliver';
    if (fate === 'deliver') {
      action();
      return;
    }
    if (fate === 'drop') {
      this.counters.add(`fault-dropped-${direction}`);
      return;
    }
    const timer = setTimeout(() => {
      this.#delayed.delete(timer);
      if (!this.#closed) action();
    }, fate);
    this.#delayed.add(timer);
  }
}
