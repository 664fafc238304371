/**
 * Hostile variants of CreateContainer: what a host that wants into the pod would change around the
 * process: image, mounts, devices, namespaces, and whom the container belongs to.
 */
import type { Json } from '#wire';
import {
  add,
  allDevices,
  changeItem,
  ofContainers,
  OTHER_CODE,
  set,
  type Change,
} from './changes.ts';
import { listAt, put, putNew, textAt, valueAt } from './edit.ts';
import type { Chance } from './mutation.ts';

const IMAGE_KEYS = ['io.kubernetes.cri.image-name', 'io.kubernetes.cri-o.ImageName'] as const;

/** The image's reference is in the storage that the guest pulls, and in an annotation. */
const withImage =
  (rename: (reference: string, chance: Chance) => string): Change =>
  (input, chance) => {
    let changed = input;
    const at = listAt(input, 'storages').findIndex(
      (storage) => textAt(storage, 'driver') === 'image_guest_pull',
    );
    const source = `storages.${at}.source`;
    if (at >= 0) changed = put(changed, source, rename(textAt(input, source), chance));
    const annotations = valueAt(input, 'OCI.Annotations');
    for (const key of IMAGE_KEYS) {
      const value = (annotations as Readonly<Record<string, Json>> | null)?.[key];
      if (typeof value === 'string')
        changed = putNew(changed, 'OCI.Annotations', key, rename(value, chance));
    }
    return changed;
  };

const mount = (
  destination: string,
  source: string,
  type_ = 'bind',
  options: readonly string[] = ['rbind', 'rw'],
): Change => add('OCI.Mounts', { destination, source, type_, options });

const optionsOf = (item: Json): readonly Json[] => listAt(item, 'options');

const memoryDevice = add('OCI.Linux.Devices', {
  Type: 'c',
  Path: '/dev/mem',
  Major: 1,
  Minor: 1,
  FileMode: 0o666,
  UID: 0,
  GID: 0,
});
const SANDBOX_ID = 'io.kubernetes.cri.sandbox-id';
const NAMESPACE = 'io.kubernetes.cri.sandbox-namespace';

const READS_GUEST = 'files of the guest or of other containers';

