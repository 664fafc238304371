/**
 * The contract of a guest: one method per effect of the agent API, with the proto's field names in
 * and out. Every method fails with a `GuestError` whose `failure` names status and message shape.
 * Calls that wait take an AbortSignal; the sandbox owns all its processes and timers and ends them
 * in `close()`.
 */
import type { Closable } from '#base';
import type { Device, Int64, OciProcess, OciResources, OciSpec, Storage } from './oci.ts';
import type { CgroupStats } from './stats.ts';
import type { ArpNeighbor, Interface, Route } from './network.ts';
import type { PodNetwork } from './pod-network.ts';

type Unset = null | undefined;

export interface ContainerRef {
  readonly container_id: string;
}

export interface ProcessRef extends ContainerRef {
  /** Empty, or the container id: the init process. */
  readonly exec_id: string;
}

export interface CreateSandboxRequest {
  readonly hostname: string;
  readonly dns: readonly string[];
  readonly storages: readonly Storage[];
  readonly sandbox_id: string;
  readonly guest_hook_path: string;
  readonly kernel_modules: readonly {
    readonly name: string;
    readonly parameters: readonly string[];
  }[];
}

export interface CreateContainerRequest extends ContainerRef {
  readonly devices: readonly Device[];
  readonly storages: readonly Storage[];
  readonly OCI?: OciSpec | Unset;
  readonly sandbox_pidns: boolean;
}

export interface CopyFileRequest {
  readonly path: string;
  readonly file_size: Int64;
  readonly file_mode: number;
  readonly dir_mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly offset: Int64;
  readonly data: Uint8Array;
}

export interface GuestDetails {
  mem_block_size_bytes: bigint;
  agent_details: {
    version: string;
    init_daemon: boolean;
    device_handlers: string[];
    storage_handlers: string[];
    supports_seccomp: boolean;
    extra_features: string[];
  };
  support_mem_hotplug_probe: boolean;
}

export interface VolumeStats {
  /** `unit` is the number of VolumeUsage.Unit: 1 bytes, 2 inodes. */
  usage: { available: bigint; total: bigint; used: bigint; unit: number }[];
  volume_condition: { abnormal: boolean; message: string };
}

/** What `ps` shows of a running process: for the CLI, the console and tests. */
export interface ProcessInfo {
  readonly containerId: string;
  readonly pid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly argv: readonly string[];
  readonly state: 'R' | 'S' | 'T' | 'Z';
}

export type ContainerStatus = 'Creating' | 'Created' | 'Running' | 'Stopped' | 'Paused';

export interface ContainerInfo {
  readonly id: string;
  readonly status: ContainerStatus;
  readonly image: string;
  /** Keys of the process table: the container id for init, exec ids otherwise. */
  readonly processes: readonly string[];
}

/** What a guest reports as it happens; for logs, the demo and the console. Nothing waits for them. */
export type GuestEvent =
  | { readonly kind: 'container'; readonly containerId: string; readonly status: ContainerStatus }
  | { readonly kind: 'removed'; readonly containerId: string }
  | {
      readonly kind: 'started' | 'exited';
      readonly containerId: string;
      readonly execId: string;
      readonly argv: readonly string[];
      readonly exitCode?: number;
    }
  | { readonly kind: 'oom'; readonly containerId: string; readonly pid: number }
  | { readonly kind: 'copied'; readonly path: string; readonly bytes: number };

export interface Sandbox extends Closable {
  /** Ports, loopback connections and the way out; a tunnel end delivers connections here. */
  readonly network: PodNetwork;
  /** Aborted once DestroySandbox was carried out: the daemon then stops serving. */
  readonly destroyed: AbortSignal;
  readonly sandboxId: string;
  readonly hostname: string;
  /** Returns the function that stops the reports. */
  onEvent(listener: (event: GuestEvent) => void): () => void;
  containers(): ContainerInfo[];
  processes(containerId?: string): ProcessInfo[];

