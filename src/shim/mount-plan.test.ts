import { expect, test } from 'vitest';
import { systemClock } from '#base';
import { parseManifest } from '#kube';
import { planMounts } from './mount-plan.ts';
import { DEFAULT_EMPTY_DIRS, type EmptyDirSettings } from './plan-context.ts';
import { runtimes, type RuntimeName } from './runtime.ts';

const SANDBOX_ID = '1f'.repeat(32);

interface Setup {
  readonly mounts?: string;
  readonly volumes?: string;
  readonly container?: string;
  readonly pod?: string;
  readonly runtime?: RuntimeName;
  readonly emptyDirs?: Partial<EmptyDirSettings>;
}

function plan({ mounts = '', volumes = '', container = '', pod = '', ...setup }: Setup) {
  const { pods, objects } = parseManifest(
    `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  ${pod}
  containers:
  - {name: web, image: busybox, volumeMounts: [${mounts}], ${container}}
  volumes: [${volumes}]
`,
    'pod.yaml',
  );
  const [web] = pods;
  return planMounts(web!.containers[0]!, {
    pod: web!,
    podUid: 'u',
    podIp: '10.244.1.21',
    objects,
    clock: systemClock,
    network: { ip: '10.244.1.21', nameservers: [], searches: [] },
    sandboxId: SANDBOX_ID,
    runtime: runtimes[setup.runtime ?? 'go'],
    emptyDirs: { ...DEFAULT_EMPTY_DIRS, ...setup.emptyDirs },
  });
}

const destinations = (setup: Setup): readonly string[] =>
  plan(setup).map(({ destination }) => destination);

/** The options of what is mounted there. */
function optionsAt(setup: Setup, at: string): readonly string[] | undefined {
  const found = plan(setup).find(({ destination }) => destination === at);
  return found?.kind === 'copied' ? found.file.options : found?.mount.options;
}

const EMPTY = '{name: v, emptyDir: {}}';
const FIXED = ['/proc', '/dev', '/dev/pts', '/dev/mqueue', '/sys', '/sys/fs/cgroup'];
const FILES = [
  '/etc/hosts',
  '/dev/termination-log',
  '/etc/hostname',
  '/etc/resolv.conf',
  '/dev/shm',
];

test('mounts come in the order of containerd: by depth, volumes before files', () => {
  const mounts = '{name: v, mountPath: /var/lib/deep/er}, {name: v, mountPath: /data}';
  expect(destinations({ mounts, volumes: EMPTY })).toEqual([
    ...FIXED,
    '/data',
    ...FILES,
    '/var/lib/deep/er',
  ]);
});

test.each(['/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/sys/fs/cgroup', '/dev/mqueue/'])(
  'a volume at %s takes the place of what is mounted there by default',
  (path) => {
    const mounts = `{name: v, mountPath: ${path}}`;
    const found = destinations({ mounts, volumes: EMPTY });
    expect(found.filter((one) => one.replace(/\/$/, '') === path.replace(/\/$/, ''))).toHaveLength(
      1,
    );
    expect(found).toHaveLength(FIXED.length + FILES.length);
  },
);

test('a volume at /dev takes everything below it along', () => {
  const found = destinations({ mounts: '{name: v, mountPath: /dev}', volumes: EMPTY });
  expect(found.filter((one) => one.startsWith('/dev/'))).toEqual([
    '/dev/termination-log',
    '/dev/shm',
  ]);
});

test.each([
  { medium: 'Memory', source: '/run/kata-containers/sandbox/ephemeral/v' },
  { medium: '', source: '/run/kata-containers/sandbox/shm' },
])('an emptyDir of medium "$medium" at /dev/shm is mounted from $source', ({ medium, source }) => {
  const volumes = `{name: v, emptyDir: {medium: "${medium}"}}`;
  const found = plan({ mounts: '{name: v, mountPath: /dev/shm}', volumes });
  const shm = found.filter(({ destination }) => destination === '/dev/shm');
  expect(shm).toMatchObject([{ mount: { source } }]);
});

test('with a read-only root, containerd’s files are read-only and the kubelet’s are not', () => {
  const container = 'securityContext: {readOnlyRootFilesystem: true}';
  expect(FILES.slice(0, 4).map((path) => optionsAt({ container }, path)?.at(-1))).toEqual([
    'rw',
    'rw',
    'ro',
    'ro',
  ]);
});

test.each([
  { propagation: 'None', options: ['rbind', 'rprivate', 'rw'] },
  { propagation: 'HostToContainer', options: ['rbind', 'rslave', 'rw'] },
  { propagation: 'Bidirectional', options: ['rbind', 'rshared', 'rw'] },
])('mountPropagation $propagation is $options', ({ propagation, options }) => {
  const mounts = `{name: v, mountPath: /data, mountPropagation: ${propagation}}`;
  const container = 'securityContext: {privileged: true}';
  expect(optionsAt({ mounts, volumes: EMPTY, container }, '/data')).toEqual(options);
});

const local = {
  driver: 'local',
  source: 'local',
  fstype: 'local',
  options: ['mode=0777'],
  mount_point: `/run/kata-containers/shared/containers/${SANDBOX_ID}/rootfs/local/v`,
};
const memory = {
  driver: 'ephemeral',
  source: 'tmpfs',
  fstype: 'tmpfs',
  options: [],
  mount_point: '/run/kata-containers/sandbox/ephemeral/v',
};
const mounts = '{name: v, mountPath: /data}';
const fsGroup = 'securityContext: {fsGroup: 2000}';

