/**
 * What a peer pod takes from its node: one pod VM and the overhead of its RuntimeClass, and nothing
 * else, since the webhook has emptied its resources. Source: cloud-api-adaptor v0.22.0
 * src/webhook/pkg/mutating and src/cloud-providers/util/k8snode.go.
 */
/** Amounts in whole units: cpu in thousandths, memory in bytes, extended resources in pieces. */
export type Amounts = Readonly<Record<string, number>>;

export const VM_RESOURCE = 'kata.peerpods.io/vm';
const PEER_POD_RUNTIME_CLASS = 'kata-remote';

/** `overhead.podFixed` of kata-remote as kata-deploy has it: cpu 250m, memory 120Mi. */
const PEER_POD_OVERHEAD: Amounts = { cpu: 250, memory: 120 << 20 };

/** Source: the upstream chart; namespaceSelector on kubernetes.io/metadata.name. */
const EXCLUDED_NAMESPACES: readonly string[] = ['peer-pods-webhook-system', 'kube-system'];

interface PodToPlace {
  readonly namespace: string;
  readonly runtimeClassName: string | undefined;
}

/** Whether the webhook sees the pod at all and would change it. */
export function isAdmittedAsPeerPod(
  { namespace, runtimeClassName }: PodToPlace,
  excluded: readonly string[] = EXCLUDED_NAMESPACES,
): boolean {
  return runtimeClassName === PEER_POD_RUNTIME_CLASS && !excluded.includes(namespace);
}

export function demandOf(pod: PodToPlace, excluded?: readonly string[]): Amounts {
  if (pod.runtimeClassName !== PEER_POD_RUNTIME_CLASS) return {};
  return {
    ...PEER_POD_OVERHEAD,
    ...(isAdmittedAsPeerPod(pod, excluded) && { [VM_RESOURCE]: 1 }),
  };
}

/** What the adaptor advertises. Below 0 nothing; 0 is no pod, whatever the chart's comment says. */
export function advertised(peerPodsLimitPerNode: number): Amounts {
  return peerPodsLimitPerNode < 0 ? {} : { [VM_RESOURCE]: peerPodsLimitPerNode };
}
