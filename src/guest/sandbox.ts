/**
 * The contract of a guest: one method per effect of the agent API, with the messages of the wire in
 * and out. Every method fails with a `GuestError` whose `failure` names status and message shape.
 * Calls that wait take an AbortSignal; the sandbox owns all its processes and timers and ends them
 * in `close()`.
 */
import type { Closable } from '#base';
import type { Api } from '#wire';
import type { PodNetwork } from './pod-network.ts';

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

export interface Sandbox extends Closable, SandboxCalls {
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
}

/** Processes are addressed by exec id; the empty one and the container's own id are the init process. */
export interface SandboxCalls {
  createSandbox(request: Api.CreateSandboxRequest): Promise<void>;
  destroySandbox(): Promise<void>;
  createContainer(request: Api.CreateContainerRequest): Promise<void>;
  startContainer(request: Api.StartContainerRequest): Promise<void>;
  removeContainer(request: Api.RemoveContainerRequest): Promise<void>;
  pauseContainer(request: Api.PauseContainerRequest): Promise<void>;
  resumeContainer(request: Api.ResumeContainerRequest): Promise<void>;
  updateContainer(request: Api.UpdateContainerRequest): Promise<void>;
  statsContainer(request: Api.StatsContainerRequest): Promise<Api.StatsContainerResponse>;
  execProcess(request: Api.ExecProcessRequest): Promise<void>;
  signalProcess(request: Api.SignalProcessRequest): Promise<void>;
  waitProcess(
    request: Api.WaitProcessRequest,
    signal?: AbortSignal,
  ): Promise<Api.WaitProcessResponse>;
  /** One read of up to `len` bytes; waits for data; empty data is the end of the stream. */
  readStdout(request: Api.ReadStreamRequest, signal?: AbortSignal): Promise<Api.ReadStreamResponse>;
  readStderr(request: Api.ReadStreamRequest, signal?: AbortSignal): Promise<Api.ReadStreamResponse>;
  /** Empty data closes stdin. Waits while the pipe is full. */
  writeStdin(
    request: Api.WriteStreamRequest,
    signal?: AbortSignal,
  ): Promise<Api.WriteStreamResponse>;
  closeStdin(request: Api.CloseStdinRequest): Promise<void>;
  ttyWinResize(request: Api.TtyWinResizeRequest): Promise<void>;
  copyFile(request: Api.CopyFileRequest): Promise<void>;
  /** Long poll; each event goes to exactly one waiter. */
  getOOMEvent(signal?: AbortSignal): Promise<Api.OOMEvent>;
  getGuestDetails(request: Api.GuestDetailsRequest): Promise<Api.GuestDetailsResponse>;
  getMetrics(): Promise<Api.Metrics>;
  getDiagnosticData(request: Api.GetDiagnosticDataRequest): Promise<Api.GetDiagnosticDataResponse>;

  updateInterface(request: Api.UpdateInterfaceRequest): Promise<Api.Interface>;
  updateRoutes(request: Api.UpdateRoutesRequest): Promise<Api.Routes>;
  listInterfaces(): Promise<Api.Interfaces>;
  listRoutes(): Promise<Api.Routes>;
  addARPNeighbors(request: Api.AddARPNeighborsRequest): Promise<void>;
  getIPTables(request: Api.GetIPTablesRequest): Promise<Api.GetIPTablesResponse>;
  setIPTables(request: Api.SetIPTablesRequest): Promise<Api.SetIPTablesResponse>;

  updateEphemeralMounts(request: Api.UpdateEphemeralMountsRequest): Promise<void>;
  removeStaleVirtiofsShareMounts(): Promise<void>;
  onlineCPUMem(request: Api.OnlineCPUMemRequest): Promise<void>;
  memHotplugByProbe(request: Api.MemHotplugByProbeRequest): Promise<void>;
  reseedRandomDev(request: Api.ReseedRandomDevRequest): Promise<void>;
  setGuestDateTime(request: Api.SetGuestDateTimeRequest): Promise<void>;
  addSwap(request: Api.AddSwapRequest): Promise<void>;
  addSwapPath(request: Api.AddSwapPathRequest): Promise<void>;
  getVolumeStats(request: Api.VolumeStatsRequest): Promise<Api.VolumeStatsResponse>;
  resizeVolume(): Promise<never>;
  memAgentMemcgSet(request: unknown): Promise<void>;
  memAgentCompactSet(request: unknown): Promise<void>;
}
