/** Recordings for tests: a pod as the runtime starts it, with whatever differs from start to start. */
import { randomHex, randomUuid, seededRandom } from '#base';
import { emptyMessage, endpoints, stringifyJson, toPolicyInput, type Json } from '#wire';
import type { Corpus } from '../corpus/entry.ts';
import { readCorpus } from '../corpus/read-corpus.ts';

export interface Start {
  readonly seed: number;
  readonly file?: string;
  /** Default `web-7c9f8b6d5-x2x4k`. */
  readonly name?: string;
  readonly ip?: string;
  readonly env?: readonly string[];
  readonly image?: string;
  /** Execs without input, then what is typed into the last one. */
  readonly execs?: readonly (readonly string[])[];
  readonly stdin?: readonly number[];
}

type Row = Readonly<Record<string, Json>>;

/** A request with the fields given; the others as the agent fills them in. */
export function requestOf(endpoint: string, fields: Row): Row {
  const info = endpoints.find((one) => one.endpoint === endpoint);
  if (info === undefined) throw new Error(`no endpoint ${endpoint}`);
  const empty = toPolicyInput(info.requestType, emptyMessage(info.requestType)) as Row;
  return { ...empty, ...fields };
}

const DIGEST = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const CAPS = ['CAP_CHOWN', 'CAP_KILL', 'CAP_SETGID', 'CAP_SETUID'];

