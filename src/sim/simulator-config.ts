/** What a simulator is made of and what it offers. */
import type { Agent } from '#agent';
import type { Closable, Clock, Logger, Random } from '#base';
import type { NodeCapacity, SlotReservations } from '#cluster';
import type { Timers } from '#guest';
import type { Amounts, Manifest, Pod } from '#kube';
import type { DenialReport, PodLife, PodProvider } from '#node';
import type { ConfigWarning, PeerPodsConfig, PodNetworkKind, PodVm, Worker } from '#peerpod';
import type { RpcClient } from '#rpc';
import type {
  EmptyDirSettings,
  ImageRegistry,
  PodStartError,
  RuntimeName,
  StartPodOptions,
} from '#shim';
import type { SharedPolicies } from './shared-policies.ts';
import type { SimulatedPod } from './simulated-pod.ts';

export interface SimulatorConfig {
  /** The `data` of the ConfigMap peer-pods-cm; `VXLAN_PORT` is 9000 unless set. */
  readonly peerPods?: Readonly<Record<string, unknown>>;
  /** Rego text of the guest image's default policy. */
  readonly imagePolicy: string;
  readonly kataVersion?: string;
  /** Whose calls the shims make; the Go runtime's by default. */
  readonly runtime?: RuntimeName;
  /**
   * Behave as this release of cloud-api-adaptor and the runtime of its time (`v0.15.0`): one key for
   * initdata. Without it both spellings are read.
   */
  readonly adaptorVersion?: string;
  /** `enable_annotations` of the shim; upstream's list unless set. */
  readonly enabledAnnotations?: readonly string[];
  /** `disable_guest_empty_dir` and `emptydir_mode` of the shim; upstream's values unless set. */
  readonly emptyDirs?: EmptyDirSettings | undefined;
  /**
   * The worker's ends of the tunnels: in this process, or `vxlan` devices of the kernel in a network
   * namespace (Linux, root), whose name is `worker.kernel.netns`.
   */
  readonly net?: PodNetworkKind;
  /** What is wrong with every pod VM: `15150:reset`, `9000:loss=0.3`. */
  readonly faults?: readonly string[];
  /** Pods may be given other faults while they run; costs a little on each connection. */
  readonly faultsOnDemand?: boolean;
  /** Starts each pod VM as a process: the program and its words, `katasim podvm`. */
  readonly podVmCommand?: readonly string[];
  /** `cpu` in thousandths and `memory` in bytes of the node; without them they are not counted. */
  readonly allocatable?: Amounts;
  /** Reservations of a node that other processes share. */
  readonly reservations?: SlotReservations;
  /** Limit of open files; the process's own unless set. */
  readonly openFiles?: number;
  /** Parent of the simulator's own directory for sockets and logs, which `close` removes. */
  readonly directory?: string;
  /** Where shims call, when it is to be elsewhere than in that folder. */
  readonly hypervisorSocket?: string;
  /** Folders of the pods, likewise. Keep it short. */
  readonly podsDir?: string;
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly random?: Random;
  readonly logger?: Logger;
}

/** A refused start while its VM and tunnel are still up. */
export interface Refusal {
  readonly error: PodStartError;
  readonly agent: Agent;
  readonly vm: PodVm;
  /** Over the same tunnel as the shim. */
  readonly client: RpcClient;
}

export interface RunPodOptions extends Pick<StartPodOptions, 'onCall' | 'signal'> {
  readonly objects?: Manifest['objects'];
  /** Runs before what was made is taken down again; not for a VM in a process of its own. */
  readonly onRefused?: (refusal: Refusal) => Promise<void> | void;
  /** Receives the pod's status and events from the start; a new one unless set. */
  readonly life?: PodLife | undefined;
  /** As soon as the pod's machine runs its agent: to listen to its decisions. */
  readonly onAgent?: (agent: Agent) => void;
  /** Explains a refused start whose VM is in a process of its own. */
  readonly onDenied?: (report: DenialReport) => void;
  /** What is wrong with this pod's VM, instead of what is wrong with every one. */
  readonly faults?: readonly string[];
}

export interface Simulator extends Closable, PodProvider {
  readonly config: PeerPodsConfig;
  readonly warnings: readonly ConfigWarning[];
  readonly worker: Worker;
  readonly images: ImageRegistry;
  /** Of the agents in this process; those with a VM process have their own. */
  readonly policies: SharedPolicies;
  /** The node's capacity of pod VMs, and who takes it. */
  readonly capacity: NodeCapacity;
  readonly pods: ReadonlyMap<string, SimulatedPod>;
  /** Sockets and logs; removed by `close`. */
  readonly directory: string;
  /** Starts a pod through the whole path. Throws what a user would see. */
  runPod(pod: Pod, options?: RunPodOptions): Promise<SimulatedPod>;
}
