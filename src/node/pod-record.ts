/** What other processes need to know of a pod, as one JSON document. */
import type { ExecBase, RuntimeName } from '#shim';
import type { PodEvent } from './pod-events.ts';
import type { PodStatus } from './pod-status.ts';

/** How an exec reaches a container. */
interface ContainerHandle {
  readonly name: string;
  readonly id: string;
  readonly base: ExecBase;
}

/** A request that the policy did not let through. */
export interface Denial {
  readonly time: string;
  readonly endpoint: string;
  readonly verdict: 'deny' | 'fault';
  readonly message: string;
  /** `agent_policy:7: default ExecProcessRequest := false` */
  readonly line?: string | undefined;
}

/** Of an agent in the process that runs the pod. */
interface DecisionSummary {
  readonly allow: number;
  readonly deny: number;
  readonly fault: number;
  /** The most recent ones. */
  readonly denials: readonly Denial[];
}

export interface PodRecord {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly sandboxId: string;
  /** The process that runs the pod; the record of a running pod is stale once it is gone. */
  readonly pid: number;
  readonly pidStarted?: string | undefined;
  /** Network namespace from which the kernel reaches the pod; only with `--net kernel`. */
  readonly netns?: string | undefined;
  /** The loopback address of the pod VM. */
  readonly vmAddress: string;
  /** `<pods-dir>/<sandbox id>/agent.ttrpc`: any shim-side client can use it. */
  readonly agentSocketPath: string;
  readonly logDirectory: string;
  readonly endedAt?: string | undefined;
  /** Whose calls the shim makes; an exec makes the same. */
  readonly runtime: RuntimeName;
  readonly policy: string;
  /** Of the policy that the VM started with; only of a VM in the process that runs the pod. */
  readonly policyDigest?: string | undefined;
  readonly containers: readonly ContainerHandle[];
  readonly status: PodStatus;
  readonly events: readonly PodEvent[];
  readonly decisions?: DecisionSummary | undefined;
}

/** Its containers and its process are gone; before, `status.phase` may already say how it went. */
export const hasEnded = ({ endedAt }: Pick<PodRecord, 'endedAt'>): boolean => endedAt !== undefined;
