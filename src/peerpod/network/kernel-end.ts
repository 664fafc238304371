/**
 * The worker's end of the pod network in the real kernel: in a namespace of its own a bridge, and
 * on it one `vxlan` device per pod with the pod's VNI, whose remote is the pod VM. Plain `ping` and
 * `curl` in that namespace reach the pods: `ip netns exec katasim-4711 curl
 * http://10.244.1.21:8080`.
 *
 * The gateway of the pod network stays where it was, on the worker's own bridge in user space: one
 * more VXLAN device joins the two bridges. So the worker's pings, probes and forwarded ports take
 * the same way through the kernel.
 *
 * Differs on purpose: on a real node each device is moved into its pod's namespace and tied to the
 * pod's interface by two tc redirects (cloud-api-adaptor v0.22.0
 * pkg/podnetwork/tunneler/vxlan/workernode.go). What is on the wire is the same.
 */
import { closeAll, messageOf, runOnce, silentLogger, type Closable, type Logger } from '#base';
import { peerpodErrors } from '../errors.ts';
import { contains, formatIpv4, formatPrefix, networkOf, parsePrefix } from '#ipnet';
import { kernelSays } from './iproute.ts';
import { openKernelNamespace, type KernelNamespace } from './kernel-namespace.ts';
import type { VxlanRemote, VxlanSocket } from './vxlan-socket.ts';
import { TUNNEL_MTU, type WorkerNetwork } from './worker-network.ts';

interface KernelEndOptions {
  /** The worker's network in user space, and the socket it stands on. */
  readonly network: WorkerNetwork;
  readonly socket: VxlanSocket;
  /** UDP port of the pod VMs and of the kernel's devices. */
  readonly port: number;
  readonly logger?: Logger;
}

export interface KernelEnd extends Closable {
  /** Name of the namespace, for `ip netns exec`. */
  readonly netns: string;
  /** The namespace's own address on the pod network. */
  readonly ip: string;
  readonly port: number;
  /** What pod VMs find in apf.json as `worker-node-ip`. */
  readonly workerNodeIp: string;
  /** The tunnel of one pod. Rejects when the VNI is taken. */
  addTunnel(vni: number, remote: VxlanRemote): Promise<Closable>;
}

const BRIDGE = 'cni0';
/** Above any index an adaptor counts to. */
const UPLINK_VNI = 0xf00000;
const SELF_TEST_MS = 3000;

export async function openKernelEnd(options: KernelEndOptions): Promise<KernelEnd> {
  const { network, socket, port, logger = silentLogger } = options;
  assertFixedPort(socket, port);
  const own = kernelAddress(network.gatewayPrefix);
  const undo: { close(): Promise<void> }[] = [];
  try {
    const namespace = await openKernelNamespace(loopbackOf(socket.host));
    undo.push(namespace);
    const { within, address: workerNodeIp, name: netns } = namespace;
    await addDevice(namespace, [BRIDGE, 'type', 'bridge']);
    await within('addr', 'add', own.prefix, 'dev', BRIDGE);
    undo.push(await joinBridges(namespace, options));
    await within('link', 'set', BRIDGE, 'up');
    await assertFramesPass(network, own.ip);
    logger.info({ netns, address: own.ip }, 'the pod network is in the kernel');
    const close = runOnce(() => closeAll(undo));
    return {
      netns,
      ip: own.ip,
      port,
      workerNodeIp,
      async addTunnel(vni, remote) {
        if (remote.port !== port) throw peerpodErrors.kernelNetwork(portsDiffer(remote, port));
        const device = await addVxlan(namespace, vni, remote);
        const closeTunnel = runOnce(() => within('link', 'del', device));
        return { close: closeTunnel, [Symbol.asyncDispose]: closeTunnel };
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await closeAll(undo);
    throw error;
  }
}

/** The first address after the gateway. */
function kernelAddress(gatewayPrefix: string): { ip: string; prefix: string } {
  const gateway = parsePrefix(gatewayPrefix);
  const address = gateway.address + 1;
  if (!contains(networkOf(gateway), address)) throw peerpodErrors.noPodIp(gatewayPrefix);
  return { ip: formatIpv4(address), prefix: formatPrefix({ address, length: gateway.length }) };
}

/** Where addresses of machines are: the /16 around the worker's own. */
const loopbackOf = (host: string): string =>
  formatPrefix(networkOf({ address: parsePrefix(`${host}/32`).address, length: 16 }));

function assertFixedPort(socket: VxlanSocket, port: number): void {
  if (socket.port !== port) throw peerpodErrors.kernelNetwork(portsDiffer(socket, port));
}

const portsDiffer = (end: { host: string; port: number }, port: number): string =>
  `a vxlan device sends to the port it listens on, ${port}, but ${end.host} is at ${end.port}`;

async function joinBridges(
  namespace: KernelNamespace,
  { network, socket, port }: KernelEndOptions,
): Promise<Closable> {
  await addVxlan(namespace, UPLINK_VNI, { host: socket.host, port });
  const [host = ''] = namespace.address.split('/');
  const link = socket.attach(UPLINK_VNI, { host, port }, (frame) => onBridge.input(frame));
  const onBridge = network.attachPort({ deliver: (frame) => link.send(frame) });
  const close = runOnce(() => {
    onBridge.detach();
    link.close();
    return Promise.resolve();
  });
  return { close, [Symbol.asyncDispose]: close };
}

/** Returns the device's name. */
async function addVxlan(
  namespace: KernelNamespace,
  vni: number,
  { host, port }: VxlanRemote,
): Promise<string> {
  const device = `vxlan${vni}`;
  const kind = ['type', 'vxlan', 'id', String(vni), 'remote', host, 'dstport', String(port)];
  try {
    await addDevice(namespace, [device, 'mtu', String(TUNNEL_MTU), ...kind, 'nolearning']);
  } catch (error) {
    throw kernelSays(error, 'exists') ? peerpodErrors.vniInUse(vni) : error;
  }
  await namespace.within('link', 'set', device, 'master', BRIDGE, 'up');
  return device;
}

async function addDevice({ within }: KernelNamespace, words: string[]): Promise<void> {
  try {
    await within('link', 'add', ...words);
  } catch (error) {
    if (!kernelSays(error, 'unsupported')) throw error;
    throw peerpodErrors.noKernelDevice(words[words.indexOf('type') + 1] ?? '', error);
  }
}

/** A packet filter on the host can swallow everything; then nobody should look for it in a pod. */
async function assertFramesPass(network: WorkerNetwork, ip: string): Promise<void> {
  try {
    await network.ping(ip, { timeoutMs: SELF_TEST_MS });
  } catch (error) {
    throw peerpodErrors.kernelNetwork(
      `no VXLAN frame comes back from the namespace: ${messageOf(error)}`,
      error,
      'Look for a packet filter that drops UDP on the links ksimN.',
    );
  }
}
