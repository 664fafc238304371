/** Hostile variants of the other recorded requests: exec, files, the sandbox, its network, signals. */
import type { Json } from '#wire';
import { append, listAt, put, textAt, valueAt } from './edit.ts';
import type { Mutation } from './mutation.ts';

const SHARED = '/run/kata-containers/shared/containers';

type Row = Omit<Mutation, 'class'>;

const exec = (row: Omit<Row, 'endpoint'>): Row => ({ ...row, endpoint: 'ExecProcessRequest' });
const file = (row: Omit<Row, 'endpoint'>): Row => ({ ...row, endpoint: 'CopyFileRequest' });
const sandbox = (row: Omit<Row, 'endpoint'>): Row => ({ ...row, endpoint: 'CreateSandboxRequest' });

const set =
  (path: string, value: Json): Mutation['change'] =>
  (input) =>
    put(input, path, value);

const A_SHELL = 'a shell next to the workload’s files and secrets';

const execRows: readonly Row[] = [
  exec({
    name: 'shell',
    gain: A_SHELL,
    deny: 'allow only recorded commands, with all their arguments',
    change: set('process.Args', ['/bin/sh']),
  }),
  exec({
    name: 'argument-more',
    gain: 'a recorded command with options of the attacker',
    deny: 'compare Args as a whole, with its length',
    change: (input) => append(input, 'process.Args', '--attacker'),
  }),
  exec({
    name: 'argument-longer',
    gain: A_SHELL,
    deny: 'compare with ==, or anchor the pattern with ^ and $',
    change: (input) => {
      const at = listAt(input, 'process.Args').length - 1;
      return put(
        input,
        `process.Args.${at}`,
        `${textAt(input, `process.Args.${at}`)}; cat /run/secrets/*`,
      );
    },
  }),
  exec({
    name: 'joined-arguments',
    gain: 'one word with blanks looks like a recorded command',
    deny: 'compare Args element by element, not joined with blanks',
    change: (input) => {
      const args = listAt(input, 'process.Args').filter((arg) => typeof arg === 'string');
      return args.length > 1 ? put(input, 'process.Args', [args.join(' ')]) : input;
    },
  }),
  exec({
    name: 'preload',
    gain: 'code of the attacker runs next to the pod’s secrets',
    deny: 'compare the environment of the exec, too',
    change: (input) => append(input, 'process.Env', 'LD_PRELOAD=/tmp/attacker.so'),
  }),
  exec({
    name: 'user',
    gain: 'the command runs as root, or as somebody else',
    deny: 'compare process.User',
    change: (input) =>
      put(input, 'process.User.UID', valueAt(input, 'process.User.UID') === 0 ? 65534 : 0),
  }),
  exec({
    name: 'directory',
    gain: 'relative paths of the command lead elsewhere',
    deny: 'compare process.Cwd',
    change: set('process.Cwd', '/tmp/attacker'),
  }),
  exec({
    name: 'terminal',
    gain: 'input can be typed into the command',
    deny: 'compare process.Terminal',
    change: (input) => put(input, 'process.Terminal', valueAt(input, 'process.Terminal') !== true),
  }),
  exec({
    name: 'capabilities',
    gain: 'more rights than the container has',
    deny: 'require process.Capabilities to be null, or compare them',
    change: set('process.Capabilities', {
      Bounding: ['CAP_SYS_ADMIN'],
      Effective: ['CAP_SYS_ADMIN'],
      Permitted: ['CAP_SYS_ADMIN'],
      Inheritable: [],
      Ambient: [],
    }),
  }),
  exec({
    name: 'apparmor',
    gain: 'the command is not confined as the container is',
    deny: 'compare process.ApparmorProfile',
    change: set('process.ApparmorProfile', 'unconfined'),
  }),
  exec({
    name: 'string-user',
    gain: 'the image’s own user table decides who runs it',
    deny: 'require string_user to be null',
    change: set('string_user', { uid: 'root', gid: 'root', additionalGids: [] }),
  }),
];

const fileRows: readonly Row[] = [
  file({
    name: 'elsewhere',
    gain: 'files of the guest are replaced',
    deny: 'allow only paths of recorded files, anchored at both ends',
    change: set('path', '/etc/passwd'),
  }),
  file({
    name: 'traversal',
    gain: 'files of the guest are replaced',
    deny: 'anchor the pattern, and allow no .. in it',
    change: set('path', `${SHARED}/../../../../etc/passwd`),
  }),
  file({
    name: 'traversal-behind',
    gain: 'files of other containers are replaced',
    deny: 'anchor the pattern at its end',
    change: (input) => put(input, 'path', `${textAt(input, 'path')}/../../attacker`),
  }),
  file({
    name: 'another-file',
    gain: 'a file that the pod does not have, in its volume',
    deny: 'allow only names of recorded files',
    change: (input) => put(input, 'path', `${textAt(input, 'path')}-attacker`),
  }),
  file({
    name: 'link-out',
    gain: 'a link leads a later copy out of the volume',
    deny: 'allow links only with recorded targets',
    change: (input) =>
      put(put(put(input, 'file_type', 'Symlink'), 'file_mode', 0o120777), 'symlink_target', '/etc'),
  }),
  file({
    name: 'set-uid',
    gain: 'a program that gives root to who runs it',
    deny: 'compare file_mode',
    change: set('file_mode', 0o104777),
  }),
  file({
    name: 'unknown-type',
    gain: 'a device or socket where a file is expected',
    deny: 'compare file_type',
    change: (input) => put(put(input, 'file_type', 'Unknown'), 'file_mode', 0o060666),
  }),
  file({
    name: 'owner',
    gain: 'a file that somebody else may change',
    deny: 'compare uid and gid',
    change: (input) => put(input, 'uid', valueAt(input, 'uid') === 0 ? 65534 : 0),
  }),
];

