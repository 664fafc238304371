/**
 * Requests for policies/genpolicy-style.rego in genpolicy's testcases.json form, in an order in
 * which a pod could send them: state is carried from one to the next.
 */
import type { GenpolicyStyle, Json } from './corpus.ts';
import { containerId, createContainerRequest, SANDBOX_ID, withChange } from './corpus.ts';

export interface TestCase {
  readonly description: string;
  readonly allowed: boolean;
  readonly kind: string;
  readonly request: Json;
}

const append =
  (item: Json) =>
  (old: Json): Json => [...(old as readonly Json[]), item];

/** What is wrong with a request for the web server, and where. */
const DENIALS: readonly {
  readonly description: string;
  readonly path: readonly (string | number)[];
  readonly change: (old: Json) => Json;
}[] = [
  {
    description: 'another image than the pod was made for',
    path: ['storages', 0, 'source'],
    change: () => 'registry.example.com/shop/web:latest',
  },
  {
    description: 'a variable that loads foreign code',
    path: ['OCI', 'Process', 'Env'],
    change: append('LD_PRELOAD=/tmp/evil.so'),
  },
  {
    description: 'another command',
    path: ['OCI', 'Process', 'Args'],
    change: () => ['/bin/sh', '-c', 'sleep infinity'],
  },
  {
    description: 'a capability more',
    path: ['OCI', 'Process', 'Capabilities', 'Effective'],
    change: append('CAP_SYS_ADMIN'),
  },
  {
    description: 'a mount more',
    path: ['OCI', 'Mounts'],
    change: append({ destination: '/host', source: '/', type_: 'bind', options: ['rbind', 'rw'] }),
  },
  {
    description: 'a path less hidden',
    path: ['OCI', 'Linux', 'MaskedPaths'],
    change: (old) => (old as readonly Json[]).slice(1),
  },
  {
    description: 'a hook',
    path: ['OCI', 'Hooks'],
    change: () => ({ Prestart: [{ Path: '/bin/sh', Args: [], Env: [], Timeout: 0 }] }),
  },
  { description: 'the root user', path: ['OCI', 'Process', 'User', 'UID'], change: () => 0 },
  {
    description: 'an unknown annotation',
    path: ['OCI', 'Annotations', 'example.com/unknown'],
    change: () => 'x',
  },
];

export function testCases(policy: GenpolicyStyle): TestCase[] {
  const cases: TestCase[] = [];
  const add = (allowed: boolean, description: string, kind: string, request: Json): void => {
    cases.push({ description, allowed, kind, request });
  };
  const create = (allowed: boolean, description: string, request: Json): void => {
    add(allowed, description, 'CreateContainerRequest', request);
  };
  add(true, 'the sandbox', 'CreateSandboxRequest', sandboxRequest());
  create(true, 'the pause container', createContainerRequest(policy, 0));
  const web = createContainerRequest(policy, 1);
  for (const { description, path, change } of DENIALS) {
    create(false, `the web server with ${description}`, withChange(web, path, change));
  }
  for (const [index, container] of policy.data.containers.entries()) {
    if (index > 0) {
      create(true, `container ${container.name}`, createContainerRequest(policy, index));
    }
  }
  create(
    false,
    'the web server a second time',
    createContainerRequest(policy, 1, { id: containerId(99) }),
  );
  create(
    false,
    'a container for another pod',
    withChange(
      createContainerRequest(policy, 2),
      ['OCI', 'Annotations', 'io.kubernetes.cri.sandbox-name'],
      () => 'shop-7c9f8b6d5-zzzzz',
    ),
  );
  execCases(add);
  otherCases(add);
  return cases;
}

type Add = (allowed: boolean, description: string, kind: string, request: Json) => void;