/** Lines of an agent's log: the pod comes up, is used, and goes. */
export function recordPod(start: Start): Corpus {
  const random = seededRandom(start.seed);
  const hex = (length: number): string => randomHex(random, length / 2);
  const name = start.name ?? 'web-7c9f8b6d5-x2x4k';
  const uid = randomUuid(random);
  const [sandbox, web] = [hex(64), hex(64)];
  const rows: (readonly [string, Row])[] = [];
  const say = (endpoint: string, fields: Row = {}): void =>
    void rows.push([endpoint, requestOf(endpoint, fields)]);
  const container = (id: string, own: Row, process: Row, mounts: readonly Row[]): void => {
    const annotations = {
      'io.kubernetes.cri.sandbox-id': sandbox,
      'io.kubernetes.cri.sandbox-name': name,
      'io.kubernetes.cri.sandbox-namespace': 'default',
      'io.kubernetes.cri.sandbox-uid': uid,
      'io.katacontainers.pkg.oci.bundle_path': `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}`,
      ...own,
    };
    const empty = requestOf('CreateContainerRequest', {});
    say('CreateContainerRequest', {
      container_id: id,
      exec_id: id,
      storages: [
        {
          driver: 'image_guest_pull',
          driver_options: [`image_guest_pull=${JSON.stringify({ metadata: annotations })}`],
          source: own['io.kubernetes.cri.image-name'] ?? 'pause',
          fstype: 'overlay',
          options: [],
          mount_point: `/run/kata-containers/${id}/rootfs`,
          fs_group: null,
          shared: false,
        },
      ],
      OCI: {
        ...(empty['OCI'] as Row | null),
        Version: '1.1.0',
        Hooks: null,
        Root: { Path: `/run/kata-containers/${id}/rootfs`, Readonly: false },
        Hostname: '',
        Annotations: annotations,
        Process: {
          Terminal: false,
          ConsoleSize: null,
          User: { UID: 0, GID: 0, AdditionalGids: [0], Username: '' },
          Cwd: '/',
          Capabilities: {
            Bounding: CAPS,
            Effective: CAPS,
            Permitted: CAPS,
            Inheritable: [],
            Ambient: [],
          },
          Rlimits: [],
          NoNewPrivileges: true,
          ApparmorProfile: '',
          OOMScoreAdj: 1000,
          SelinuxLabel: '',
          ...process,
        },
        Mounts: mounts,
        Linux: {
          UIDMappings: [],
          GIDMappings: [],
          Sysctl: {},
          Resources: null,
          CgroupsPath: `kubepods-besteffort-pod${uid.replaceAll('-', '_')}.slice:cri-containerd:${id}`,
          Namespaces: [
            { Type: 'ipc', Path: '' },
            { Type: 'uts', Path: '' },
            { Type: 'mount', Path: '' },
          ],
          Devices: [],
          Seccomp: null,
          RootfsPropagation: '',
          MaskedPaths: ['/proc/kcore', '/proc/keys'],
          ReadonlyPaths: ['/proc/bus', '/proc/sys'],
          MountLabel: '',
          IntelRdt: null,
        },
        Solaris: null,
        Windows: null,
      },
    });
    say('StartContainerRequest', { container_id: id });
  };
  const ip = start.ip ?? '10.244.0.14';
  say('UpdateInterfaceRequest', {
    interface: {
      device: 'eth0',
      name: 'eth0',
      IPAddresses: [{ family: 0, address: ip, mask: '24' }],
      mtu: 1500,
      hwAddr: `66:74:9f:${hex(2)}:${hex(2)}:${hex(2)}`,
      devicePath: '',
      type_: 'virtual',
      raw_flags: 0,
    },
  });
  say('CreateSandboxRequest', {
    hostname: name,
    sandbox_id: sandbox,
    dns: ['nameserver 10.96.0.10'],
  });
  say('GuestDetailsRequest', { mem_block_size: true, mem_hotplug_probe: true });
  container(
    sandbox,
    { 'io.kubernetes.cri.container-type': 'sandbox' },
    { Args: ['/pause'], Env: ['PATH=/bin'] },
    [],
  );
  say('CopyFileRequest', {
    path: `/run/kata-containers/shared/containers/${web}-${hex(16)}-hosts`,
    file_type: 'Regular',
    symlink_target: null,
    file_size: 120 + start.seed,
    file_mode: 33188,
    dir_mode: 2147484136,
    uid: 0,
    gid: 0,
    offset: 0,
  });
  const env = [
    'PATH=/usr/bin',
    `HOSTNAME=${name}`,
    `POD_IP=${ip}`,
    'KUBERNETES_SERVICE_HOST=10.96.0.1',
    ...(start.env ?? []),
  ];
  container(
    web,
    {
      'io.kubernetes.cri.container-type': 'container',
      'io.kubernetes.cri.container-name': 'web',
      'io.kubernetes.cri.image-name': start.image ?? `example.com/web@sha256:${DIGEST}`,
    },
    { Args: ['/bin/web', '--pod', name], Env: env },
    [
      { destination: '/proc', source: 'proc', type_: 'proc', options: ['nosuid'] },
      {
        destination: '/etc/hosts',
        source: `/run/kata-containers/shared/containers/${web}-${hex(16)}-hosts`,
        type_: 'bind',
        options: ['rbind', 'ro'],
      },
    ],
  );
  let execId = '';
  for (const args of start.execs ?? [['id']]) {
    execId = randomUuid(random);
    const process = {
      Terminal: false,
      ConsoleSize: null,
      User: { UID: 0, GID: 0, AdditionalGids: [], Username: '' },
      Args: args,
      Env: env,
      Cwd: '/',
      Capabilities: null,
      Rlimits: [],
      NoNewPrivileges: false,
      ApparmorProfile: '',
      OOMScoreAdj: 0,
      SelinuxLabel: '',
    };
    say('ExecProcessRequest', { container_id: web, exec_id: execId, process });
  }
  if (start.stdin !== undefined)
    say('WriteStreamRequest', { container_id: web, exec_id: execId, data: start.stdin });
  for (const id of [web, sandbox]) {
    say('SignalProcessRequest', { container_id: id, exec_id: '', signal: 9 });
    say('WaitProcessRequest', { container_id: id, exec_id: id });
    say('RemoveContainerRequest', { container_id: id, timeout: 0 });
  }
  say('DestroySandboxRequest');
  const lines = rows.map(([kind, request]) => `${stringifyJson({ kind, request })}\n`);
  return readCorpus(lines.join(''), start.file ?? `pod-${start.seed}.jsonl`);
}
