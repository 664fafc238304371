/**
 * What can be wrong with a pod before any call is made, and how a refused call reads once containerd
 * and the kubelet have wrapped it. Source of the wrapped texts: containerd 2.2, internal/cri; Kubernetes 1.34, pkg/kubelet.
 */
import { KatasimError } from '#base';

export const shimErrors = {
  unknownImage: (image: string, known: readonly string[]) =>
    new KatasimError(
      'SHIM_UNKNOWN_IMAGE',
      `Failed to pull image "${image}": there is no such image here`,
      {
        hint: `The simulated registry holds: ${known.join(', ')}.`,
      },
    ),
  /** The kubelet's words, for a volume or for a variable. */
  noSuchObject: (object: string, volume?: string) =>
    new KatasimError('SHIM_NO_OBJECT', `${setUpFailed(volume)}${kindAndName(object)} not found`, {
      hint: OBJECTS_IN_MANIFEST,
    }),
  noSuchKey: (object: string, key: string, namespace: string) => {
    const [kind, name] = object.split('/');
    const title = kind === 'secret' ? 'Secret' : 'ConfigMap';
    return new KatasimError(
      'SHIM_NO_OBJECT',
      `couldn't find key ${key} in ${title} ${namespace}/${name ?? ''}`,
      { hint: 'Add the key, or mark it optional.' },
    );
  },
  noSuchItem: (object: string, key: string, volume: string) =>
    new KatasimError(
      'SHIM_NO_OBJECT',
      `${setUpFailed(volume)}${kindAndName(object)} references non-existent config key: ${key}`,
      { hint: 'Add the key, or mark it optional.' },
    ),
  /** Source: Kubernetes pkg/kubelet/kuberuntime/security_context.go, verifyRunAsNonRoot. */
  runsAsRoot: (reason: string, pod: string, container: string) =>
    new KatasimError(
      'SHIM_RUNS_AS_ROOT',
      `Error: ${reason} (pod: ${JSON.stringify(pod)}, container: ${container})`,
      { hint: 'Set runAsUser to a number above 0, or leave out runAsNonRoot.' },
    ),
  /** Source: containerd 2.2, internal/cri/util/util.go, GenerateUserString. */
  groupWithoutUser: (sandboxId: string, group: number) =>
    new KatasimError(
      'SHIM_GROUP_WITHOUT_USER',
      `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to start sandbox "${sandboxId}": failed to generate sandbox container spec options: failed to generate user string: user group "${group}" is specified without user`,
      { hint: 'Set runAsUser beside runAsGroup in the pod’s securityContext.' },
    ),
  /** Source: kata-containers 4.1.0, src/runtime/virtcontainers/remote.go. */
  noHotplug: (reason: string) =>
    new KatasimError(
      'SHIM_NO_HOTPLUG',
      `Error: failed to create containerd task: failed to create shim task: ${reason}`,
      { hint: 'A remote hypervisor plugs no disks: use emptydir_mode shared-fs.' },
    ),
  /** Source: Kubernetes 1.34, pkg/kubelet/lifecycle/handlers.go. */
  postStart: (command: readonly string[], container: string, pod: string, reason: string) =>
    new KatasimError(
      'SHIM_POST_START',
      `Exec lifecycle hook ([${command.join(' ')}]) for Container ${JSON.stringify(container)} in Pod ${JSON.stringify(pod)} failed - error: ${reason}`,
      { hint: 'The container ends with its postStart hook; a cluster would start it again.' },
    ),
  policyAnnotation: (key: string, reason: string) =>
    new KatasimError('SHIM_POLICY_ANNOTATION', `annotation ${key}: ${reason}`, {
      hint: 'The value is the standard base64 of the Rego text, without gzip: base64 -w0 policy.rego.',
    }),
  notEnabled: (key: string) =>
    new KatasimError('SHIM_ANNOTATION_NOT_ENABLED', `annotation ${key} is not enabled`, {
      hint: 'Add its last word to enable_annotations of the shim configuration.',
    }),
  initFailed: (container: string, code: number) =>
    new KatasimError(
      'SHIM_INIT_FAILED',
      `init container ${container} ended with exit code ${code}`,
      {
        hint: 'The containers start after all init containers ended with 0; a cluster would try it again.',
      },
    ),
  hypervisor: (reason: string, cause: unknown) =>
    new KatasimError('SHIM_HYPERVISOR', reason, {
      hint: 'Look at the worker: its log says why the pod VM did not come up.',
      cause,
    }),
  closed: () =>
    new KatasimError('SHIM_CLOSED', 'the sandbox is gone', {
      hint: 'Start the pod again.',
    }),
  noContainer: (name: string, known: readonly string[]) =>
    new KatasimError('SHIM_NO_CONTAINER', `container ${name} is not valid for this pod`, {
      hint: `Its containers: ${known.join(', ')}.`,
    }),
};

const OBJECTS_IN_MANIFEST = 'Put it into the same manifest, behind a line of three dashes.';

const setUpFailed = (volume: string | undefined): string =>
  volume === undefined ? '' : `MountVolume.SetUp failed for volume ${JSON.stringify(volume)} : `;

/** `configmap "app"`, as the kubelet names it. */
function kindAndName(object: string): string {
  const [kind = '', name = ''] = object.split('/');
  return `${kind.toLowerCase()} ${JSON.stringify(name)}`;
}

/** Where in the start of a pod a call was refused; decides the words around the agent's text. */
export type StartStage = 'sandbox' | 'container-create' | 'container-start';

/**
 * A pod that did not come up because the agent refused a call: the event a user reads with
 * `kubectl describe`, and the parts it is made of.
 */
export class PodStartError extends KatasimError {
  readonly stage: StartStage;
  /** The event's reason: `FailedCreatePodSandBox` or `Failed`. */
  readonly reason: string;
  /** The request message that was refused, as the policy names it. */
  readonly endpoint: string;
  readonly status: { readonly code: number; readonly message: string };

  constructor(
    text: string,
    parts: {
      readonly stage: StartStage;
      readonly reason: string;
      readonly endpoint: string;
      readonly status: { readonly code: number; readonly message: string };
      readonly cause: unknown;
    },
  ) {
    super('SHIM_POD_START', text, { cause: parts.cause });
    this.stage = parts.stage;
    this.reason = parts.reason;
    this.endpoint = parts.endpoint;
    this.status = parts.status;
  }
}

/** An exec that the agent refused: the text that kubectl prints, and the status behind it. */
export class ExecError extends KatasimError {
  readonly status: { readonly code: number; readonly message: string };
  /** What the container runtime says, without the words around it: the kubelet's probes show this. */
  readonly criText: string;

  constructor(
    text: string,
    parts: {
      readonly criText: string;
      readonly status: { readonly code: number; readonly message: string };
      readonly cause: unknown;
    },
  ) {
    super('SHIM_EXEC', text, { cause: parts.cause });
    this.status = parts.status;
    this.criText = parts.criText;
  }
}
