/**
 * The requests of a plain pod, as the Go runtime makes them: one container of busybox, an exec into it.
 * For questions without a pod at hand. Unset fields are filled in from the messages themselves.
 */
import { endpoints, fromPolicyInput, toPolicyInput, type Json } from '#wire';
import type { VerbMode } from './verbs.ts';

export interface SampleRequest {
  readonly endpoint: string;
  readonly input: Json;
}

const SANDBOX = '1f'.repeat(32);
const CONTAINER = '2e'.repeat(32);
const EXEC = '05e07bbb-d06c-402d-b9b7-e6386935b200';
const SHARED = '/run/kata-containers/shared/containers';
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What comes before any verb: the state that it leaves is what the verb meets. */
export const startOfSample = (): readonly SampleRequest[] => [
  request('CreateSandboxRequest', {
    hostname: 'web',
    dns: ['nameserver 10.96.0.10', ''],
    sandbox_id: SANDBOX,
    storages: [
      {
        driver: 'ephemeral',
        source: 'shm',
        fstype: 'tmpfs',
        options: ['noexec', 'nosuid', 'nodev', 'mode=1777', 'size=67108864'],
        mount_point: '/run/kata-containers/sandbox/shm',
      },
    ],
  }),
  request('GuestDetailsRequest', { mem_block_size: true, mem_hotplug_probe: true }),
  copyOf(`${SHARED}/${SANDBOX}-8f7f27d37e8af290-resolv.conf`),
  request('CreateContainerRequest', containerOf('sandbox', SANDBOX, ['/pause'])),
  request('StartContainerRequest', { container_id: SANDBOX }),
  copyOf(`${SHARED}/${CONTAINER}-1dfb9fa4c0e3a6c2-hosts`),
  request('CreateContainerRequest', containerOf('container', CONTAINER, ['sh'])),
  request('StartContainerRequest', { container_id: CONTAINER }),
];

/** The requests of a verb behind the start, by endpoint. */
export function sampleRequests(
  command: readonly string[],
  mode: VerbMode,
  isExec: boolean,
): readonly SampleRequest[] {
  const target = { container_id: CONTAINER, exec_id: isExec ? EXEC : CONTAINER };
  return [
    request('ExecProcessRequest', { ...target, process: processOf(command, mode.tty) }),
    request('TtyWinResizeRequest', { ...target, row: 24, column: 80 }),
    request('WriteStreamRequest', { ...target, data: [...Buffer.from('id\n')] }),
    request('ReadStreamRequest', { ...target, len: 32_768 }),
    request('CloseStdinRequest', target),
    request('WaitProcessRequest', target),
    request('StatsContainerRequest', { container_id: CONTAINER }),
    request('GetOOMEventRequest', {}),
    request('SignalProcessRequest', { ...target, exec_id: '', signal: 15 }),
    request('RemoveContainerRequest', { container_id: CONTAINER, timeout: 0 }),
    request('RemoveStaleVirtiofsShareMountsRequest', {}),
    request('DestroySandboxRequest', {}),
  ];
}

function request(endpoint: string, fields: Readonly<Record<string, Json>>): SampleRequest {
  const row = endpoints.find((one) => one.endpoint === endpoint);
  if (row === undefined) return { endpoint, input: fields };
  return {
    endpoint,
    input: toPolicyInput(row.requestType, fromPolicyInput(row.requestType, fields)),
  };
}

/** The policy sees a document of its own for CopyFile, without the data. */
const copyOf = (path: string): SampleRequest => ({
  endpoint: 'CopyFileRequest',
  input: {
    path,
    file_type: 'Regular',
    symlink_target: null,
    file_size: 103,
    file_mode: 33_188,
    dir_mode: 2_147_484_136,
    uid: 0,
    gid: 0,
    offset: 0,
  },
});

const processOf = (args: readonly string[], tty: boolean): Json => ({
  Terminal: tty,
  User: { UID: 0, GID: 0, AdditionalGids: [0, 10], Username: '' },
  Args: args,
  Env: [PATH, 'HOSTNAME=web', ...(tty ? ['TERM=xterm'] : [])],
  Cwd: '/',
});

const CAPABILITIES = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FSETID', 'CAP_KILL', 'CAP_SETUID'];

function containerOf(
  type: 'sandbox' | 'container',
  id: string,
  args: readonly string[],
): Readonly<Record<string, Json>> {
  const isSandbox = type === 'sandbox';
  const image = isSandbox ? 'pause' : 'docker.io/library/busybox:latest';
  const held = { Bounding: CAPABILITIES, Effective: CAPABILITIES, Permitted: CAPABILITIES };
  return {
    container_id: id,
    exec_id: id,
    storages: [
      {
        driver: 'image_guest_pull',
        driver_options: ['image_guest_pull={"metadata":{}}'],
        source: image,
        fstype: 'overlay',
        mount_point: `/run/kata-containers/${id}/rootfs`,
      },
    ],
    OCI: {
      Version: '1.1.0',
      Process: {
        ...(processOf(args, false) as Readonly<Record<string, Json>>),
        Capabilities: { ...held, Inheritable: [], Ambient: [] },
      },
      Root: { Path: `/run/kata-containers/${id}/rootfs`, Readonly: isSandbox },
      Hostname: 'web',
      Mounts: [
        {
          destination: '/proc',
          source: 'proc',
          type_: 'proc',
          options: ['nosuid', 'noexec', 'nodev'],
        },
      ],
      Annotations: {
        'io.katacontainers.pkg.oci.container_type': isSandbox ? 'pod_sandbox' : 'pod_container',
        'io.kubernetes.cri.container-type': type,
        'io.kubernetes.cri.sandbox-id': SANDBOX,
        'io.kubernetes.cri.sandbox-name': 'web',
        'io.kubernetes.cri.sandbox-namespace': 'default',
        ...(isSandbox
          ? {}
          : {
              'io.kubernetes.cri.container-name': 'main',
              'io.kubernetes.cri.image-name': image,
            }),
      },
      Linux: {
        Resources: { CPU: { Shares: 2 } },
        CgroupsPath: `kubepods-besteffort.slice:cri-containerd:${id}`,
        Namespaces: ['ipc', 'uts', 'mount'].map((Type) => ({ Type, Path: '' })),
      },
    },
  };
}
