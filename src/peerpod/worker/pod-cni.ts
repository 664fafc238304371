/**
 * The pod interface on the worker as the CNI left it: what the adaptor finds when it looks into the
 * pod's network namespace. Source: cloud-api-adaptor v0.22.0 pkg/podnetwork/workernode.go.
 */
import { peerpodErrors } from '../errors.ts';
import type { PodNeighbor, PodRoute } from '../forwarder/apf-config.ts';
import { contains, formatIpv4, formatPrefix, networkOf, parseIpv4, parsePrefix } from '#ipnet';
import { macForIp } from '../network/worker-network.ts';

export interface PodInterface {
  /** `10.244.1.21/24` */
  readonly podIp: string;
  readonly hwAddr: string;
  readonly interface: string;
  readonly mtu: number;
  readonly routes: readonly PodRoute[];
  readonly neighbors: readonly PodNeighbor[];
}

export interface PodCni {
  /** The interface in that namespace; made on first sight, as a CNI does before the shim calls. */
  inspect(netns: string): PodInterface;
  release(netns: string): void;
}

/** Pod addresses begin here in the subnet; below are the gateway and the node's own. */
const FIRST_POD = 21;
const MTU = 1450;
const INTERFACE = 'eth0';

/** `reserved`: addresses of the subnet that are the node's. */
export function createPodCni(gateway: string, reserved: readonly string[] = []): PodCni {
  const node = parsePrefix(gateway);
  const network = networkOf(node);
  const byNetns = new Map<string, number>();
  const taken = new Set([node.address, ...reserved.map(parseIpv4)]);
  const lowest = network.address + 2;
  // The last address of a subnet is its broadcast.
  const isHost = (ip: number): boolean => contains(network, ip) && contains(network, ip + 1);
  let next = isHost(network.address + FIRST_POD) ? network.address + FIRST_POD : lowest;

  const allocate = (): number => {
    for (let tried = 0; tried < 2 ** (32 - node.length); tried++) {
      const candidate = next;
      next = isHost(candidate + 1) ? candidate + 1 : lowest;
      if (!taken.has(candidate)) return candidate;
    }
    throw peerpodErrors.noPodIp(formatPrefix(network));
  };

  return {
    inspect(netns) {
      if (netns === '') throw peerpodErrors.netns(netns, 'the path is empty');
      const ip = byNetns.get(netns) ?? allocate();
      byNetns.set(netns, ip);
      taken.add(ip);
      return {
        podIp: formatPrefix({ address: ip, length: node.length }),
        hwAddr: macForIp(formatIpv4(ip)),
        interface: INTERFACE,
        mtu: MTU,
        routes: [
          { dst: '0.0.0.0/0', gw: formatIpv4(node.address), dev: INTERFACE, protocol: 'boot' },
          { dst: formatPrefix(network), gw: '', dev: INTERFACE, protocol: 'kernel', scope: 'link' },
        ],
        neighbors: [],
      };
    },
    release(netns) {
      const ip = byNetns.get(netns);
      byNetns.delete(netns);
      if (ip !== undefined) taken.delete(ip);
    },
  };
}