export const containerMutations = ofContainers({
  image: [
    {
      name: 'other-image',
      gain: OTHER_CODE,
      deny: 'compare the image_guest_pull storage’s source with the image’s whole reference',
      change: withImage(() => 'registry.attacker.example/backdoor:latest'),
    },
    {
      name: 'other-digest',
      gain: OTHER_CODE,
      deny: 'compare the source with the digest included',
      change: withImage((reference, chance) =>
        reference.includes('@sha256:')
          ? reference.replace(/@sha256:.*$/, `@sha256:${chance.hex(64)}`)
          : `${reference}@sha256:${chance.hex(64)}`,
      ),
    },
    {
      name: 'other-tag',
      gain: 'an older image, with its known holes, runs instead',
      deny: 'pin images by digest and compare the whole reference',
      change: withImage((reference) => `${reference.replace(/[:@].*$/, '')}:0.0.1`),
    },
    {
      name: 'longer-name',
      gain: OTHER_CODE,
      deny: 'compare with ==, or anchor the pattern with ^ and $',
      change: withImage((reference) => `registry.attacker.example/${reference}`),
    },
  ],
  mount: [
    {
      name: 'guest-root',
      gain: READS_GUEST,
      deny: 'allow only mounts that the container has in the pod, by destination and source',
      change: mount('/host', '/'),
    },
    {
      name: 'docker-socket',
      gain: 'commands to a container engine, where there is one',
      deny: 'allow only mounts that the container has in the pod',
      change: mount('/var/run/docker.sock', '/var/run/docker.sock'),
    },
    {
      name: 'proc-writable',
      gain: 'kernel settings of the guest through /proc/sys',
      deny: 'allow only mounts that the container has in the pod, with their options',
      change: mount('/host/proc', 'proc', 'proc', ['rw']),
    },
    {
      name: 'sysfs-writable',
      gain: 'devices and kernel settings through /sys',
      deny: 'compare the options of every mount with the recorded ones',
      change: changeItem(
        'OCI.Mounts',
        (item) => textAt(item, 'type_') === 'sysfs' && optionsOf(item).includes('ro'),
        (item) => put(item, 'options', [...optionsOf(item).filter((one) => one !== 'ro'), 'rw']),
      ),
    },
    {
      name: 'read-only-lost',
      gain: 'what the pod only reads can be changed',
      deny: 'compare the options of every mount with the recorded ones',
      change: changeItem(
        'OCI.Mounts',
        (item) => textAt(item, 'type_') === 'bind' && optionsOf(item).includes('ro'),
        (item) => put(item, 'options', [...optionsOf(item).filter((one) => one !== 'ro'), 'rw']),
      ),
    },
    {
      name: 'source-moved',
      gain: READS_GUEST,
      deny: 'bind the source to the container: compare it with a pattern that has its id in it',
      change: changeItem(
        'OCI.Mounts',
        (item) => textAt(item, 'type_') === 'bind',
        (item) => put(item, 'source', '/run/confidential-containers'),
      ),
    },
    {
      name: 'files-of-another-container',
      gain: 'secrets and volumes of another container',
      deny: 'bind the source to the container: its id must be the request’s',
      change: changeItem(
        'OCI.Mounts',
        (item) => textAt(item, 'source').startsWith('/run/kata-containers/shared/containers/'),
        (item, chance) =>
          put(
            item,
            'source',
            textAt(item, 'source').replace(/[0-9a-f]{64}/, () => chance.hex(64)),
          ),
      ),
    },
    {
      name: 'over-a-binary',
      gain: OTHER_CODE,
      deny: 'allow only the recorded destinations',
      change: mount('/bin/sh', '/run/kata-containers/shared/containers/sh'),
    },
    {
      name: 'destination-moved',
      gain: 'configuration of the pod disappears or covers programs',
      deny: 'compare destination and source together, and count the mounts',
      change: changeItem(
        'OCI.Mounts',
        (item) => textAt(item, 'type_') === 'bind',
        (item) => put(item, 'destination', '/usr/bin'),
      ),
    },
    {
      name: 'shared-mount',
      gain: 'another container’s file system',
      deny: 'require shared_mounts to be empty',
      change: add('shared_mounts', {
        name: 'x',
        src_ctr: 'other',
        src_path: '/',
        dst_ctr: 'this',
        dst_path: '/other',
      }),
    },
  ],
  storage: [
    {
      name: 'extra-storage',
      gain: 'the host’s files appear anywhere in the guest',
      deny: 'count the storages and compare each with the recorded ones',
      change: add('storages', {
        driver: 'virtio-fs',
        driver_options: [],
        source: 'kataShared',
        fstype: 'virtiofs',
        options: [],
        mount_point: '/etc',
        fs_group: null,
        shared: true,
      }),
    },
    {
      name: 'mount-point-moved',
      gain: 'an image or volume covers files of the guest',
      deny: 'compare mount_point with the path that the container’s id gives',
      change: changeItem(
        'storages',
        () => true,
        (item) => put(item, 'mount_point', '/usr'),
      ),
    },
    {
      name: 'driver-options',
      gain: 'the volume comes unencrypted or with the host’s key',
      deny: 'compare driver_options with the recorded ones',
      change: changeItem(
        'storages',
        () => true,
        (item) => put(item, 'driver_options', ['encryption_key=file:///run/attacker']),
      ),
    },
    {
      name: 'group-changed',
      gain: 'files of the volume belong to another group',
      deny: 'compare fs_group with the recorded value',
      change: changeItem(
        'storages',
        () => true,
        (item) => put(item, 'fs_group', { group_id: 0, group_change_policy: 0 }),
      ),
    },
  ],
  device: [
    {
      name: 'memory-device',
      gain: 'the guest’s memory',
      deny: 'compare Linux.Devices with the recorded ones',
      change: memoryDevice,
    },
    {
      name: 'all-devices',
      gain: 'every device of the guest',
      deny: 'require Resources.Devices to be empty',
      change: allDevices,
    },
    {
      name: 'attached-device',
      gain: 'a device of the host’s choice appears in the container',
      deny: 'compare devices with the recorded ones',
      change: add('devices', {
        id: 'attacker',
        type_: 'blk',
        vm_path: '/dev/vda',
        container_path: '/dev/disk',
        options: [],
      }),
    },
  ],
  namespace: [
    {
      name: 'joined',
      gain: 'a namespace shared with the guest’s own processes',
      deny: 'require every namespace’s Path to be the recorded one',
      change: changeItem(
        'OCI.Linux.Namespaces',
        (item) => textAt(item, 'Type') !== 'network',
        (item) => put(item, 'Path', `/proc/1/ns/${textAt(item, 'Type')}`),
      ),
    },
    {
      name: 'lost',
      gain: 'the container lives in the guest’s own namespace',
      deny: 'compare the set of namespace types',
      change: (input) =>
        put(input, 'OCI.Linux.Namespaces', listAt(input, 'OCI.Linux.Namespaces').slice(0, -1)),
    },
    {
      name: 'pid-shared',
      gain: 'sees and traces processes of the other containers',
      deny: 'compare sandbox_pidns',
      change: (input) => put(input, 'sandbox_pidns', valueAt(input, 'sandbox_pidns') !== true),
    },
    {
      name: 'user-mapping',
      gain: 'root of the guest is root of the container',
      deny: 'require UIDMappings and GIDMappings to be empty',
      change: add('OCI.Linux.UIDMappings', { HostID: 0, ContainerID: 0, Size: 4294967295 }),
    },
    {
      name: 'host-name',
      gain: 'the workload believes to be another pod',
      deny: 'compare Hostname with the pod’s name',
      change: set('OCI.Hostname', 'attacker'),
    },
    {
      name: 'cgroup-moved',
      gain: 'limits of another pod, or none',
      deny: 'compare CgroupsPath with a pattern that has the container’s id in it',
      change: set('OCI.Linux.CgroupsPath', '/'),
    },
  ],
  root: [
    {
      name: 'guest-root',
      gain: 'the guest’s own file system is the container’s',
      deny: 'compare Root.Path with the path that the container’s id gives',
      change: set('OCI.Root.Path', '/'),
    },
    {
      name: 'root-of-another',
      gain: 'another container’s files',
      deny: 'compare Root.Path with the path that the container’s id gives',
      change: (input, chance) =>
        put(
          input,
          'OCI.Root.Path',
          textAt(input, 'OCI.Root.Path').replace(/[0-9a-f]{64}/, () => chance.hex(64)),
        ),
    },
    {
      name: 'root-writable',
      gain: 'the workload’s programs can be changed',
      deny: 'compare Root.Readonly',
      change: (input) =>
        valueAt(input, 'OCI.Root.Readonly') === true
          ? put(input, 'OCI.Root.Readonly', false)
          : input,
    },
    {
      name: 'propagation',
      gain: 'mounts of the container reach the guest',
      deny: 'allow only the recorded RootfsPropagation',
      change: set('OCI.Linux.RootfsPropagation', 'shared'),
    },
  ],
  hook: [
    {
      name: 'hook',
      gain: 'a program runs in the guest, outside of the container',
      deny: 'require Hooks to be null',
      change: set('OCI.Hooks', {
        Prestart: [{ Path: '/tmp/attacker', Args: [], Env: [], Timeout: 0 }],
        Poststart: [],
        Poststop: [],
        CreateRuntime: [],
        CreateContainer: [],
        StartContainer: [],
      }),
    },
  ],
  identity: [
    {
      name: 'foreign-sandbox',
      gain: 'a container of another pod joins this one',
      deny: 'keep the sandbox id in the state and compare it',
      change: (input, chance) =>
        Object.hasOwn((valueAt(input, 'OCI.Annotations') as object | null) ?? {}, SANDBOX_ID)
          ? putNew(input, 'OCI.Annotations', SANDBOX_ID, chance.hex(64))
          : input,
    },
    {
      name: 'foreign-namespace',
      gain: 'the pod acts in another namespace',
      deny: 'compare the namespace annotation',
      change: (input) =>
        Object.hasOwn((valueAt(input, 'OCI.Annotations') as object | null) ?? {}, NAMESPACE)
          ? putNew(input, 'OCI.Annotations', NAMESPACE, 'kube-system')
          : input,
    },
    {
      name: 'unknown-annotation',
      gain: 'settings for the agent and for other tools',
      deny: 'allow only known annotations',
      change: (input) =>
        putNew(input, 'OCI.Annotations', 'io.katacontainers.config.attacker', 'true'),
    },
    {
      name: 'id-with-a-path',
      gain: 'paths made of the id lead elsewhere',
      deny: 'compare container_id with an anchored pattern',
      change: set('container_id', '../attacker'),
    },
    {
      name: 'stdio-port',
      gain: 'the container’s input and output go to the host',
      deny: 'require stdin_port, stdout_port and stderr_port to be 0',
      change: (input) => put(put(input, 'stdin_port', 9999), 'stdout_port', 9998),
    },
  ],
});
