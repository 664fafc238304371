/**
 * What a pod VM is booted with: apf.json for its forwarder, and the user-data that carries it with
 * pull secrets and initdata. Source: cloud-api-adaptor v0.22.0 pkg/adaptor/cloud/cloud.go,
 * src/cloud-providers/util/cloudinit/cloudconfig.go.
 */
import { messageOf, type Logger } from '#base';
import { APF_CONFIG_PATH, type ApfConfig, type PodRoute } from '../forwarder/apf-config.ts';
import { INITDATA_PATH, PEERPOD_DIRECTORY } from '../vm/process-user-data.ts';
import type { UserDataFile } from '../vm/user-data.ts';
import type { PeerPodsConfig } from './config.ts';
import type { InitdataChoice } from './initdata-choice.ts';
import type { PodInterface } from './pod-cni.ts';
import type { WorkerTls } from './worker-tls.ts';

interface BootedPod {
  readonly podName: string;
  readonly podNamespace: string;
  readonly instanceName: string;
  readonly podInterface: PodInterface;
  /** Tunnel index, and the VNI made of it. */
  readonly index: number;
  readonly vni: number;
}

interface BootWorker {
  readonly config: PeerPodsConfig;
  readonly tls: WorkerTls;
  /** `10.224.0.5/16` */
  readonly workerNodeIp: string;
  readonly vxlanPort: number;
}

export async function apfConfigOf(pod: BootedPod, worker: BootWorker): Promise<ApfConfig> {
  const { config, tls, workerNodeIp, vxlanPort } = worker;
  const { podInterface } = pod;
  return {
    'pod-network': {
      podip: podInterface.podIp,
      'pod-hw-addr': podInterface.hwAddr,
      interface: podInterface.interface,
      'worker-node-ip': workerNodeIp,
      'tunnel-type': config.tunnelType,
      routes: [...podInterface.routes, ...subnetRoutes(config.podSubnetCidrs, podInterface)],
      neighbors: podInterface.neighbors.length === 0 ? null : podInterface.neighbors,
      mtu: podInterface.mtu,
      index: pod.index,
      'vxlan-port': vxlanPort,
      'vxlan-id': pod.vni,
      dedicated: false,
      'external-net-via-pod-vm': config.externalNetworkViaPodVm,
    },
    'pod-namespace': pod.podNamespace,
    'pod-name': pod.podName,
    ...(await tls.serverPart(pod.instanceName)),
    'tls-min-version': config.tlsMinVersion,
    'tls-cipher-suites': config.tlsCipherSuites,
  };
}

/** POD_SUBNET_CIDRS: more of the cluster's networks, all behind the pod's gateway. */
function subnetRoutes(cidrs: readonly string[], podInterface: PodInterface): PodRoute[] {
  const gateway = podInterface.routes.find(({ dst }) => dst.endsWith('/0'))?.gw ?? '';
  return cidrs.map((dst) => ({
    dst,
    gw: gateway,
    dev: podInterface.interface,
    protocol: 'static',
  }));
}

interface BootFiles {
  /** Text of apf.json. */
  readonly apf: string;
  readonly initdata: InitdataChoice;
  /** auth.json, when the pod has pull secrets. */
  readonly pullSecrets: string | undefined;
  readonly scratchSpace: boolean;
}

/** In the adaptor's order; the last three are optional. */
export function bootFiles({ apf, initdata, pullSecrets, scratchSpace }: BootFiles): UserDataFile[] {
  const optional = (name: string, content: string | undefined): UserDataFile[] =>
    content === undefined ? [] : [{ path: `${PEERPOD_DIRECTORY}/${name}`, content }];
  return [
    { path: APF_CONFIG_PATH, content: apf },
    ...optional('auth.json', pullSecrets),
    ...(initdata.source === 'none' ? [] : [{ path: INITDATA_PATH, content: initdata.value }]),
    ...optional('scratch-space.marker', scratchSpace ? '' : undefined),
  ];
}

/** What the adaptor leaves out rather than fail on. Source: cloud.go. */
const MAX_AUTH_JSON = 12288;

/** Errors and secrets that are too large are only logged. */
export function pullSecretsOf(
  read: ((namespace: string, pod: string) => string | undefined) | undefined,
  { podNamespace, podName }: Pick<BootedPod, 'podNamespace' | 'podName'>,
  log: Logger,
): string | undefined {
  try {
    const json = read?.(podNamespace, podName);
    if (json === undefined || json.length <= MAX_AUTH_JSON) return json;
    log.warn({ pod: podName, bytes: json.length }, 'pull secrets are too large and are left out');
  } catch (error) {
    log.warn({ pod: podName, err: messageOf(error) }, 'pull secrets cannot be read');
  }
  return undefined;
}
