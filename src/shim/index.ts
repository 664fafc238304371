/** Door of `shim`: a pod into the Go runtime's calls, and the words users see when one is refused. */
export { agentCalls } from './agent-calls.ts';
export { createVmAnnotations, POLICY_ANNOTATION, readAnnotations } from './annotations.ts';
export { NODE_IP, NODE_NAME } from './downward.ts';
export { ExecError, PodStartError } from './errors.ts';
export type { EmptyDirSettings } from './plan-context.ts';
export { remoteHypervisor } from './hypervisor.ts';
export type { ImageConfig, ImageRegistry } from './image.ts';
export { openExec, type ExecBase, type ExecOptions } from './exec.ts';
export type { PodSandbox, RunningContainer } from './pod-sandbox.ts';
export { startPod } from './start-pod.ts';
export type { ShimOptions, StartPodOptions } from './start-options.ts';
export type { ProcessSession } from './process-session.ts';
export { runtimes, type RuntimeName } from './runtime.ts';
export { rpcError } from './words.ts';
