/** CPU shares, quota, memory limit and the OOM score of a container, as the kubelet computes them. */
import type { Api, Init } from '#wire';
import {
  bytesOf,
  type Container,
  containerResources,
  type Pod,
  podResources,
  parseQuantity,
  type QosClass,
  requestOf,
} from '#kube';

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

export function oomScore(container: Container, qos: QosClass): number {
  if (qos === 'guaranteed') return GUARANTEED_OOM_SCORE;
  if (qos === 'besteffort') return BEST_EFFORT_OOM_SCORE;
  const memory = bytesOf(requestOf(container, 'memory') ?? '0');
  const score = 1000 - Math.floor((1000 * memory) / NODE_MEMORY_BYTES);
  return Math.min(Math.max(score, 3), 999);
}

/** Devices, Pids, BlockIO and Network are cleared by the runtime. */
export function linuxResources(container: Container): Init<Api.LinuxResources> {
  const { milliCpuRequest, milliCpuLimit, memoryLimit } = containerResources(container);
  return {
    CPU: {
      Shares: sharesOf(milliCpuRequest),
      Quota: quotaOf(milliCpuLimit),
      Period: QUOTA_PERIOD_US,
    },
    // A limit of 0 is none.
    Memory: { Limit: memoryLimit },
    HugepageLimits: hugePageLimits(container).map(([size, Limit]) => ({
      Pagesize: size.replace(/i$/, 'B'),
      Limit,
    })),
  };
}

/** Page size and bytes, of `hugepages-2Mi: 100Mi`. */
export const hugePageLimits = ({ resources }: Container): readonly (readonly [string, number])[] =>
  Object.entries(resources.limits).flatMap(([name, amount]) => {
    const [, size] = /^hugepages-(.+)$/.exec(name) ?? [];
    return size === undefined || parseQuantity(size) === undefined
      ? []
      : [[size, bytesOf(amount)] as const];
  });

const sharesOf = (milli: number): number =>
  Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((milli * SHARES_PER_CPU) / 1000)));

const quotaOf = (milli: number): number =>
  milli === 0 ? 0 : Math.max(MIN_QUOTA_US, (milli * QUOTA_PERIOD_US) / 1000);

/** How containerd notes the pod's size on the sandbox container. Source: containerd 2.2, internal/cri/annotations. */
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
