/**
 * What a node asks of whatever runs its pods: virtual-kubelet's interface in its names, without the
 * parts that nobody calls yet.
 * Source: virtual-kubelet 1.11, node/podcontroller.go (PodLifecycleHandler), node/nodeutil/provider.go.
 */
import type { Duplex } from 'node:stream';
import type { Manifest, Pod } from '#kube';
import type { ExecOptions, ProcessSession } from '#shim';
import type { LogText } from './read-log.ts';
import type { PodStatus } from './pod-status.ts';

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

export interface LogOptions {
  readonly follow?: boolean | undefined;
  /** Only the last lines of what is there. */
  readonly tail?: number | undefined;
  readonly signal: AbortSignal;
}

/** Every method throws `SIM_NO_POD` for a pod that is not there, except the ones that look. */
export interface PodProvider {
  /** Returns once the pod's containers run; throws what a user would see of a refused start. */
  createPod(pod: Pod, objects?: Manifest['objects']): Promise<void>;
  deletePod(pod: PodName): Promise<void>;
  getPod(pod: PodName): Pod | undefined;
  getPods(): readonly Pod[];
  getPodStatus(pod: PodName): PodStatus | undefined;
  getContainerLogs(pod: PodName, container: string, options: LogOptions): AsyncIterable<LogText>;
  runInContainer(pod: PodName, options: ExecOptions): Promise<ProcessSession>;
  /** A stream to a port of the pod; it emits `connect` or fails. */
  portForward(pod: PodName, port: number): Duplex;
}
