/**
 * A container of a pod as the OCI spec that the Go runtime sends with CreateContainer, already with its
 * changes: no hooks, no seccomp profile (disable_guest_seccomp of the remote configuration), namespaces
 * without network, cgroup, time and pid, resources cleared.
 * Sources: containerd 2.2, internal/cri/server (container_create.go, podsandbox/sandbox_run_linux.go);
 * kata-containers 4.1.0, src/runtime/virtcontainers/kata_agent.go (constrainGRPCSpec).
 */
import type { Api, Init } from '#wire';
import { capabilitiesOf } from './capabilities.ts';
import type { ImageConfig } from './image.ts';
import {
  containerMaskedPaths,
  readonlyPaths,
  rootPropagation,
  sandboxMaskedPaths,
  sandboxMounts,
  sharedMemory,
  type OciMount,
} from './mounts.ts';
import { type Container, effectiveSecurityContext, hostnameOf, type Pod, qosClass } from '#kube';
import { sandboxUser, userOf } from './user.ts';
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
/** The worker's pause image. Source: containerd 2.2, internal/cri/config, DefaultSandboxImage. */
const PAUSE_IMAGE = 'registry.k8s.io/pause:3.10';
/** Of every sandbox with a network of its own. Source: containerd 2.2, sandbox_run_linux.go. */
const SANDBOX_SYSCTLS = {
  'net.ipv4.ip_unprivileged_port_start': '0',
  'net.ipv4.ping_group_range': '0 2147483647',
};

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

/** Guest pull: the agent unpacks the image here. */
export const rootfsPath = (containerId: string): string =>
  `/run/kata-containers/${containerId}/rootfs`;

export function sandboxSpec(identity: SpecIdentity, copied: readonly OciMount[]): Init<Api.Spec> {
  const { pod, sandboxId } = identity;
  return {
    Version: OCI_VERSION,
    Process: {
      User: sandboxUser(pod.securityContext),
      Args: ['/pause'],
      Env: [DEFAULT_PATH],
      Cwd: '/',
      Capabilities: capabilitySets(capabilitiesOf({})),
      NoNewPrivileges: true,
      OOMScoreAdj: SANDBOX_OOM_SCORE,
    },
    Root: { Path: rootfsPath(sandboxId), Readonly: true },
    Hostname: hostnameOf(pod),
    Mounts: [...sandboxMounts, sharedMemory, ...copied],
    Annotations: sandboxAnnotations(identity),
    Linux: {
      ...linux(identity, sandboxResources),
      Sysctl: { ...SANDBOX_SYSCTLS, ...pod.securityContext.sysctls },
      MaskedPaths: sandboxMaskedPaths,
      ReadonlyPaths: readonlyPaths,
    },
  };
}

export function containerSpec(
  identity: SpecIdentity,
  container: Container,
  image: ImageConfig,
  mounts: readonly OciMount[],
): Init<Api.Spec> {
  const { pod, containerId } = identity;
  const context = effectiveSecurityContext(pod.securityContext, container.securityContext);
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
    Mounts: mounts,
    Annotations: containerAnnotations(identity, container, image),
    Linux: {
      ...linux(identity, linuxResources(container)),
      MaskedPaths: privileged ? [] : containerMaskedPaths,
      ReadonlyPaths: privileged ? [] : readonlyPaths,
      RootfsPropagation: rootPropagation(container),
    },
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
): Init<Api.Linux> {
  const slice = `kubepods-${qosClass(pod)}-pod${podUid.replaceAll('-', '_')}.slice`;
  return {
    Resources: resources,
    CgroupsPath: `${slice.replace('-guaranteed', '')}:cri-containerd:${containerId}`,
    Namespaces: ['ipc', 'uts', 'mount'].map((Type) => ({ Type, Path: '' })),
  };
}

/** Source: containerd 2.2, internal/cri/annotations; kata-containers 4.1.0, src/runtime/pkg/oci. */
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
    'io.kubernetes.cri.podsandbox.image-name': PAUSE_IMAGE,
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
