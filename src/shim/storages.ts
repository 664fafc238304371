/** What the agent is asked to mount: shared memory, images pulled in the guest, empty directories. */
import type { Api, Init } from '#wire';
import type { ImageConfig } from './image.ts';
import type { OciMount } from './mounts.ts';
import { rootfsPath } from './oci-spec.ts';
import type { Container, Pod } from '#kube';

export type Storage = Init<Api.Storage>;

/** Source: kata-agent.md 2.4: 64 MiB unless the pod asks for more. */
const SHM_BYTES = 64 << 20;

export const shmStorage: Storage = {
  driver: 'ephemeral',
  source: 'shm',
  fstype: 'tmpfs',
  options: ['noexec', 'nosuid', 'nodev', 'mode=1777', `size=${SHM_BYTES}`],
  mount_point: '/run/kata-containers/sandbox/shm',
};

/** The metadata is all annotations of the container. Source: kata-agent.md 5.4. */
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

/** The storage and the mount of each empty directory that the container uses. */
export function emptyDirectories(
  pod: Pod,
  container: Container,
  sandboxId: string,
): readonly { readonly storage: Storage; readonly mount: OciMount }[] {
  return container.volumeMounts.flatMap(({ name, mountPath, readOnly }) => {
    const volume = pod.volumes.find((candidate) => candidate.name === name);
    if (volume?.kind !== 'emptyDir') return [];
    const storage =
      volume.medium === 'Memory' ? memoryStorage(pod, name) : localStorage(sandboxId, name);
    const mount: OciMount = {
      destination: mountPath,
      source: storage.mount_point ?? '',
      type: 'bind',
      options: ['rbind', 'rprivate', readOnly === true ? 'ro' : 'rw'],
    };
    return [{ storage, mount }];
  });
}

function memoryStorage(pod: Pod, name: string): Storage {
  const { fsGroup } = pod.securityContext;
  return {
    driver: 'ephemeral',
    source: 'tmpfs',
    fstype: 'tmpfs',
    options: fsGroup === undefined ? [] : [`fsgid=${fsGroup}`],
    mount_point: `/run/kata-containers/sandbox/ephemeral/${name}`,
  };
}

function localStorage(sandboxId: string, name: string): Storage {
  return {
    driver: 'local',
    source: 'local',
    fstype: 'local',
    options: ['mode=0777'],
    mount_point: `/run/kata-containers/shared/containers/${sandboxId}/rootfs/local/${name}`,
  };
}
