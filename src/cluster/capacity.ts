/**
 * A node's allocatable resources, what its pods request, and the scheduler's message when a pod does not
 * fit. Pure: usage is computed from the placed pods, so it cannot drift.
 * Source: Kubernetes 1.34, pkg/scheduler/framework/plugins/noderesources/fit.go and
 * plugins/defaultpreemption; cloud-api-adaptor 0.16, src/peerpod-ctrl and the extended resource kata.peerpods.io/vm.
 */

import type { Amounts } from '#kube';

export interface Placement {
  readonly kind: 'placed';
}

export interface Unschedulable {
  readonly kind: 'unschedulable';
  /** The text of the pod's FailedScheduling event. */
  readonly message: string;
}

/** One node. A resource that is not in `allocatable` is absent; cpu and memory are then not counted. */
export class NodeCapacity {
  readonly allocatable: Amounts;
  readonly #pods = new Map<string, Amounts>();

  constructor(allocatable: Amounts) {
    this.allocatable = allocatable;
  }

  get pods(): readonly string[] {
    return [...this.#pods.keys()];
  }

  used(resource: string): number {
    let sum = 0;
    for (const demand of this.#pods.values()) sum += demand[resource] ?? 0;
    return sum;
  }

  /** Placing a pod again replaces its demand. */
  place(pod: string, demand: Amounts): Placement | Unschedulable {
    const before = this.#pods.get(pod);
    this.#pods.delete(pod);
    const message = refusalOf(demand, this.allocatable, (resource) => this.used(resource));
    if (message === undefined) {
      this.#pods.set(pod, demand);
      return { kind: 'placed' };
    }
    if (before !== undefined) this.#pods.set(pod, before);
    return { kind: 'unschedulable', message };
  }

  /** False when it was not placed. */
  release(pod: string): boolean {
    return this.#pods.delete(pod);
  }
}

const UNCOUNTED: ReadonlySet<string> = new Set(['cpu', 'memory']);

/** Why a pod does not fit, in the scheduler's words; undefined when it fits. */
export function refusalOf(
  demand: Amounts,
  allocatable: Amounts,
  used: (resource: string) => number,
): string | undefined {
  const fits = (resource: string): boolean => {
    const amount = demand[resource] ?? 0;
    if (amount <= 0) return true;
    const has = allocatable[resource];
    if (has === undefined) return UNCOUNTED.has(resource);
    return used(resource) + amount <= has;
  };
  const missing = Object.keys(demand)
    .filter((resource) => !fits(resource))
    .sort();
  return missing.length === 0 ? undefined : refusal(missing);
}

function refusal(missing: readonly string[]): string {
  const reasons = missing.map((resource) => `1 Insufficient ${resource}`).join(', ');
  return `0/1 nodes are available: ${reasons}. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.`;
}
