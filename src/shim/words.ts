/**
 * A status of the agent as users see it: wrapped by the Go shim, containerd, the kubelet and kubectl.
 * Tests and scripts of users look for these texts, so they are exact.
 * Sources: containerd 2.2, internal/cri; Kubernetes 1.34, pkg/kubelet; Kata 4.1.0, src/runtime and src/runtime-rs.
 */

import { codeName } from '#rpc';

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

/** How a shim words the agent's refusal of a call. */
export interface RuntimeWords {
  readonly exec: (containerId: string, status: Status) => string;
  readonly create: (status: Status) => string;
  readonly start: (status: Status) => string;
  /** A disk that the remote hypervisor cannot plug. */
  readonly hotplug: string;
  /** What precedes `failed to create shim task` in the event of a sandbox, and the code it carries. */
  readonly sandbox: (sandboxId: string, status: Status) => string;
}

export const goWords: RuntimeWords = {
  exec: (containerId, status) =>
    `cannot enter container ${containerId}, with err ${rpcError(status)}: unknown`,
  create: ({ message }) => message,
  start: ({ message }) => message,
  hotplug: 'HotplugAddDevice: not implemented',
  sandbox: (sandboxId, { code }) =>
    `rpc error: code = ${goCode(code)} desc = failed to start sandbox "${sandboxId}": `,
};

/**
 * A chain of causes, printed as Rust prints errors and strings for debugging. The shim's error is no
 * status of its own: containerd makes Unknown of it.
 */
export const rustWords: RuntimeWords = {
  exec: (_containerId, status) =>
    rustError(['start process', 'start', 'enter process', 'exec process'], status),
  create: (status) => rustError(['create container', 'agent create container'], status),
  start: (status) => rustError(['start process', 'start', 'start container'], status),
  hotplug: 'RemoteInner::add_device(): NOT YET IMPLEMENTED',
  sandbox: () => 'rpc error: code = Unknown desc = ',
};

function rustError([first = '', ...causes]: readonly string[], { code, message }: Status): string {
  const name = codeName(code);
  const rpc = `rpc status: Status { code: ${name}, message: ${JSON.stringify(message)} }`;
  const chain = [...causes, rpc].map((cause, index) => `    ${index}: ${cause}`).join('\n');
  const text = `failed to handle message ${first}\n\nCaused by:\n${chain}`;
  return `Others(${JSON.stringify(text)})`;
}

/** A refused ExecProcess as containerd tells it. */
export function execFailed(execId: string, shim: string): string {
  return `failed to exec in container: failed to start exec "${execId}": ${shim}`;
}

/** What `kubectl exec` prints of it (WebSocket path). */
export function execRefused(criText: string): string {
  const stream = `error executing command in container: ${criText}`;
  return `error: Internal error occurred: Internal error occurred: ${stream}`;
}

/** The event of a sandbox that did not come up: reason FailedCreatePodSandBox. */
export function sandboxRefused(words: RuntimeWords, sandboxId: string, status: Status): string {
  const task = `failed to create containerd task: failed to create shim task: ${words.create(status)}`;
  return `Failed to create pod sandbox: ${words.sandbox(sandboxId, status)}${task}`;
}

/** The event of a container that was not created: reason Failed. */
export function containerRefused(words: RuntimeWords, status: Status): string {
  return `Error: failed to create containerd task: failed to create shim task: ${words.create(status)}`;
}

/** The event of a container that was created and not started: reason Failed. */
export function containerNotStarted(
  words: RuntimeWords,
  containerId: string,
  status: Status,
): string {
  return `Error: failed to start containerd task "${containerId}": ${words.start(status)}`;
}
