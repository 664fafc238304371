/**
 * A status of the agent as users see it: wrapped by the Go shim, containerd, the kubelet and kubectl.
 * Tests and scripts of users look for these texts, so they are exact.
 * Source: users-and-conventions.md 5.2, peer-pods.md 7.2.
 */

export interface Status {
  readonly code: number;
  readonly message: string;
}

/** Go's names of the status codes: `codes.Code.String()`. */
const goNames: readonly string[] = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

export function goCode(code: number): string {
  return goNames[code] ?? `Code(${code})`;
}

/** `status.Error()` of grpc-go. */
export function rpcError({ code, message }: Status): string {
  return `rpc error: code = ${goCode(code)} desc = ${message}`;
}

/** A refused ExecProcess as containerd tells it. */
export function execFailed(execId: string, containerId: string, status: Status): string {
  const shim = `cannot enter container ${containerId}, with err ${rpcError(status)}: unknown`;
  return `failed to exec in container: failed to start exec "${execId}": ${shim}`;
}

/** What `kubectl exec` prints of it (WebSocket path). */
export function execRefused(criText: string): string {
  const stream = `error executing command in container: ${criText}`;
  return `error: Internal error occurred: Internal error occurred: ${stream}`;
}

/** The event of a sandbox that did not come up: reason FailedCreatePodSandBox. */
export function sandboxRefused(sandboxId: string, status: Status): string {
  const task = `failed to create containerd task: failed to create shim task: ${status.message}`;
  const start = `failed to start sandbox "${sandboxId}": ${task}`;
  return `Failed to create pod sandbox: rpc error: code = ${goCode(status.code)} desc = ${start}`;
}

/** The event of a container that was not created: reason Failed. */
export function containerRefused(status: Status): string {
  return `Error: failed to create containerd task: failed to create shim task: ${status.message}`;
}

/** The event of a container that was created and not started: reason Failed. */
export function containerNotStarted(containerId: string, status: Status): string {
  return `Error: failed to start containerd task "${containerId}": ${status.message}`;
}
