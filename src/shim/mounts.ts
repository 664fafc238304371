/**
 * The mounts of a container that containerd always makes, and the kinds of mounts that pods add.
 * Sources: containerd 2.2, pkg/oci/mounts.go and internal/cri/server/container_create.go;
 * kata-containers 4.1.0, src/runtime/virtcontainers/kata_agent.go (handleShm).
 */
import type { Container, MountPropagation } from '#kube';
import type { Api, Init } from '#wire';

export type OciMount = Init<Api.Mount>;

/**
 * A file or directory of the node and where it appears in the container. A remote pod VM shares no file
 * system, so it is copied (CopyFile) and its mount points at the copy.
 */
export interface HostFile {
  readonly destination: string;
  readonly mode: number;
  readonly options: readonly string[];
  /** Of a single file. Contents are latin1, byte for byte. */
  readonly content?: string | undefined;
  /** Of a directory, by relative path. */
  readonly files?: ReadonlyMap<string, CopiedFile> | undefined;
  /** fsGroup of the pod, on volumes. */
  readonly gid?: number | undefined;
  /** What is copied, where a runtime copies it once for all containers of a pod. */
  readonly source?: string | undefined;
  /** An emptyDir that the runtime does not make in the guest: its copy is named after the volume. */
  readonly emptyDir?: string | undefined;
}

export interface CopiedFile {
  readonly content: string;
  readonly mode: number;
  readonly uid?: number | undefined;
}

/** One mount of a container, in the order of the spec. */
export type PlannedMount =
  | { readonly kind: 'copied'; readonly destination: string; readonly file: HostFile }
  /** Made by the guest: the storage, and the mount of it. */
  | {
      readonly kind: 'storage';
      readonly destination: string;
      readonly storage: Storage;
      readonly mount: OciMount;
    }
  /** As it stands: the file systems of containerd, /dev/shm, and paths that exist in the guest. */
  | { readonly kind: 'mount'; readonly destination: string; readonly mount: OciMount };

export type Storage = Init<Api.Storage>;

const fixed: readonly OciMount[] = [
  {
    destination: '/proc',
    source: 'proc',
    type: 'proc',
    options: ['nosuid', 'noexec', 'nodev'],
  },
  {
    destination: '/dev',
    source: 'tmpfs',
    type: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    destination: '/dev/pts',
    source: 'devpts',
    type: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  {
    destination: '/dev/mqueue',
    source: 'mqueue',
    type: 'mqueue',
    options: ['nosuid', 'noexec', 'nodev'],
  },
];

const sys = (readOnly: boolean): OciMount => ({
  destination: '/sys',
  source: 'sysfs',
  type: 'sysfs',
  options: ['nosuid', 'noexec', 'nodev', readOnly ? 'ro' : 'rw'],
});

const cgroup = (readOnly: boolean): OciMount => ({
  destination: '/sys/fs/cgroup',
  source: 'cgroup',
  type: 'cgroup',
  options: ['nosuid', 'noexec', 'nodev', 'relatime', readOnly ? 'ro' : 'rw'],
});

/** The shared memory of the sandbox, made by the guest. */
export const sharedMemory: OciMount = {
  destination: '/dev/shm',
  source: '/run/kata-containers/sandbox/shm',
  type: 'bind',
  options: ['rbind'],
};

/** Without /dev/shm, which comes among the mounts that a pod adds. */
export const sandboxMounts: readonly OciMount[] = [...fixed, sys(true)];

export function containerMounts(privileged: boolean): readonly OciMount[] {
  return [...fixed, sys(!privileged), cgroup(!privileged)];
}

export function copiedMount({ destination, options }: HostFile, guestPath: string): OciMount {
  return { destination, source: guestPath, type: 'bind', options: [...options] };
}

/** Of the sandbox. Source: containerd 2.2, pkg/oci/spec.go, populateDefaultUnixSpec. */
export const sandboxMaskedPaths = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
  '/proc/scsi',
];

/** Of a container: the kubelet names them. Source: Kubernetes 1.34, pkg/securitycontext/util.go. */
export const containerMaskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

export const readonlyPaths = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

/** Source: containerd 2.2, internal/cri/opts/spec_linux_opts.go; Kubernetes, translateMountPropagation. */
const propagations: Readonly<Record<MountPropagation, string>> = {
  None: 'rprivate',
  HostToContainer: 'rslave',
  Bidirectional: 'rshared',
};

export const bindOptions = (
  propagation: MountPropagation,
  readOnly: boolean,
): readonly string[] => ['rbind', propagations[propagation], readOnly ? 'ro' : 'rw'];

/** The propagation of the root file system that the mounts ask for; empty is the default. */
export function rootPropagation({ volumeMounts }: Container): string {
  const asked = new Set(volumeMounts.map(({ propagation }) => propagations[propagation]));
  return ['rshared', 'rslave'].find((one) => asked.has(one)) ?? '';
}
