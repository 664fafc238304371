/**
 * The pod VM's end: eth0 of the pod with the address, MAC, routes and neighbours of apf.json, and
 * the pod's listeners behind it. Source: cloud-api-adaptor v0.22.0
 * pkg/podnetwork/tunneler/vxlan/podnode.go.
 */
import { once } from 'node:events';
import { runOnce, silentLogger, type Closable, type Clock, type Logger, type Random } from '#base';
import { peerpodErrors } from '../errors.ts';
import type { PodNetworkConfig } from '../forwarder/apf-config.ts';
import {
  formatIpv4,
  type HostRoute,
  IpHost,
  ipnetErrors,
  parseIpv4,
  parseMac,
  parsePrefix,
  type TcpSocket,
} from '#ipnet';
import { byteStreamOf, join, type PodByteStream } from './byte-stream.ts';
import { NotrackRules } from './notrack.ts';
import { DEFAULT_VXLAN_PORT, type VxlanSocket } from './vxlan-socket.ts';
import { TUNNEL_MTU } from './worker-network.ts';

/** The ports of the pod; the guest's own contract, taken structurally. */
export interface PodPorts {
  ports(): readonly number[];
  connect(port: number, peer: { address: string; port: number }): PodByteStream | undefined;
  setAddresses?(addresses: readonly string[]): void;
  setDialer?(dialer: PodDialer | undefined): void;
}

export type PodDialer = (host: string, port: number, signal: AbortSignal) => Promise<PodByteStream>;

interface PodNetworkOptions {
  readonly config: PodNetworkConfig;
  /** Where the worker's end really is, when it is not `worker-node-ip` and `vxlan-port`. */
  readonly remote?: { readonly host: string; readonly port: number };
  readonly ports: PodPorts;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface PodNetworkEnd extends Closable {
  readonly podIp: string;
  readonly vni: number;
  readonly connections: number;
  /** What the VM's `iptables-save -t raw` would list. */
  notrackRules(): readonly string[];
  counters(): Readonly<Record<string, number>>;
}

const ROUTE_PROTOCOLS = ['', 'static', 'boot', 'dhcp', 'kernel'];
const NEIGHBOR_STATES = ['permanent'];

/** Throws with the forwarder's texts; it wraps them as `failed to set up pod network: ...`. */
export function openPodNetwork(socket: VxlanSocket, options: PodNetworkOptions): PodNetworkEnd {
  const { config, ports, logger = silentLogger } = options;
  assertComplete(config);
  const pod = parsePrefix(config.podip);
  const vni = config['vxlan-id'] ?? 0;
  const remote = options.remote ?? {
    host: formatIpv4(parsePrefix(config['worker-node-ip']).address),
    port: config['vxlan-port'] ?? DEFAULT_VXLAN_PORT,
  };
  const settings = {
    mac: parseMac(config['pod-hw-addr']),
    routes: routesOf(config),
    neighbors: neighborsOf(config),
  };
  const link = socket.attach(vni, remote, (frame) => host.receive(frame));
  const host: IpHost = new IpHost({
    ...settings,
    address: pod,
    // The connected route goes away unless the prefix is a single address; `routes` decides.
    onLink: pod.length === 32,
    mtu: Math.min(config.mtu, TUNNEL_MTU),
    transmit: (frame) => link.send(frame),
    ...(options.clock && { clock: options.clock }),
    ...(options.random && { random: options.random }),
  });
  host.listen({
    isOpen: (port) => ports.ports().includes(port),
    onConnection: (connection) => accept(connection, ports, logger),
  });
  const podIp = formatIpv4(pod.address);
  const notrack = new NotrackRules();
  const removeRules = notrack.add({ vni, ...remote });
  ports.setAddresses?.([podIp]);
  ports.setDialer?.((name, port, signal) => dialOut(host, name, port, signal));
  const close = runOnce(() => {
    ports.setDialer?.(undefined);
    host.close();
    link.close();
    removeRules();
    return Promise.resolve();
  });
  return {
    podIp,
    vni,
    get connections() {
      return host.connections;
    },
    notrackRules: () => notrack.list(),
    counters: () => host.counters.snapshot(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function assertComplete(config: PodNetworkConfig): void {
  if (config.interface === '')
    throw peerpodErrors.podNetworkConfig('InterfaceName is not specified');
  const required = [
    ['worker-node-ip', 'WorkerNodeIP'],
    ['podip', 'PodIP'],
  ] as const;
  for (const [key, name] of required) {
    if (config[key] === '') throw peerpodErrors.podNetworkConfig(`${name} is not specified: ""`);
  }
  const type = config['tunnel-type'];
  if (type !== 'vxlan') {
    throw peerpodErrors.podNetworkConfig(`failed to get tunneler: unknown tunnel type: "${type}"`);
  }
}

function routesOf({ routes }: PodNetworkConfig): HostRoute[] {
  return (routes ?? []).map(({ dst, gw, protocol = '' }) => {
    if (!ROUTE_PROTOCOLS.includes(protocol)) {
      throw peerpodErrors.podNetworkConfig(`unknown route protocol: ${protocol}`);
    }
    return { destination: parsePrefix(dst), ...(gw !== '' && { gateway: parseIpv4(gw) }) };
  });
}

function neighborsOf({ neighbors }: PodNetworkConfig): { ip: number; mac: string }[] {
  return (neighbors ?? []).map(({ ip, state, 'hw-addr': mac }) => {
    if (!NEIGHBOR_STATES.includes(state)) {
      throw peerpodErrors.podNetworkConfig(`unknown neighbor state: ${state}`);
    }
    return { ip: parseIpv4(ip), mac: parseMac(mac) };
  });
}

function accept(socket: TcpSocket, ports: PodPorts, logger: Logger): void {
  const peer = { address: socket.remoteAddress, port: socket.remotePort };
  const stream = ports.connect(socket.localPort, peer);
  if (!stream) {
    // The listener went away between SYN and ACK.
    socket.on('error', () => undefined);
    socket.destroy(ipnetErrors.connection('ECONNREFUSED', peer.address, peer.port));
    return;
  }
  join(socket, stream).catch((error: unknown) => {
    logger.warn({ err: error, port: socket.localPort }, 'a pod connection failed');
  });
}

async function dialOut(
  host: IpHost,
  name: string,
  port: number,
  signal: AbortSignal,
): Promise<PodByteStream> {
  const socket = host.connect(parseIpv4(name), port);
  const onAbort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await once(socket, 'connect');
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  return byteStreamOf(socket);
}
