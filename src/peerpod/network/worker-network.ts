/**
 * The worker's end of every pod network: one VXLAN socket, a bridge, and the gateway address on it,
 * from which the node pings, probes and forwards to its pods. Source: cloud-api-adaptor v0.22.0
 * pkg/podnetwork/tunneler/vxlan/workernode.go; the
 * tc redirect between pod interface and tunnel is here a port of the bridge.
 */
import { runOnce, type Closable, type Clock, type Logger, type Random } from '#base';
import {
  formatIpv4,
  formatPrefix,
  IpHost,
  parseIpv4,
  parsePrefix,
  type PingOptions,
  type PingReply,
  type TcpListen,
  type TcpSocket,
} from '#ipnet';
import { Bridge, type BridgePort } from './bridge.ts';
import { NotrackRules } from './notrack.ts';
import {
  openVxlanSocket,
  type FateOfFrames,
  type VxlanRemote,
  type VxlanSocket,
} from './vxlan-socket.ts';

/** The pod end caps its MTU here: 1500 less 50 bytes of VXLAN. */
export const TUNNEL_MTU = 1450;

export interface WorkerNetworkOptions {
  /** Where the worker's VXLAN end binds. */
  readonly host: string;
  readonly port?: number;
  /** Gateway of the pod network, on the node's bridge. */
  readonly gateway?: string;
  readonly fate?: FateOfFrames;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface WorkerNetwork extends Closable {
  readonly host: string;
  readonly port: number;
  readonly gateway: string;
  /** With its prefix length. */
  readonly gatewayPrefix: string;
  /** The tunnel of one pod. Throws when the VNI is taken, as the kernel does. */
  addTunnel(vni: number, remote: VxlanRemote, podIp?: string): Closable;
  /** Another port of the bridge; returns how it puts frames on, and how it leaves. */
  attachPort(port: BridgePort): { input: (frame: Uint8Array) => void; detach: () => void };
  ping(podIp: string, options?: PingOptions): Promise<PingReply>;
  /** A stream to a port of a pod, good for http.request's createConnection. */
  connect(podIp: string, port: number): TcpSocket;
  /** What pods reach at the gateway address. */
  listen(listen: TcpListen): void;
  /** What a real node's `iptables-save -t raw` would list for the tunnels. */
  notrackRules(): readonly string[];
  /** Frames dropped and why, of the socket and the gateway together. */
  counters(): Readonly<Record<string, number>>;
}

const DEFAULT_POD_GATEWAY = '10.244.1.1/24';

/** As OVN and several CNIs derive it: 0a:58 and the address. */
export function macForIp(ip: string): string {
  const bytes = ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return `0a:58:${bytes.join(':')}`;
}

export async function openWorkerNetwork(options: WorkerNetworkOptions): Promise<WorkerNetwork> {
  return openWorkerNetworkOn(await openVxlanSocket(options), options);
}

/** The same over a socket that is already bound; it is closed with the network. */
export function openWorkerNetworkOn(
  socket: VxlanSocket,
  options: Omit<WorkerNetworkOptions, 'host' | 'port' | 'fate' | 'logger'>,
): WorkerNetwork {
  const address = parsePrefix(options.gateway ?? DEFAULT_POD_GATEWAY);
  const gateway = formatIpv4(address.address);
  const bridge = new Bridge(socket.counters);
  const notrack = new NotrackRules();
  const onBridge = bridge.attach({ deliver: (frame) => host.receive(frame) });
  const host = new IpHost({
    mac: macForIp(gateway),
    address,
    mtu: TUNNEL_MTU,
    transmit: onBridge.input,
    ...(options.clock && { clock: options.clock }),
    ...(options.random && { random: options.random }),
  });
  const close = runOnce(async () => {
    host.close();
    await socket.close();
  });
  return {
    host: socket.host,
    port: socket.port,
    gateway,
    gatewayPrefix: formatPrefix(address),
    addTunnel(vni, remote, podIp) {
      const link = socket.attach(vni, remote, (frame) => port.input(frame));
      const port = bridge.attach(
        { deliver: (frame) => link.send(frame) },
        podIp === undefined ? undefined : parseIpv4(podIp),
      );
      const removeRules = notrack.add({ vni, ...remote });
      const closeTunnel = runOnce(() => {
        link.close();
        port.detach();
        removeRules();
        return Promise.resolve();
      });
      return { close: closeTunnel, [Symbol.asyncDispose]: closeTunnel };
    },
    attachPort: (port) => bridge.attach(port),
    ping: (podIp, pingOptions) => host.ping(parseIpv4(podIp), pingOptions),
    connect: (podIp, port) => host.connect(parseIpv4(podIp), port),
    listen: (listen) => host.listen(listen),
    notrackRules: () => notrack.list(),
    counters: () => ({ ...socket.counters.snapshot(), ...host.counters.snapshot() }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