  createSandbox(request: CreateSandboxRequest): Promise<void>;
  destroySandbox(): Promise<void>;
  createContainer(request: CreateContainerRequest): Promise<void>;
  startContainer(request: ContainerRef): Promise<void>;
  removeContainer(request: ContainerRef & { readonly timeout: number }): Promise<void>;
  pauseContainer(request: ContainerRef): Promise<void>;
  resumeContainer(request: ContainerRef): Promise<void>;
  updateContainer(
    request: ContainerRef & { readonly resources?: OciResources | Unset },
  ): Promise<void>;
  statsContainer(
    request: ContainerRef,
  ): Promise<{ cgroup_stats: CgroupStats; network_stats: never[] }>;
  execProcess(request: ProcessRef & { readonly process?: OciProcess | Unset }): Promise<void>;
  signalProcess(request: ProcessRef & { readonly signal: number }): Promise<void>;
  waitProcess(request: ProcessRef, signal?: AbortSignal): Promise<{ status: number }>;
  /** One read of up to `len` bytes; waits for data; empty data is the end of the stream. */
  readStdout(
    request: ProcessRef & { readonly len: number },
    signal?: AbortSignal,
  ): Promise<{ data: Uint8Array }>;
  readStderr(
    request: ProcessRef & { readonly len: number },
    signal?: AbortSignal,
  ): Promise<{ data: Uint8Array }>;
  /** Empty data closes stdin. Waits while the pipe is full. */
  writeStdin(
    request: ProcessRef & { readonly data: Uint8Array },
    signal?: AbortSignal,
  ): Promise<{ len: number }>;
  closeStdin(request: ProcessRef): Promise<void>;
  ttyWinResize(
    request: ProcessRef & { readonly row: number; readonly column: number },
  ): Promise<void>;
  copyFile(request: CopyFileRequest): Promise<void>;
  /** Long poll; each event goes to exactly one waiter. */
  getOOMEvent(signal?: AbortSignal): Promise<{ container_id: string }>;
  getGuestDetails(request: {
    readonly mem_block_size: boolean;
    readonly mem_hotplug_probe: boolean;
  }): Promise<GuestDetails>;
  getMetrics(): Promise<{ metrics: string }>;
  getDiagnosticData(
    request: ContainerRef & { readonly log_type: string },
  ): Promise<{ data: string }>;

  updateInterface(request: { readonly interface?: Interface | Unset }): Promise<Interface>;
  updateRoutes(request: {
    readonly routes?: { readonly Routes: readonly Route[] } | Unset;
  }): Promise<{ Routes: Route[] }>;
  listInterfaces(): Promise<{ Interfaces: Interface[] }>;
  listRoutes(): Promise<{ Routes: Route[] }>;
  addARPNeighbors(request: {
    readonly neighbors?: { readonly ARPNeighbors: readonly ArpNeighbor[] } | Unset;
  }): Promise<void>;
  getIPTables(request: { readonly is_ipv6: boolean }): Promise<{ data: Uint8Array }>;
  setIPTables(request: {
    readonly is_ipv6: boolean;
    readonly data: Uint8Array;
  }): Promise<{ data: Uint8Array }>;

  updateEphemeralMounts(request: { readonly storages: readonly Storage[] }): Promise<void>;
  removeStaleVirtiofsShareMounts(): Promise<void>;
  onlineCPUMem(request: { readonly nb_cpus: number; readonly cpu_only: boolean }): Promise<void>;
  memHotplugByProbe(request: { readonly memHotplugProbeAddr: readonly Int64[] }): Promise<void>;
  reseedRandomDev(request: { readonly data: Uint8Array }): Promise<void>;
  setGuestDateTime(request: { readonly Sec: Int64; readonly Usec: Int64 }): Promise<void>;
  addSwap(request: { readonly PCIPath: readonly number[] }): Promise<void>;
  addSwapPath(request: { readonly path: string }): Promise<void>;
  getVolumeStats(request: { readonly volume_guest_path: string }): Promise<VolumeStats>;
  resizeVolume(): Promise<never>;
  memAgentMemcgSet(request: unknown): Promise<void>;
  memAgentCompactSet(request: unknown): Promise<void>;
}
