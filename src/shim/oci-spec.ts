/**
 * A container of a pod as the OCI spec that the Go runtime sends with CreateContainer, already with
 * the changes of kata-agent.md 5.4: no hooks, no seccomp profile (disable_guest_seccomp of the remote
 * configuration), namespaces without network, cgroup, time and pid, resources cleared.
 */
import type { Api, Init } from '#wire';
import { capabilitiesOf } from './capabilities.ts';
import type { ImageConfig } from './image.ts';
import {
  containerMounts,
  maskedPaths,
  readonlyPaths,
  sandboxMounts,
  type OciMount,
} from './mounts.ts';
import { type Container, hostnameOf, type Pod, qosClass } from '#kube';
import { userOf } from './user.ts';
import {
  linuxResources,
  oomScore,
  SANDBOX_OOM_SCORE,
  sandboxResources,
  sandboxSizeAnnotations,
} from './resources.ts';

/** The version of the OCI runtime spec that containerd 2.0 writes. */
const OCI_VERSION = '1.1.0';
const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** The user of the pause image. Source: kata-agent.md 2.3. */
const PAUSE_ID = 65535;

export interface SpecIdentity {
  readonly pod: Pod;
  readonly podUid: string;
  readonly sandboxId: string;
  readonly containerId: string;
  /** The network namespace on the worker, which the runtime notes in the sandbox's annotations. */
  readonly networkNamespacePath: string;
}

const bundlePath = (containerId: string): string =>
  `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${containerId}`;

/** Guest pull: the agent unpacks the image here. Source: kata-agent.md 5.4. */
export const rootfsPath = (containerId: string): string =>
  `/run/kata-containers/${containerId}/rootfs`;

export function sandboxSpec(identity: SpecIdentity, copied: readonly OciMount[]): Init<Api.Spec> {
  const { pod, sandboxId } = identity;
  return {
    Version: OCI_VERSION,
    Process: {
      User: { UID: PAUSE_ID, GID: PAUSE_ID, AdditionalGids: [PAUSE_ID] },
      Args: ['/pause'],
      Env: [DEFAULT_PATH],
      Cwd: '/',
      Capabilities: capabilitySets(capabilitiesOf({})),
      NoNewPrivileges: true,
      OOMScoreAdj: SANDBOX_OOM_SCORE,
    },
    Root: { Path: rootfsPath(sandboxId), Readonly: true },
    Hostname: hostnameOf(pod),
    Mounts: [...sandboxMounts, ...copied],
    Annotations: sandboxAnnotations(identity),
    Linux: linux(identity, sandboxResources, { privileged: false }),
  };
}

export function containerSpec(
  identity: SpecIdentity,
  container: Container,
  image: ImageConfig,
  copied: readonly OciMount[],
): Init<Api.Spec> {
  const { pod, containerId } = identity;
  const context = { ...pod.securityContext, ...container.securityContext };
  const privileged = context.privileged === true;
  return {
    Version: OCI_VERSION,
    Process: {
      Terminal: container.tty,
      User: userOf(context, image),
      Args: argsOf(container, image),
      Env: envOf(pod, container, image),
      Cwd: container.workingDir ?? (image.workingDir || '/'),
      Capabilities: capabilitySets(capabilitiesOf(context)),
      NoNewPrivileges: context.allowPrivilegeEscalation === false,
      OOMScoreAdj: oomScore(container, qosClass(pod)),
    },
    Root: {
      Path: rootfsPath(containerId),
      Readonly: context.readOnlyRootFilesystem === true,
    },
    Mounts: [...containerMounts(privileged), ...copied],
    Annotations: containerAnnotations(identity, container, image),
    Linux: linux(identity, linuxResources(container), { privileged }),
  };
}

export function argsOf(
  { command, args }: Pick<Container, 'command' | 'args'>,
  { entrypoint, cmd }: ImageConfig,
): readonly string[] {
  // A command replaces the entrypoint and drops the image's own arguments with it.
  if (command !== undefined) return [...command, ...(args ?? [])];
  return [...entrypoint, ...(args ?? cmd)];
}

/** `container` is resolved: its variables have their values, those of services among them. */
function envOf(pod: Pod, container: Container, image: ImageConfig): readonly string[] {
  const path = image.env.find((entry) => entry.startsWith('PATH=')) ?? DEFAULT_PATH;
  const entries = [
    path,
    `HOSTNAME=${hostnameOf(pod)}`,
    ...(container.tty ? ['TERM=xterm'] : []),
    ...image.env.filter((entry) => !entry.startsWith('PATH=')),
    ...container.env.map(({ name, value }) => `${name}=${value}`),
  ];
  // A later value of a name replaces the earlier one in its place.
  const byName = new Map<string, string>();
  for (const entry of entries) byName.set(nameOf(entry), entry);
  return [...byName.values()];
}

const nameOf = (entry: string): string => entry.split('=', 1)[0] ?? '';

function capabilitySets(names: readonly string[]): Init<Api.LinuxCapabilities> {
  return { Bounding: names, Effective: names, Permitted: names };
}

function linux(
  { pod, podUid, containerId }: SpecIdentity,
  resources: Init<Api.LinuxResources>,
  { privileged }: { readonly privileged: boolean },
): Init<Api.Linux> {
  const slice = `kubepods-${qosClass(pod)}-pod${podUid.replaceAll('-', '_')}.slice`;
  return {
    Resources: resources,
    CgroupsPath: `${slice.replace('-guaranteed', '')}:cri-containerd:${containerId}`,
    Namespaces: ['ipc', 'uts', 'mount'].map((Type) => ({ Type, Path: '' })),
    MaskedPaths: privileged ? [] : maskedPaths,
    ReadonlyPaths: privileged ? [] : readonlyPaths,
  };
}

/** Source: kata-agent.md 5.5. */
function commonAnnotations({ pod, podUid, sandboxId, containerId }: SpecIdentity) {
  return {
    'io.katacontainers.pkg.oci.bundle_path': bundlePath(containerId),
    'io.kubernetes.cri.sandbox-id': sandboxId,
    'io.kubernetes.cri.sandbox-name': pod.name,
    'io.kubernetes.cri.sandbox-namespace': pod.namespace,
    'io.kubernetes.cri.sandbox-uid': podUid,
  };
}

function sandboxAnnotations(identity: SpecIdentity): Record<string, string> {
  const { pod, podUid, networkNamespacePath } = identity;
  return {
    ...commonAnnotations(identity),
    'io.katacontainers.pkg.oci.container_type': 'pod_sandbox',
    'io.kubernetes.cri.container-type': 'sandbox',
    'io.kubernetes.cri.sandbox-log-directory': `/var/log/pods/${pod.namespace}_${pod.name}_${podUid}`,
    'nerdctl/network-namespace': networkNamespacePath,
    ...sandboxSizeAnnotations(pod),
  };
}

function containerAnnotations(
  identity: SpecIdentity,
  container: Container,
  image: ImageConfig,
): Record<string, string> {
  return {
    ...commonAnnotations(identity),
    'io.katacontainers.pkg.oci.container_type': 'pod_container',
    'io.kubernetes.cri.container-type': 'container',
    'io.kubernetes.cri.container-name': container.name,
    'io.kubernetes.cri.image-name': image.reference,
  };
}
