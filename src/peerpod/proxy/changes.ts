/**
 * What the agent proxy changes on the way to the pod VM. Source: cloud-api-adaptor v0.22.0
 * (cloud-api-adaptor pkg/adaptor/proxy/service.go).
 */
import { silentLogger, type Logger } from '#base';
import type { Api } from '#wire';
import type { RequestChanges } from '../relay/redirector.ts';

export const VOLUME_TARGETS_ANNOTATION = 'io.confidentialcontainers.org.peerpodvolumes.target_path';
export const CLOUD_VOLUMES_ANNOTATION = 'io.confidentialcontainers.org.cloud_volumes';
const GPUS_ANNOTATION = 'io.katacontainers.config.hypervisor.default_gpus';
const CDI_ANNOTATION = 'cdi.k8s.io/peer-pods';
const CSI_MARK = '/volumes/kubernetes.io~csi/';
const GUEST_PULL = 'image_guest_pull';

/** One CSI volume as the direct-volumes directory of the node describes it. */
interface DirectVolume {
  readonly mount_point: string;
  readonly fs_type: string;
  readonly lun: string;
  readonly disk_id: string;
  readonly fs_group?: string;
  readonly encrypt_type?: string;
  readonly key_id?: string;
}

/** /run/kata-containers/shared/direct-volumes on the worker. */
export interface DirectVolumes {
  /** Whether a directory named after this mount source exists there. */
  has(mountSource: string): boolean;
  /** What a cloud volume needs, when the directory describes one. */
  cloudVolume(mount: { source: string; destination: string }): DirectVolume | undefined;
}

export const noDirectVolumes: DirectVolumes = {
  has: () => false,
  cloudVolume: () => undefined,
};

export function proxyChanges(
  volumes: DirectVolumes = noDirectVolumes,
  log: Logger = silentLogger,
): RequestChanges {
  return {
    CreateContainer: (request) => {
      createContainer(request, volumes, log);
    },
    // Upstream writes the whole policy text into the worker's log; we keep it below info.
    SetPolicy: ({ policy }) => log.debug({ policy }, 'SetPolicy'),
  };
}

function createContainer(
  request: Api.CreateContainerRequest,
  volumes: DirectVolumes,
  log: Logger,
): void {
  const id = request.container_id;
  log.info({ containerId: id, mounts: request.OCI?.Mounts.length ?? 0 }, 'CreateContainer');
  if (!request.storages.some(({ driver }) => driver === GUEST_PULL)) {
    log.info({ containerId: id }, 'no image_guest_pull storage: images cannot be pulled');
  }
  if (request.OCI === null) return;
  const { Annotations: annotations, Mounts: mounts } = request.OCI;
  const targets = volumeTargets(annotations[VOLUME_TARGETS_ANNOTATION] ?? '', mounts, volumes);
  if (targets !== '') annotations[VOLUME_TARGETS_ANNOTATION] = targets;
  if ((annotations[GPUS_ANNOTATION] ?? '') !== '') {
    annotations[CDI_ANNOTATION] = 'nvidia.com/gpu=all';
  }
  const cloud = cloudVolumes(mounts, volumes);
  if (cloud !== undefined) annotations[CLOUD_VOLUMES_ANNOTATION] = JSON.stringify(cloud);
}

/**
 * A comma goes before every target whose mount is not the first, so the list may start with one.
 */
function volumeTargets(
  existing: string,
  mounts: readonly Api.Mount[],
  volumes: DirectVolumes,
): string {
  let targets = existing;
  mounts.forEach(({ source }, index) => {
    if (!source.includes(CSI_MARK) || !volumes.has(source)) return;
    targets += (index > 0 ? ',' : '') + source;
  });
  return targets;
}

function cloudVolumes(
  mounts: readonly Api.Mount[],
  volumes: DirectVolumes,
): Record<string, DirectVolume> | undefined {
  const found = mounts.map((mount) => volumes.cloudVolume(mount)).filter((v) => v !== undefined);
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map((volume, n) => [`vol-${n}`, volume]));
}