const sandboxRows: readonly Row[] = [
  sandbox({
    name: 'guest-hooks',
    gain: 'programs run in the guest at every container start',
    deny: 'require guest_hook_path to be empty',
    change: set('guest_hook_path', '/run/attacker'),
  }),
  sandbox({
    name: 'kernel-module',
    gain: 'code in the guest’s kernel',
    deny: 'require kernel_modules to be the recorded ones',
    change: (input) => append(input, 'kernel_modules', { name: 'attacker', parameters: [] }),
  }),
  sandbox({
    name: 'extra-storage',
    gain: 'the host’s files appear anywhere in the guest',
    deny: 'compare storages with the recorded ones',
    change: (input) =>
      append(input, 'storages', {
        driver: 'virtio-fs',
        driver_options: [],
        source: 'kataShared',
        fstype: 'virtiofs',
        options: [],
        mount_point: '/usr',
        fs_group: null,
        shared: true,
      }),
  }),
  sandbox({
    name: 'name-server',
    gain: 'names resolve to the attacker’s machines',
    deny: 'compare dns with the recorded lines',
    change: (input) => append(input, 'dns', 'nameserver 198.51.100.66'),
  }),
  sandbox({
    name: 'pid-shared',
    gain: 'containers see each other’s processes',
    deny: 'compare sandbox_pidns',
    change: (input) => put(input, 'sandbox_pidns', valueAt(input, 'sandbox_pidns') !== true),
  }),
  sandbox({
    name: 'host-name',
    gain: 'the pod believes to be another',
    deny: 'compare hostname with a pattern of the pod’s name',
    change: set('hostname', 'attacker'),
  }),
];

const networkRows: readonly Row[] = [
  {
    name: 'loopback',
    endpoint: 'UpdateInterfaceRequest',
    gain: 'the loopback interface, which workloads trust',
    deny: 'compare the interface’s name and device',
    change: (input) => put(put(input, 'interface.name', 'lo'), 'interface.device', 'lo'),
  },
  {
    name: 'loopback-address',
    endpoint: 'UpdateInterfaceRequest',
    gain: 'traffic to 127.0.0.1 leaves the pod',
    deny: 'refuse loopback addresses',
    change: (input) => put(input, 'interface.IPAddresses.0.address', '127.0.0.1'),
  },
  {
    name: 'no-arp',
    endpoint: 'UpdateInterfaceRequest',
    gain: 'the interface stops resolving neighbours, or more',
    deny: 'compare raw_flags',
    change: set('interface.raw_flags', 0x1000),
  },
  {
    name: 'loopback-route',
    endpoint: 'UpdateRoutesRequest',
    gain: 'traffic to the pod’s own services leaves it',
    deny: 'refuse routes on lo and from loopback addresses',
    change: (input) =>
      put(put(input, 'routes.Routes.0.device', 'lo'), 'routes.Routes.0.source', '127.0.0.1'),
  },
  {
    name: 'route-more',
    endpoint: 'UpdateRoutesRequest',
    gain: 'a part of the pod’s traffic goes to the attacker',
    deny: 'compare the routes with the recorded ones',
    change: (input) =>
      append(input, 'routes.Routes', {
        dest: '10.96.0.0/12',
        gateway: '198.51.100.66',
        device: 'eth1',
        source: '',
        scope: 0,
        family: 0,
        flags: 0,
        mtu: 0,
      }),
  },
  {
    name: 'neighbour-on-loopback',
    endpoint: 'AddARPNeighborsRequest',
    gain: 'traffic of the loopback interface goes elsewhere',
    deny: 'refuse neighbours on lo',
    change: set('neighbors.ARPNeighbors.0.device', 'lo'),
  },
];

const signalRows: readonly Row[] = [
  {
    name: 'other-signal',
    endpoint: 'SignalProcessRequest',
    gain: 'the workload is made to dump, reload or stop',
    deny: 'allow only recorded signals',
    change: (input) => put(input, 'signal', valueAt(input, 'signal') === 19 ? 10 : 19),
  },
  {
    name: 'other-resources',
    endpoint: 'UpdateContainerRequest',
    gain: 'the workload is starved, or gets devices',
    deny: 'compare resources',
    change: (input) =>
      append(input, 'resources.Devices', {
        Allow: true,
        Type: 'a',
        Major: -1,
        Minor: -1,
        Access: 'rwm',
      }),
  },
];

export const otherMutations: readonly Mutation[] = [
  ...execRows.map((row) => ({ ...row, class: 'exec' as const })),
  ...fileRows.map((row) => ({ ...row, class: 'file' as const })),
  ...sandboxRows.map((row) => ({ ...row, class: 'sandbox' as const })),
  ...networkRows.map((row) => ({ ...row, class: 'network' as const })),
  ...signalRows.map((row) => ({ ...row, class: 'exec' as const })),
];
