/**
 * What the storage handlers ask of a storage before anything is mounted.
 * Source: kata-containers 4.1.0 src/agent/src/storage, src/agent/src/mount.rs baremount.
 */
import { rustString } from '#base';
import type { Api } from '#wire';
import { anyhow, guestErrors } from './errors.ts';
import type { FileView } from './fs/view.ts';
import { waitForMmioBlock, waitForPciBlock, waitForPmem, waitForScsi } from './hotplug.ts';
import { errnoText, type Errno } from './kernel/errno.ts';
import { parseU32 } from './rust-parse.ts';

/** Of the directory that stands for the mounted storage. */
interface StorageAttributes {
  readonly mode?: number;
  readonly gid?: number;
}

/** File systems of the guest's kernel. A virtiofs tag needs its device; this one is always there. */
const FILE_SYSTEMS = new Set(
  'bind cgroup cgroup2 devpts devtmpfs erofs ext4 hugetlbfs mqueue overlay proc ramfs squashfs sysfs tmpfs xfs'.split(
    ' ',
  ),
);
/** Source: kata-containers 4.1.0 src/agent/src/linux_abi.rs and the runtime's mountGuestTag. */
const SHARED_TAG = 'kataShared';
const SET_GID = 0o2000;

const valueOf = (options: readonly string[], key: string): string | undefined =>
  options
    .findLast((option) => option.split('=').length === 2 && option.startsWith(`${key}=`))
    ?.slice(key.length + 1);

function groupOf({ options, fs_group: group }: Api.Storage): number | undefined {
  const text = valueOf(options, 'fsgid');
  if (text === undefined) return group === null ? undefined : group.group_id;
  const parsed = parseU32(text);
  if ('error' in parsed) throw anyhow(parsed.error);
  return parsed.value;
}

/** baremount's own checks, then what mount(2) says. */
export function assertMountable(storage: Api.Storage): void {
  const { source, mount_point: destination, fstype, options } = storage;
  if (source === '') throw anyhow('need mount source');
  if (destination === '') throw anyhow('need mount destination');
  if (fstype === '') throw anyhow('need mount FS type');
  const refuse = (errno: Errno): never => {
    throw anyhow(
      `failed to mount ${source} to ${destination}, with error: ${errno}: ${errnoText(errno)}`,
    );
  };
  const isShared = source === SHARED_TAG && fstype === 'virtiofs';
  if (!isShared && !FILE_SYSTEMS.has(fstype)) refuse('ENODEV');
  if (fstype === 'tmpfs' && !options.every(isTmpfsOption)) refuse('EINVAL');
}

/** Flags of mount(8), and the options of tmpfs. Source: Linux mm/shmem.c, shmem_fs_parameters. */
const FLAGS =
  /^(rw|ro|defaults|r?(bind|private|shared|slave|unbindable)|(no)?(suid|dev|exec|atime|diratime|relatime|strictatime|iversion|lazytime)|suid|dev|exec|(a)?sync|dirsync|mand|remount|silent|loud)$/;
const TMPFS =
  /^(size=\d+[kmgtKMGT%]?|nr_blocks=\d+[kmgKMG]?|nr_inodes=\d+[kmgKMG]?|mode=[0-7]+|[ug]id=\d+|huge=(never|always|within_size|advise)|mpol=.+|inode(32|64)|noswap|(usr|grp)?quota.*)$/;
const isTmpfsOption = (option: string): boolean =>
  option.split(',').every((each) => each === '' || FLAGS.test(each) || TMPFS.test(each));

export function storageAttributes(storage: Api.Storage, files: FileView): StorageAttributes {
  switch (storage.driver) {
    case 'ephemeral':
      return ephemeral(storage);
    case 'local':
      return local(storage);
    case 'blk':
      return block(storage, files);
    case 'mmioblk':
      if (!files.exists(storage.source)) waitForMmioBlock(storage.source);
      return mounted(storage);
    case 'scsi':
      return waitForScsi(storage.source);
    case 'nvdimm':
      return waitForPmem(storage.source);
    case 'erofs.multi-layer':
      throw anyhow('multi-layer erofs missing erofs lower layer storage');
    default:
      return mounted(storage);
  }
}

function mounted(storage: Api.Storage): StorageAttributes {
  assertMountable(storage);
  return { gid: groupOf(storage) ?? 0 };
}

/** Options reach the mount only for huge pages; otherwise just the group counts. */
function ephemeral(storage: Api.Storage): StorageAttributes {
  if (storage.fstype === 'hugetlbfs') assertPageSize(storage.options);
  assertMountable({ ...storage, options: [] });
  const gid = groupOf(storage);
  return gid === undefined ? { mode: 0o1777 } : { mode: 0o1777 | SET_GID, gid };
}

function assertPageSize(options: readonly string[]): void {
  const parts = options.flatMap((option) => option.trim().split(','));
  const isSet = (key: string): boolean => parts.some((part) => part.startsWith(key));
  if (isSet('pagesize=') && isSet('size=')) return;
  const shown = options.map((option) => rustString(option)).join(', ');
  throw anyhow(
    'allocate hugepages',
    `parse mount options: [${shown}]`,
    'no pagesize/size options found',
  );
}

function local(storage: Api.Storage): StorageAttributes {
  const gid = groupOf(storage);
  const text = valueOf(storage.options, 'mode');
  const mode = text === undefined ? undefined : parseU32(text, 8);
  if (mode !== undefined && 'error' in mode) throw anyhow(mode.error);
  const bits = gid === undefined ? 0 : SET_GID;
  return {
    ...(gid !== undefined && { gid }),
    ...(mode !== undefined && { mode: mode.value | bits }),
  };
}

function block(storage: Api.Storage, files: FileView): StorageAttributes {
  const { source } = storage;
  if (!source.startsWith('/dev')) return waitForPciBlock(source);
  const node = files.find(source);
  if (node === undefined)
    throw anyhow(
      `get metadata on file ${rustString(source)}`,
      guestErrors.ioInside('ENOENT').message,
    );
  if (node.kind === 'file') throw anyhow(`Invalid device ${source}`);
  return mounted(storage);
}

const WATCHABLE = /^\/run\/kata-containers\/shared\/containers\/(passthrough\/)?watchable$/;

/** Source: kata-containers 4.1.0 src/agent/src/watcher.rs, watchable_mount_path. */
export function assertWatchable(destination: string): void {
  const parts = destination.split('/').filter((part) => part !== '' && part !== '.');
  if (!destination.startsWith('/') || parts.includes('..'))
    throw anyhow(`invalid watchable mount point ${destination}`);
  if (parts.length === 0) throw anyhow('watchable mount point has no parent');
  const parent = `/${parts.slice(0, -1).join('/')}`;
  if (!WATCHABLE.test(parent)) throw anyhow(`invalid watchable tmpfs root ${parent}`);
}

/** The annotations that come with an image to be pulled. Source: image_pull_handler.rs. */
export function imageMetadata(storage: Api.Storage): Readonly<Record<string, string>> {
  const prefix = 'image_guest_pull=';
  const text = storage.driver_options.find((option) => option.startsWith(prefix));
  if (text === undefined) throw anyhow('missing Image information for ImagePull volume');
  let volume: unknown;
  try {
    volume = JSON.parse(text.slice(prefix.length));
  } catch {
    throw anyhow('expected value at line 1 column 1');
  }
  const metadata: unknown =
    typeof volume === 'object' && volume !== null ? Reflect.get(volume, 'metadata') : undefined;
  if (typeof metadata !== 'object' || metadata === null) return {};
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]): [string, string] => [key, String(value)]),
  );
}
