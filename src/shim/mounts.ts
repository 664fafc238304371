/**
 * The mounts of a container: the fixed ones of containerd, and the files of this machine that the
 * kubelet and containerd add. A remote pod VM shares no file system, so each such file is copied
 * (CopyFile) and its mount points at the copy. Sources: kata-agent.md 5.2 and 5.4.
 */
import type { Api, Init } from '#wire';

export type OciMount = Init<Api.Mount>;

/** A file of the host and where it appears in the container. */
export interface HostFile {
  readonly destination: string;
  readonly mode: number;
  readonly options: readonly string[];
  /** Of a single file. Contents are latin1, byte for byte. */
  readonly content?: string;
  /** Of a directory, by relative path. */
  readonly files?: ReadonlyMap<string, { readonly content: string; readonly mode: number }>;
}

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

/** The shared memory of the sandbox, made by the guest. Source: kata-agent.md 5.4. */
const sharedMemory: OciMount = {
  destination: '/dev/shm',
  source: '/run/kata-containers/sandbox/shm',
  type: 'bind',
  options: ['rbind'],
};

export const sandboxMounts: readonly OciMount[] = [...fixed, sys(true), sharedMemory];

export function containerMounts(privileged: boolean): readonly OciMount[] {
  return [...fixed, sys(!privileged), cgroup(!privileged), sharedMemory];
}

export function copiedMount({ destination, options }: HostFile, guestPath: string): OciMount {
  return { destination, source: guestPath, type: 'bind', options: [...options] };
}

/** Source: OCI runtime defaults of containerd. */
export const maskedPaths = [
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

export const readonlyPaths = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];
