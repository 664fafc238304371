/** What may be wrong, and what may differ and still be right, in a request for a container. */
import { containerId, type Json } from './corpus.ts';

export interface Change {
  readonly description: string;
  readonly path: readonly (string | number)[];
  readonly change: (old: Json) => Json;
}

const append =
  (...items: readonly Json[]) =>
  (old: Json): Json => [...(old as readonly Json[]), ...items];
const without =
  (count: number) =>
  (old: Json): Json =>
    (old as readonly Json[]).slice(count);
const put = (value: Json) => (): Json => value;

const PROCESS = ['OCI', 'Process'] as const;
const LINUX = ['OCI', 'Linux'] as const;
const ANNOTATIONS = ['OCI', 'Annotations'] as const;

/** Each makes the request for the web server one that the policy denies. */
export const changesOfWeb: readonly Change[] = [
  // The image and what is mounted.
  {
    description: 'another image than the pod was made for',
    path: ['storages', 0, 'source'],
    change: put('registry.example.com/shop/web:latest'),
  },
  {
    description: 'an image mounted elsewhere',
    path: ['storages', 0, 'mount_point'],
    change: put(`/run/kata-containers/${containerId(7)}/rootfs`),
  },
  {
    description: 'two images',
    path: ['storages'],
    change: (old) => [...(old as readonly Json[]).slice(0, 1), ...(old as readonly Json[])],
  },
  {
    description: 'a storage that the pod does not have',
    path: ['storages'],
    change: append({
      driver: 'virtio-fs',
      driver_options: [],
      source: 'host',
      fstype: 'virtiofs',
      options: ['rw'],
      mount_point: '/host',
      fs_group: null,
      shared: false,
    }),
  },
  {
    description: 'a mount more',
    path: ['OCI', 'Mounts'],
    change: append({ destination: '/host', source: '/', type_: 'bind', options: ['rbind', 'rw'] }),
  },
  {
    description: 'another source of a mount',
    path: ['OCI', 'Mounts', 7, 'source'],
    change: put('/etc/hosts'),
  },
  {
    description: 'a mount that may set user ids',
    path: ['OCI', 'Mounts', 0, 'options'],
    change: without(1),
  },
  {
    description: 'the same mount twice',
    path: ['OCI', 'Mounts'],
    change: (old) => [...(old as readonly Json[]), (old as readonly Json[])[0] ?? null],
  },
  { description: 'a read-only root', path: ['OCI', 'Root', 'Readonly'], change: put(true) },
  {
    description: 'the root of another container',
    path: ['OCI', 'Root', 'Path'],
    change: put(`/run/kata-containers/${containerId(7)}/rootfs`),
  },
  // What runs.
  {
    description: 'another command',
    path: [...PROCESS, 'Args'],
    change: put(['/bin/sh', '-c', 'sleep infinity']),
  },
  { description: 'an argument more', path: [...PROCESS, 'Args'], change: append('--debug') },
  { description: 'a terminal', path: [...PROCESS, 'Terminal'], change: put(true) },
  { description: 'another working directory', path: [...PROCESS, 'Cwd'], change: put('/tmp') },
  { description: 'the root user', path: [...PROCESS, 'User', 'UID'], change: put(0) },
  { description: 'the root group', path: [...PROCESS, 'User', 'GID'], change: put(0) },
  {
    description: 'a group more',
    path: [...PROCESS, 'User', 'AdditionalGids'],
    change: append(0),
  },
  {
    description: 'new privileges',
    path: [...PROCESS, 'NoNewPrivileges'],
    change: (old) => old !== true,
  },
  {
    description: 'a capability more',
    path: [...PROCESS, 'Capabilities', 'Effective'],
    change: append('CAP_SYS_ADMIN'),
  },
  {
    description: 'an ambient capability',
    path: [...PROCESS, 'Capabilities', 'Ambient'],
    change: append('CAP_NET_ADMIN'),
  },
  {
    description: 'a resource limit',
    path: [...PROCESS, 'Rlimits'],
    change: append({ Type: 'RLIMIT_NOFILE', Hard: 1048576, Soft: 1024 }),
  },
  {
    description: 'a score below that of pause',
    path: [...PROCESS, 'OOMScoreAdj'],
    change: put(-999),
  },
  {
    description: 'a variable that loads foreign code',
    path: [...PROCESS, 'Env'],
    change: append('LD_PRELOAD=/tmp/evil.so'),
  },
  {
    description: 'a variable given twice',
    path: [...PROCESS, 'Env'],
    change: append('KUBERNETES_SERVICE_PORT=6443'),
  },
  {
    description: 'a service address that is none',
    path: [...PROCESS, 'Env'],
    change: append('EVIL_SERVICE_HOST=evil.example.com'),
  },
  {
    description: 'an address of the node that is none',
    path: [...PROCESS, 'Env'],
    change: append('NODE_IP=10.0.0.256'),
  },
  // What it runs in.
  {
    description: 'a hook',
    path: ['OCI', 'Hooks'],
    change: put({
      Prestart: [{ Path: '/bin/sh', Args: [], Env: [], Timeout: 0 }],
      Poststart: [],
      Poststop: [],
      CreateRuntime: [],
      CreateContainer: [],
      StartContainer: [],
    }),
  },
  { description: 'a path less hidden', path: [...LINUX, 'MaskedPaths'], change: without(1) },
  { description: 'a path less protected', path: [...LINUX, 'ReadonlyPaths'], change: without(1) },
  {
    description: 'the network namespace of the guest',
    path: [...LINUX, 'Namespaces'],
    change: append({ Type: 'network', Path: '' }),
  },
  {
    description: 'a namespace that exists',
    path: [...LINUX, 'Namespaces', 0, 'Path'],
    change: put('/proc/1/ns/ipc'),
  },
  {
    description: 'a kernel parameter of its own',
    path: [...LINUX, 'Sysctl'],
    change: (old) => ({ ...(old as Readonly<Record<string, Json>>), 'kernel.core_pattern': '|/x' }),
  },
  {
    description: 'a device',
    path: [...LINUX, 'Devices'],
    change: append({
      Path: '/dev/vda',
      Type: 'b',
      Major: 254,
      Minor: 0,
      FileMode: 438,
      UID: 0,
      GID: 0,
    }),
  },
  {
    description: 'processors of its own',
    path: [...LINUX, 'Resources', 'CPU', 'Cpus'],
    change: put('0-3'),
  },
  {
    description: 'a control group of another pod',
    path: [...LINUX, 'CgroupsPath'],
    change: put(`system.slice:cri-containerd:${containerId(1)}`),
  },
  {
    description: 'a shared mount',
    path: ['shared_mounts'],
    change: put([{ name: 'x', src_ctr: 'a', src_path: '/', dst_ctr: 'b', dst_path: '/' }]),
  },
  {
    description: 'a passed device',
    path: ['devices'],
    change: append({
      id: 'vfio9',
      type_: 'vfio-pci-gk',
      vm_path: '',
      container_path: '/dev/vfio/devices/vfio9',
      options: ['0000:66:00.0=06/00'],
    }),
  },
  { description: 'the pid namespace of the pod', path: ['sandbox_pidns'], change: put(true) },
  // Whose it is.
  {
    description: 'an unknown annotation',
    path: [...ANNOTATIONS, 'example.com/unknown'],
    change: put('x'),
  },
  {
    description: 'the logs of another pod',
    path: [...ANNOTATIONS, 'io.kubernetes.cri.sandbox-log-directory'],
    change: put('/var/log/pods/default_other_fd055c20-d44c-4fc5-aa90-283f629201af'),
  },
  {
    description: 'another namespace than pause has',
    path: [...ANNOTATIONS, 'io.kubernetes.cri.sandbox-namespace'],
    change: put('kube-system'),
  },
  {
    description: 'the host name of another pod',
    path: ['OCI', 'Hostname'],
    change: put('other-pod'),
  },
  { description: 'an id that is none', path: ['container_id'], change: put('../../escape') },
];

/** Each is a request for the key helper that is allowed: what the host may choose. */
export const changesOfKeys: readonly Change[] = [
  { description: 'as it was', path: ['sandbox_pidns'], change: put(false) },
  {
    description: 'with a path more hidden',
    path: [...LINUX, 'MaskedPaths'],
    change: append('/proc/interrupts'),
  },
  {
    description: 'with the address of its node',
    path: [...PROCESS, 'Env'],
    change: append('NODE_IP=10.0.0.17', 'POD_IP=fd00:10:244::1c'),
  },
  {
    description: 'with a service over UDP',
    path: [...PROCESS, 'Env'],
    change: append('DNS_SERVICE_HOST=10.96.0.10', 'DNS_PORT_53_UDP_PROTO=udp'),
  },
  {
    description: 'without processor limits',
    path: [...LINUX, 'Resources', 'CPU'],
    change: put(null),
  },
];
