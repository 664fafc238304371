/**
 * One end of VXLAN: a UDP socket that many networks (VNIs) share. Frames of unknown VNIs and broken
 * headers are dropped and counted, senders are not checked, checksums are UDP's own: all as the
 * Linux kernel does it (drivers/net/vxlan/vxlan_core.c; measured with Linux 6.18). Nothing here
 * authenticates: whoever reaches the port can inject frames, as in the real thing.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { runOnce, silentLogger, type Closable, type Logger } from '#base';
import { decodeVxlan, encodeVxlan, MAX_VNI } from '#wire';
import { peerpodErrors } from '../errors.ts';
import { Counters } from '#ipnet';

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

interface VxlanLink {
  readonly vni: number;
  send(frame: Uint8Array): void;
  close(): void;
}

/** What to do with a datagram: deliver, drop, or deliver that many milliseconds later. */
export type FrameFate = 'deliver' | 'drop' | number;
/** Asked for every frame, with its length. */
export type FateOfFrames = (direction: 'in' | 'out', vni: number, bytes: number) => FrameFate;

interface VxlanSocketOptions {
  readonly host: string;
  readonly port?: number;
  readonly logger?: Logger;
  /** Faults on demand. */
  readonly fate?: FateOfFrames;
}

export interface VxlanSocket extends Closable {
  readonly host: string;
  readonly port: number;
  readonly counters: Counters;
  /** One network. All its frames, broadcasts too, go to the one remote: there is no learning. */
  attach(vni: number, remote: VxlanRemote, onFrame: (frame: Uint8Array) => void): VxlanLink;
  /**
   * Faults on demand: closes the port, so that the machine answers "port unreachable", or opens it.
   */
  setListening(on: boolean): Promise<void>;
}

/** Datagrams handed to the kernel and not yet gone. */
const MAX_SENDING = 4096;
/**
 * Datagrams held back by a delay on demand; netem holds 1,000, which a fast link overruns in
 * moments.
 */
const MAX_DELAYED = 16_384;
/** The kernel doubles it and cuts it to net.core.rmem_max. */
const RECEIVE_BUFFER = 4 << 20;

export async function openVxlanSocket(options: VxlanSocketOptions): Promise<VxlanSocket> {
  const { host, port = DEFAULT_VXLAN_PORT } = options;
  return new BoundVxlanSocket(await bind(host, port), options);
}

async function bind(host: string, port: number): Promise<Socket> {
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
  return socket;
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
  /** Undefined while the port is closed on demand. */
  #socket: Socket | undefined;
  readonly #receivers = new Map<number, (frame: Uint8Array) => void>();
  readonly #fate: VxlanSocketOptions['fate'];
  readonly #delayed = new Set<NodeJS.Timeout>();
  readonly #log: Logger;
  #sending = 0;
  #closed = false;

  constructor(socket: Socket, { host, logger = silentLogger, fate }: VxlanSocketOptions) {
    this.#fate = fate;
    this.#log = logger;
    this.host = host;
    this.port = socket.address().port;
    this.#serve(socket);
    this.close = runOnce(async () => {
      this.#closed = true;
      for (const timer of this.#delayed) clearTimeout(timer);
      await this.#shut();
    });
  }

  #serve(socket: Socket): void {
    this.#socket = socket;
    socket.on('message', (packet: Buffer, _from: RemoteInfo) => this.#receive(packet));
    socket.on('error', (error) => this.#log.warn({ err: error }, 'VXLAN socket failed'));
  }

  async #shut(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  }

  async setListening(on: boolean): Promise<void> {
    if (!on) await this.#shut();
    else if (this.#socket === undefined && !this.#closed) {
      const socket = await bind(this.host, this.port);
      // Closed while it was opening.
      if (this.#isClosed()) socket.close();
      else this.#serve(socket);
    }
  }

  /** A function, because `close` runs while we wait and TypeScript would not believe it. */
  #isClosed(): boolean {
    return this.#closed;
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
        const packet = encodeVxlan(vni, frame);
        this.#afterFate('out', vni, frame.length, () => this.#send(packet, remote));
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
    this.#afterFate('in', vni, frame.length, () => this.#receivers.get(vni)?.(frame));
  }

  #send(packet: Uint8Array, remote: VxlanRemote): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    if (this.#sending >= MAX_SENDING) {
      this.counters.add('send-queue-full');
      return;
    }
    this.#sending++;
    this.counters.add('frames-sent');
    socket.send(packet, remote.port, remote.host, (error) => {
      this.#sending--;
      // A remote that is gone is no error of UDP.
      if (error) this.counters.add('send-failed');
    });
  }

  #afterFate(direction: 'in' | 'out', vni: number, bytes: number, action: () => void): void {
    const fate = this.#fate?.(direction, vni, bytes) ?? 'deliver';
    if (fate === 'deliver') {
      action();
      return;
    }
    if (fate === 'drop') {
      this.counters.add(`fault-dropped-${direction}`);
      return;
    }
    if (this.#delayed.size >= MAX_DELAYED) {
      this.counters.add('fault-queue-full');
      return;
    }
    const timer = setTimeout(() => {
      this.#delayed.delete(timer);
      if (!this.#closed) action();
    }, fate);
    this.#delayed.add(timer);
  }
}
