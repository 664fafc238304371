/** A pod VM as the simulator sees it, in this process or in one of its own. */
import type { Agent } from '#agent';
import type { InstanceProvider, PodVm } from '#peerpod';
import type { DenialReport } from '#node';

export interface Machine {
  readonly name: string;
  /** Its loopback address. */
  readonly host: string;
  /** Where the policy came from that the VM started with. */
  readonly policySource: string;
  readonly measured: {
    readonly algorithm: string;
    readonly digest: string;
    readonly pcr8: string;
  };
  /** Only of a VM in this process. */
  readonly local?: { readonly vm: PodVm; readonly agent: Agent };
  /** Only of a VM in a process of its own. */
  readonly pid?: number;
  /** Other faults from now on, such as `15150:reset`; none lifts them. */
  changeFaults(words: readonly string[]): Promise<void>;
  /** Why its policy refused this endpoint; only of a VM in a process of its own. */
  denialOf?(endpoint: string): Promise<DenialReport | undefined>;
}

export interface MachineWatcher {
  /** The VM died before its agent could be reached. */
  readonly onDeath: (error: unknown) => void;
  /** Only of a VM in this process. */
  readonly onAgent: (agent: Agent) => void;
  /** What is wrong with this machine, instead of what is wrong with all. */
  readonly faults?: readonly string[] | undefined;
}

export interface MachineProvider extends InstanceProvider {
  /** Follows the VM of a sandbox while it comes up; returns the function that stops it. */
  watch(sandboxId: string, watcher: MachineWatcher): () => void;
  /** The machine of a sandbox whose agent has answered. */
  machineOf(sandboxId: string): Promise<Machine>;
}