test.each<{ note: string; setup: Setup; type: string; storage: object }>([
  { note: 'on disk', setup: { volumes: EMPTY }, type: 'local', storage: local },
  {
    note: 'on disk with fsGroup',
    setup: { volumes: EMPTY, pod: fsGroup },
    type: 'local',
    storage: { ...local, options: ['mode=0777', 'fsgid=2000'] },
  },
  {
    note: 'on disk with the group of root',
    setup: { volumes: EMPTY, pod: 'securityContext: {fsGroup: 0}' },
    type: 'local',
    storage: local,
  },
  {
    note: 'on disk with runtime-rs',
    setup: { volumes: EMPTY, runtime: 'rs' },
    type: 'local',
    storage: {
      ...local,
      mount_point: `/run/kata-containers/shared/containers/passthrough/${SANDBOX_ID}/rootfs/local/v`,
    },
  },
  {
    note: 'in memory',
    setup: { volumes: '{name: v, emptyDir: {medium: Memory}}' },
    type: 'bind',
    storage: memory,
  },
  {
    note: 'in memory with fsGroup, whatever the mode of the runtime',
    setup: {
      volumes: '{name: v, emptyDir: {medium: Memory}}',
      pod: fsGroup,
      emptyDirs: { mode: 'block-encrypted', disableGuestEmptyDir: true },
    },
    type: 'bind',
    storage: { ...memory, options: ['fsgid=2000'] },
  },
  {
    note: 'of huge pages',
    setup: {
      volumes: '{name: v, emptyDir: {medium: HugePages-2Mi}}',
      container: 'resources: {limits: {hugepages-2Mi: 100Mi}}',
    },
    type: 'bind',
    storage: {
      driver: 'ephemeral',
      source: 'nodev',
      fstype: 'hugetlbfs',
      options: ['pagesize=2097152,size=104857600'],
      mount_point: '/run/kata-containers/sandbox/ephemeral/v',
    },
  },
])('an emptyDir $note is a mount of type $type', ({ setup, type, storage }) => {
  const data = plan({ ...setup, mounts }).find(({ destination }) => destination === '/data');
  expect(data).toMatchObject({
    kind: 'storage',
    mount: {
      type,
      source: (storage as typeof local).mount_point,
      options: ['rbind', 'rprivate', 'rw'],
    },
    storage,
  });
});

test('with disable_guest_empty_dir an emptyDir on disk is copied once for the pod', () => {
  const emptyDirs = { disableGuestEmptyDir: true };
  const data = plan({ mounts, volumes: EMPTY, emptyDirs }).find(
    ({ destination }) => destination === '/data',
  );
  expect(data).toMatchObject({ kind: 'copied', file: { emptyDir: 'v', source: 'v' } });
});

test.each(['block-encrypted', 'block-plain'] as const)(
  'emptydir_mode %s needs a disk that a remote hypervisor cannot plug',
  (mode) => {
    expect(() => plan({ mounts, volumes: EMPTY, emptyDirs: { mode } })).toThrow(
      'failed to create shim task: HotplugAddDevice: not implemented',
    );
  },
);

test.each<{ note: string; volumes: string; mount?: string; want: object | undefined }>([
  {
    note: 'a directory of the node is copied',
    volumes: '{name: v, hostPath: {path: /opt/data}}',
    want: { kind: 'copied', file: { options: ['rbind', 'rprivate', 'rw'] } },
  },
  {
    note: 'a claim that is read-only is copied and mounted so',
    volumes: '{name: v, persistentVolumeClaim: {claimName: c, readOnly: true}}',
    want: { kind: 'copied', file: { options: ['rbind', 'rprivate', 'ro'] } },
  },
  {
    note: 'what the guest has itself is mounted from there',
    volumes: '{name: v, hostPath: {path: /sys/kernel}}',
    want: { kind: 'mount', mount: { source: '/sys/kernel', type: 'bind' } },
  },
  {
    note: 'a file is copied as a file',
    volumes: '{name: v, hostPath: {path: /opt/f, type: FileOrCreate}}',
    want: { kind: 'copied', file: { content: '' } },
  },
  {
    note: 'a socket is left out',
    volumes: '{name: v, hostPath: {path: /run/x.sock, type: Socket}}',
    want: undefined,
  },
  {
    note: 'a sub-path of an emptyDir is a directory of the node',
    volumes: EMPTY,
    mount: '{name: v, mountPath: /data, subPath: a/b}',
    want: { kind: 'copied', file: { source: 'v/a/b' } },
  },
  {
    note: 'a sub-path with a variable is expanded',
    volumes: EMPTY,
    mount: '{name: v, mountPath: /data, subPathExpr: "logs/$(POD)"}',
    want: { kind: 'copied', file: { source: 'v/logs/web-0' } },
  },
])('$note', ({ volumes, mount = mounts, want }) => {
  const container = 'env: [{name: POD, value: web-0}]';
  const data = plan({ mounts: mount, volumes, container }).find(
    ({ destination }) => destination === '/data',
  );
  if (want === undefined) expect(data).toBeUndefined();
  else expect(data).toMatchObject(want);
});
