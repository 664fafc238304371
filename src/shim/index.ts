/** Door of `shim`: a pod into the Go runtime's calls, and the words users see when one is refused. */
export { agentCalls, type AgentCalls } from './agent-calls.ts';
export {
  createVmAnnotations,
  DEFAULT_ENABLED_ANNOTATIONS,
  POLICY_ANNOTATION,
  readAnnotations,
  type ShimAnnotations,
} from './annotations.ts';
export { NODE_IP, NODE_NAME } from './downward.ts';
export { ExecError, PodStartError, type StartStage } from './errors.ts';
export { DEFAULT_EMPTY_DIRS, type EmptyDirSettings, type PodNetwork } from './plan-context.ts';
export { remoteHypervisor, type Hypervisor } from './hypervisor.ts';
export type { ImageConfig, ImageRegistry } from './image.ts';
export { openExec, type ExecBase, type ExecOptions } from './exec.ts';
export type { PodSandbox, RunningContainer } from './pod-sandbox.ts';
export { startPod } from './start-pod.ts';
export type { PodPlacement, ShimOptions, StartPodOptions } from './start-options.ts';
export type { ProcessSession, ProcessStreams } from './process-session.ts';
export { runtimes, type Runtime, type RuntimeName } from './runtime.ts';
export { execRefused, goCode, rpcError, sandboxRefused } from './words.ts';
