/** CPU shares, quota, memory limit and the OOM score of a container, as the kubelet computes them. */
import type { Api, Init } from '#wire';
import { bytesOf, milliCpus, parseQuantity } from './quantity.ts';
import type { Container, Pod } from './pod.ts';

/** Source: Kubernetes pkg/kubelet/cm/helpers_linux.go. */
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
const SHARES_PER_CPU = 1024;
const QUOTA_PERIOD_US = 100_000;
const MIN_QUOTA_US = 1000;

/** Source: Kubernetes pkg/kubelet/qos/policy.go. */
const GUARANTEED_OOM_SCORE = -997;
const BEST_EFFORT_OOM_SCORE = 1000;
/** Of the sandbox container. Source: containerd CRI, defaultSandboxOOMAdj. */
export const SANDBOX_OOM_SCORE = -998;

/** The size of the simulated worker; the score of a burstable container depends on its memory. */
export const NODE_MEMORY_BYTES = 16 * 2 ** 30;
export const NODE_MILLI_CPUS = 4000;

export type QosClass = 'guaranteed' | 'burstable' | 'besteffort';

/** Requests default to limits, as the API server fills them in. */
export function requestOf({ resources }: Container, name: string): string | undefined {
  return resources.requests[name] ?? resources.limits[name];
}

export function qosClass({ containers, initContainers }: Pod): QosClass {
  const everyone = [...initContainers, ...containers];
  const names = ['cpu', 'memory'];
  const isSet = (container: Container, name: string): boolean =>
    (parseQuantity(requestOf(container, name) ?? '0') ?? 0) > 0;
  if (!everyone.some((container) => names.some((name) => isSet(container, name))))
    return 'besteffort';
  const guaranteed = everyone.every((container) =>
    names.every((name) => {
      const limit = container.resources.limits[name];
      const request = requestOf(container, name);
      return isSet(container, name) && limit !== undefined && request !== undefined
        ? parseQuantity(request) === parseQuantity(limit)
        : false;
    }),
  );
  return guaranteed ? 'guaranteed' : 'burstable';
}

export function oomScore(container: Container, qos: QosClass): number {
  if (qos === 'guaranteed') return GUARANTEED_OOM_SCORE;
  if (qos === 'besteffort') return BEST_EFFORT_OOM_SCORE;
  const memory = bytesOf(requestOf(container, 'memory') ?? '0');
  const score = 1000 - Math.floor((1000 * memory) / NODE_MEMORY_BYTES);
  return Math.min(Math.max(score, 3), 999);
}

/** Devices, Pids, BlockIO and Network are cleared by the Go runtime. Source: kata-agent.md 5.4. */
export function linuxResources(container: Container): Init<Api.LinuxResources> {
  const { milliCpuRequest, milliCpuLimit, memoryLimit } = amountsOf(container);
  return {
    CPU: {
      Shares: sharesOf(milliCpuRequest),
      Quota: quotaOf(milliCpuLimit),
      Period: QUOTA_PERIOD_US,
    },
    // A limit of 0 is none.
    Memory: memoryLimit === 0 ? null : { Limit: memoryLimit },
  };
}

const sharesOf = (milli: number): number =>
  Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((milli * SHARES_PER_CPU) / 1000)));

const quotaOf = (milli: number): number =>
  milli === 0 ? 0 : Math.max(MIN_QUOTA_US, (milli * QUOTA_PERIOD_US) / 1000);

interface Amounts {
  readonly milliCpuRequest: number;
  readonly milliCpuLimit: number;
  /** In bytes. */
  readonly memoryLimit: number;
}

function amountsOf(container: Container): Amounts {
  const { limits } = container.resources;
  return {
    milliCpuRequest: milliCpus(requestOf(container, 'cpu') ?? '0'),
    milliCpuLimit: milliCpus(limits['cpu'] ?? '0'),
    memoryLimit: bytesOf(limits['memory'] ?? '0'),
  };
}

/**
 * What the whole pod may take: its containers together, or the largest init container where that is
 * more. Source: Kubernetes pkg/kubelet/kuberuntime, calculateSandboxResources.
 */
export function podResources({ containers, initContainers }: Pod): Amounts {
  const most = (pick: (amounts: Amounts) => number): number =>
    Math.max(
      containers.map(amountsOf).reduce((total, amounts) => total + pick(amounts), 0),
      ...initContainers.map((container) => pick(amountsOf(container))),
    );
  return {
    milliCpuRequest: most((amounts) => amounts.milliCpuRequest),
    milliCpuLimit: most((amounts) => amounts.milliCpuLimit),
    memoryLimit: most((amounts) => amounts.memoryLimit),
  };
}

/** How containerd notes the pod's size on the sandbox container. Source: kata-agent.md 5.5. */
export function sandboxSizeAnnotations(pod: Pod): Readonly<Record<string, string>> {
  const { milliCpuRequest, milliCpuLimit, memoryLimit } = podResources(pod);
  return {
    'io.kubernetes.cri.sandbox-cpu-period': String(QUOTA_PERIOD_US),
    'io.kubernetes.cri.sandbox-cpu-quota': String(quotaOf(milliCpuLimit)),
    'io.kubernetes.cri.sandbox-cpu-shares': String(sharesOf(milliCpuRequest)),
    'io.kubernetes.cri.sandbox-memory': String(memoryLimit),
  };
}

/** The sandbox container has the least that there is. */
export const sandboxResources: Init<Api.LinuxResources> = { CPU: { Shares: MIN_SHARES } };
