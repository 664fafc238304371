/**
 * The cloud_volumes annotation: disks that the forwarder mounts before the container is created.
 * Rules and texts: cloud-api-adaptor v0.22.0 pkg/forwarder/interceptor/interceptor.go. The disks
 * themselves are the pod VM's business (`VolumeHost`).
 */
import type { Api } from '#wire';
import { Code, RpcStatusError } from '#rpc';
import { messageOf } from '#base';

export interface CloudVolume {
  readonly name: string;
  readonly mountPoint: string;
  readonly lun: number;
  readonly fsType: string;
  readonly fsGroup: string | undefined;
  readonly encryptType: 'luks' | 'luks2' | undefined;
  readonly keyId: string | undefined;
}

/** The pod VM as the forwarder's interceptor needs it; every call may fail. */
export interface VolumeHost {
  exists(path: string): Promise<boolean> | boolean;
  makeDirectory(path: string): Promise<void> | void;
  isMountPoint(path: string): Promise<boolean> | boolean;
  /** Waits for the disk, decrypts and mounts it at `path`. */
  mount(volume: CloudVolume, path: string, signal: AbortSignal): Promise<void>;
  unmount(volume: CloudVolume, path: string): Promise<void>;
}

const MOUNT_ROOT = '/run/cloud-volumes';
const FS_TYPES = ['ext4', 'ext3', 'xfs'];

const refuse = (message: string): RpcStatusError => new RpcStatusError(Code.UNKNOWN, message);

export const cloudVolumePath = ({ name }: CloudVolume): string => `${MOUNT_ROOT}/${name}`;

/** In the order of their keys. */
export function parseCloudVolumes(annotation: string): CloudVolume[] {
  let entries: unknown;
  try {
    entries = JSON.parse(annotation);
    if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) {
      throw new Error('not an object');
    }
  } catch (error) {
    throw refuse(
      `corrupt cloud_volumes annotation (pod would start without volumes): ${messageOf(error)}`,
    );
  }
  return Object.entries(entries)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, fields]) => parseVolume(name, fields as Record<string, unknown> | null));
}

function parseVolume(name: string, fields: Record<string, unknown> | null): CloudVolume {
  const text = (key: string): string | undefined => {
    const value = fields?.[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  if (name === '' || name === '.' || name === '..' || name.includes('/')) {
    throw refuse(`cloud volume "${name}" has unsafe name`);
  }
  const [mountPoint, lun] = [text('mount_point'), text('lun')];
  if (mountPoint === undefined || lun === undefined) {
    throw refuse(`cloud volume ${name} missing required mount_point or lun field`);
  }
  const fsType = text('fs_type') ?? 'ext4';
  if (!FS_TYPES.includes(fsType)) {
    throw refuse(
      `cloud volume ${name} requests unsupported filesystem type "${fsType}" (allowed: ext4, ext3, xfs)`,
    );
  }
  if (!/^[+-]?\d+$/.test(lun)) {
    throw refuse(
      `cloud volume ${name} has invalid lun "${lun}": strconv.Atoi: parsing "${lun}": invalid syntax`,
    );
  }
  const encrypt = text('encrypt_type');
  return {
    name,
    mountPoint,
    lun: Number(lun),
    fsType,
    fsGroup: text('fs_group'),
    encryptType: encrypt === 'luks' || encrypt === 'luks2' ? encrypt : undefined,
    keyId: text('key_id'),
  };
}

/** The mount at the volume's destination becomes a bind of where the disk is mounted. */
export function bindCloudVolume(mounts: readonly Api.Mount[], volume: CloudVolume): void {
  for (const mount of mounts) {
    if (mount.destination !== volume.mountPoint) continue;
    mount.source = cloudVolumePath(volume);
    mount.type = 'bind';
  }
}
