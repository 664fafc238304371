/**
 * What the agent is asked to mount: shared memory, images pulled in the guest, empty directories.
 * Source: kata-containers 4.1.0, src/runtime/virtcontainers/kata_agent.go (setupStorages,
 * handleEphemeralStorage, handleHugepages, handleLocalStorage).
 */
import { bytesOf, type Volume } from '#kube';
import { shimErrors } from './errors.ts';
import type { ImageConfig } from './image.ts';
import type { PlannedMount, Storage } from './mounts.ts';
import { rootfsPath } from './oci-spec.ts';
import type { PlacedMount, PlanContext } from './plan-context.ts';
import { hugePageLimits } from './resources.ts';

/** 64 MiB, containerd's size of /dev/shm. */
const SHM_BYTES = 64 << 20;
const SANDBOX = '/run/kata-containers/sandbox';

export const shmStorage: Storage = {
  driver: 'ephemeral',
  source: 'shm',
  fstype: 'tmpfs',
  options: ['noexec', 'nosuid', 'nodev', 'mode=1777', `size=${SHM_BYTES}`],
  mount_point: `${SANDBOX}/shm`,
};

/** The metadata is all annotations of the container. */
export function imageStorage(
  containerId: string,
  image: Pick<ImageConfig, 'reference'>,
  annotations: Readonly<Record<string, string>>,
): Storage {
  return {
    driver: 'image_guest_pull',
    driver_options: [`image_guest_pull=${JSON.stringify({ metadata: annotations })}`],
    source: image.reference,
    fstype: 'overlay',
    mount_point: rootfsPath(containerId),
  };
}

type EmptyDir = Volume & { readonly kind: 'emptyDir' };

/** An emptyDir as a whole, by medium and by the runtime's configuration. */
export function emptyDirMount(
  volume: EmptyDir,
  mount: PlacedMount,
  context: PlanContext,
): PlannedMount {
  const { emptyDirs, runtime } = context;
  if (volume.medium === 'Memory') return memoryMount(volume, mount, context);
  if (volume.medium.startsWith('HugePages')) return hugePagesMount(volume, mount, context);
  // The remote hypervisor has no way to plug a disk.
  if (emptyDirs.mode !== 'shared-fs') throw shimErrors.noHotplug(runtime.words.hotplug);
  if (emptyDirs.disableGuestEmptyDir && runtime.copiesEmptyDirs) {
    const { mountPath: destination, options } = mount;
    const { fsGroup: gid } = context.pod.securityContext;
    const file = { destination, options, mode: 0o040777, files: new Map(), gid };
    return {
      kind: 'copied',
      destination,
      file: { ...file, source: volume.name, emptyDir: volume.name },
    };
  }
  return localMount(volume, mount, context);
}

/** The directory on the node belongs to fsGroup; the runtime looks at it and hands that on. */
const groupOption = ({ pod }: PlanContext): readonly string[] => {
  const { fsGroup = 0 } = pod.securityContext;
  return fsGroup === 0 ? [] : [`fsgid=${fsGroup}`];
};

function memoryMount({ name }: EmptyDir, mount: PlacedMount, context: PlanContext): PlannedMount {
  return storageMount(mount, 'bind', {
    driver: 'ephemeral',
    source: 'tmpfs',
    fstype: 'tmpfs',
    options: groupOption(context),
    mount_point: `${SANDBOX}/ephemeral/${name}`,
  });
}

/** The mount keeps the type `local`; only its source changes. */
function localMount({ name }: EmptyDir, mount: PlacedMount, context: PlanContext): PlannedMount {
  const { runtime, sandboxId } = context;
  return storageMount(mount, 'local', {
    driver: 'local',
    source: 'local',
    fstype: 'local',
    options: ['mode=0777', ...groupOption(context)],
    mount_point: `${runtime.shareDirectory}/${sandboxId}/rootfs/local/${name}`,
  });
}

function hugePagesMount(
  { name, medium }: EmptyDir,
  mount: PlacedMount,
  { pod }: PlanContext,
): PlannedMount {
  const limits = pod.containers.flatMap(hugePageLimits);
  const pageSize = medium.slice('HugePages-'.length);
  const limit = limits.find(([size]) => pageSize === '' || size === pageSize);
  const bytes = bytesOf(limit?.[0] ?? pageSize);
  return storageMount(mount, 'bind', {
    driver: 'ephemeral',
    source: 'nodev',
    fstype: 'hugetlbfs',
    options: [`pagesize=${bytes},size=${limit?.[1] ?? ''}`],
    mount_point: `${SANDBOX}/ephemeral/${name}`,
  });
}

function storageMount(
  { mountPath: destination, options }: PlacedMount,
  type: string,
  storage: Storage,
): PlannedMount {
  const mount = { destination, source: storage.mount_point ?? '', type, options: [...options] };
  return { kind: 'storage', destination, storage, mount };
}
