/** Requests and limits of containers and of a whole pod, and the QoS class that follows from them. */
import type { Container, Pod } from './pod.ts';
import { bytesOf, milliCpus, parseQuantity } from './quantity.ts';

export type QosClass = 'guaranteed' | 'burstable' | 'besteffort';

/** Requests default to limits, as the API server fills them in. */
export function requestOf({ resources }: Container, name: string): string | undefined {
  return resources.requests[name] ?? resources.limits[name];
}

export function qosClass({ containers, initContainers }: Pod): QosClass {
  const everyone = [...initContainers, ...containers];
  const names = ['cpu', 'memory'];
  const isSet = (container: Container, name: string): boolean =>
    (parseQuantity(requestOf(container, name) ?? '0') ?? 0n) > 0n;
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

/** What a container or a pod asks for, as the kubelet counts it. */
interface ResourceAmounts {
  readonly milliCpuRequest: number;
  readonly milliCpuLimit: number;
  /** In bytes. */
  readonly memoryLimit: number;
}

export function containerResources(container: Container): ResourceAmounts {
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
export function podResources({ containers, initContainers }: Pod): ResourceAmounts {
  const most = (pick: (amounts: ResourceAmounts) => number): number =>
    Math.max(
      containers.map(containerResources).reduce((total, amounts) => total + pick(amounts), 0),
      ...initContainers.map((container) => pick(containerResources(container))),
    );
  return {
    milliCpuRequest: most((amounts) => amounts.milliCpuRequest),
    milliCpuLimit: most((amounts) => amounts.milliCpuLimit),
    memoryLimit: most((amounts) => amounts.memoryLimit),
  };
}
