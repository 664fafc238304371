/**
 * The life of one pod on the node. Its status and events change only here; simulator, prober and faults
 * report to it. Event texts are those of the scheduler and the kubelet.
 * Source: Kubernetes 1.34, pkg/scheduler/schedule_one.go, pkg/kubelet/kuberuntime/kuberuntime_container.go.
 */
import { systemClock, type Clock } from '#base';
import type { Pod } from '#kube';
import { withEvent, type PodEvent } from './pod-events.ts';
import {
  pendingStatus,
  terminatedState,
  withConditions,
  type ContainerEnd,
  type ContainerStatus,
  type PodStatus,
} from './pod-status.ts';

interface StartedPod {
  readonly podIP: string;
  readonly containers: readonly { readonly name: string; readonly id: string }[];
}

export class PodLife {
  readonly pod: Pod;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #status: PodStatus;
  #events: readonly PodEvent[] = [];

  constructor(pod: Pod, clock: Clock = systemClock) {
    this.pod = pod;
    this.#clock = clock;
    this.#status = pendingStatus(pod, this.#now());
  }

  get status(): PodStatus {
    return this.#status;
  }

  get events(): readonly PodEvent[] {
    return this.#events;
  }

  /** Called after every change; returns the function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  event(type: PodEvent['type'], reason: string, message: string): void {
    this.#events = withEvent(this.#events, { type, reason, message }, this.#now());
    this.#changed();
  }

  scheduled(node: { readonly name: string; readonly ip: string }): void {
    const { namespace, name } = this.pod;
    this.#update({ hostIP: node.ip, startTime: this.#now() });
    this.event('Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node.name}`);
  }

  /** Every container runs. Images are on the node from the start, so that none is pulled. */
  started({ podIP, containers }: StartedPod): void {
    const startedAt = this.#now();
    const ids = new Map(containers.map(({ name, id }) => [name, id]));
    this.#update({
      podIP,
      containerStatuses: this.#status.containerStatuses.map((container) => ({
        ...container,
        containerID: `containerd://${ids.get(container.name) ?? ''}`,
        ready: true,
        state: { running: { startedAt } },
      })),
    });
    for (const { name, image } of [...this.pod.initContainers, ...this.pod.containers]) {
      const pulled = `Container image "${image}" already present on machine`;
      this.event('Normal', 'Pulled', pulled);
      this.event('Normal', 'Created', `Created container: ${name}`);
      this.event('Normal', 'Started', `Started container ${name}`);
    }
  }

  containerReady(name: string, ready: boolean): void {
    this.#updateContainer(name, { ready });
  }

  containerEnded(name: string, end: ContainerEnd): void {
    if (end.lost !== undefined) {
      const message = `The end of container ${name} is unknown: ${end.lost}`;
      this.event('Warning', 'ContainerLost', message);
    }
    this.#updateContainer(name, { ready: false, state: terminatedState(end, this.#now()) });
  }

  faultsChanged(faults: readonly string[]): void {
    if (faults.length === 0) this.event('Normal', 'FaultsLifted', 'The pod VM has no faults');
    else this.event('Warning', 'FaultsOrdered', `The pod VM has the faults ${faults.join(' ')}`);
  }

  #updateContainer(name: string, change: Partial<ContainerStatus>): void {
    this.#update({
      containerStatuses: this.#status.containerStatuses.map((container) =>
        container.name === name ? { ...container, ...change } : container,
      ),
    });
  }

  #update(change: Partial<PodStatus>): void {
    this.#status = withConditions({ ...this.#status, ...change }, this.#now());
    this.#changed();
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}