function execCases(add: Add): void {
  const exec = (
    allowed: boolean,
    description: string,
    id: string,
    args: readonly string[],
  ): void => {
    add(allowed, `exec: ${description}`, 'ExecProcessRequest', execRequest(id, args));
  };
  exec(true, 'what every container may run', SANDBOX_ID, ['/bin/true']);
  exec(true, "the web server's probe", containerId(1), ['/usr/sbin/nginx', '-t']);
  exec(false, "the web server's probe elsewhere", containerId(2), ['/usr/sbin/nginx', '-t']);
  exec(true, 'a command that follows a pattern', containerId(2), [
    '/bin/sh',
    '-c',
    'curl -fsS http://127.0.0.1:9113/readyz',
  ]);
  exec(false, 'an interactive shell', containerId(1), ['sh']);
  exec(false, 'a pattern followed by more', containerId(2), [
    '/bin/sh',
    '-c',
    'curl -fsS http://127.0.0.1:9113/readyz; id',
  ]);
}

function otherCases(add: Add): void {
  const path = `/run/kata-containers/shared/containers/${containerId(1)}-8f7f27d37e8af290`;
  const copy = (suffix: string, type: string, target: string | null): Json => ({
    path: `${path}-${suffix}`,
    file_type: type,
    symlink_target: target,
    file_size: 12,
    file_mode: 33188,
    dir_mode: 2147484136,
    uid: 0,
    gid: 0,
    offset: 0,
  });
  add(true, 'a file of a volume', 'CopyFileRequest', copy('tls/tls.crt', 'Regular', null));
  add(true, 'a link inside a volume', 'CopyFileRequest', copy('tls/a', 'Symlink', '..data/a'));
  add(false, 'a link out of a volume', 'CopyFileRequest', copy('tls/a', 'Symlink', '../../etc'));
  add(false, 'a file elsewhere', 'CopyFileRequest', copy('../../etc/shadow', 'Regular', null));
  const stream = { container_id: containerId(1), exec_id: containerId(1) };
  add(false, 'logs', 'ReadStreamRequest', { ...stream, len: 32768 });
  add(false, 'standard input', 'WriteStreamRequest', { ...stream, data: [105, 100, 10] });
  add(true, 'a signal', 'SignalProcessRequest', { ...stream, signal: 15 });
  add(true, 'the interface of the pod', 'UpdateInterfaceRequest', interfaceRequest('eth0', 0));
  add(false, 'the loopback interface', 'UpdateInterfaceRequest', interfaceRequest('lo', 0));
  add(false, 'an interface flag', 'UpdateInterfaceRequest', interfaceRequest('eth0', 256));
  add(true, 'removal of a container', 'RemoveContainerRequest', {
    container_id: containerId(4),
    timeout: 0,
  });
  add(false, 'another policy', 'SetPolicyRequest', { policy: 'package agent_policy\n' });
}

function sandboxRequest(): Json {
  return {
    hostname: 'shop-7c9f8b6d5-x2x4k',
    dns: ['nameserver 10.0.0.10', ''],
    storages: [
      {
        driver: 'ephemeral',
        driver_options: [],
        source: 'shm',
        fstype: 'tmpfs',
        options: ['noexec', 'nosuid', 'nodev', 'mode=1777', 'size=67108864'],
        mount_point: '/run/kata-containers/sandbox/shm',
        fs_group: null,
        shared: false,
      },
    ],
    sandbox_pidns: false,
    sandbox_id: SANDBOX_ID,
    guest_hook_path: '',
    kernel_modules: [],
  };
}

export function execRequest(id: string, args: readonly string[]): Json {
  return {
    container_id: id,
    exec_id: '05e07bbb-d06c-402d-b9b7-e6386935b200',
    string_user: null,
    process: {
      Terminal: false,
      ConsoleSize: null,
      User: { UID: 0, GID: 0, AdditionalGids: [0, 10], Username: '' },
      Args: args,
      Env: ['PATH=/usr/bin:/bin', 'HOSTNAME=web-0'],
      Cwd: '/',
      Capabilities: null,
      Rlimits: [],
      NoNewPrivileges: false,
      ApparmorProfile: '',
      OOMScoreAdj: 0,
      SelinuxLabel: '',
    },
    stdin_port: 0,
    stdout_port: 0,
    stderr_port: 0,
  };
}

function interfaceRequest(name: string, flags: number): Json {
  return {
    interface: {
      device: name,
      name,
      IPAddresses: [{ family: 0, address: '10.244.0.14', mask: '24' }],
      mtu: 1500,
      hwAddr: '66:74:9f:6a:96:01',
      devicePath: '',
      type_: 'virtual',
      raw_flags: flags,
    },
  };
}
