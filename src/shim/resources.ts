/** CPU shares, quota, memory limit and the OOM score of a container, as the kubelet computes them. */
import type { Api, Init } from '#wire';
import { bytesOf, milliCpus } from './quantity.ts';
import type { Container, Pod } from './pod.ts';

/** Source: Kubernetes pkg/kubelet/cm/helpers_linux.go. */
const MIN_SHARES = 2;
const SHARES_PER_CPU = 1024;
const QUOTA_PERIOD_US = 100_000;
const MIN_QUOTA_US = 1000;

/** Source: Kubernetes pkg/kubelet/qos/policy.go. */
const GUARANTEED_OOM_SCORE = -997;
const BEST_EFFORT_OOM_SCORE = 1000;
/** Of the sandbox container. Source: containerd CRI, defaultSandboxOOMAdj. */
export const SANDBOX_OOM_SCORE = -998;

/** The memory of the simulated worker, which the score of a burstable container depends on. */
const NODE_MEMORY_BYTES = 16 * 2 ** 30;

export type QosClass = 'guaranteed' | 'burstable' | 'besteffort';

/** Requests default to limits, as the API server fills them in. */
function requestOf({ resources }: Container, name: string): string | undefined {
  return resources.requests[name] ?? resources.limits[name];
}

export function qosClass({ containers, initContainers }: Pod): QosClass {
  const everyone = [...initContainers, ...containers];
  const names = ['cpu', 'memory'];
  const isSet = (container: Container, name: string): boolean =>
    (requestOf(container, name) ?? '0') !== '0';
  if (!everyone.some((container) => names.some((name) => isSet(container, name))))
    return 'besteffort';
  const guaranteed = everyone.every((container) =>
    names.every((name) => {
      const limit = container.resources.limits[name];
      return limit !== undefined && requestOf(container, name) === limit;
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
  const milli = milliCpus(requestOf(container, 'cpu') ?? '0');
  const cpuLimit = container.resources.limits['cpu'];
  const memoryLimit = container.resources.limits['memory'];
  const quota =
    cpuLimit === undefined
      ? { Quota: 0, Period: QUOTA_PERIOD_US }
      : {
          Quota: Math.max(MIN_QUOTA_US, (milliCpus(cpuLimit) * QUOTA_PERIOD_US) / 1000),
          Period: QUOTA_PERIOD_US,
        };
  return {
    CPU: { Shares: Math.max(MIN_SHARES, Math.floor((milli * SHARES_PER_CPU) / 1000)), ...quota },
    Memory: memoryLimit === undefined ? null : { Limit: bytesOf(memoryLimit) },
  };
}

/** The sandbox container has the least that there is. */
export const sandboxResources: Init<Api.LinuxResources> = { CPU: { Shares: MIN_SHARES } };
