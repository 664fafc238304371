/** Requests about processes, files, the network and the sandbox as a whole. */
import { containerId, type Json, SANDBOX_ID, withChange } from './corpus.ts';
import type { Add } from './testcases.ts';

export function processCases(add: Add): void {
  const exec = (allowed: boolean, description: string, request: Json): void => {
    add(allowed, `exec: ${description}`, 'ExecProcessRequest', request);
  };
  const probe = ['/usr/sbin/nginx', '-t'];
  const curl = (url: string): readonly string[] => ['/bin/sh', '-c', `curl -fsS ${url}`];
  const everywhere = execRequest(SANDBOX_ID, ['/bin/true']);
  exec(true, 'what every container may run', everywhere);
  exec(true, "the web server's probe", execRequest(containerId(1), probe));
  exec(false, "the web server's probe elsewhere", execRequest(containerId(2), probe));
  exec(false, 'a probe of a container that was never created', execRequest(containerId(8), probe));
  exec(
    true,
    'a command that follows a pattern',
    execRequest(containerId(2), curl('http://127.0.0.1:9113/readyz')),
  );
  exec(true, 'who the user is', execRequest(containerId(3), ['/usr/bin/id', '-u']));
  exec(false, 'an interactive shell', execRequest(containerId(1), ['sh']));
  exec(
    false,
    'a pattern followed by more',
    execRequest(containerId(2), curl('http://127.0.0.1:9113/readyz; id')),
  );
  exec(
    false,
    'another port than digits',
    execRequest(containerId(2), curl('http://127.0.0.1:x/readyz')),
  );
  exec(
    false,
    'a command that is allowed, with capabilities',
    withChange(everywhere, ['process', 'Capabilities'], () => ({
      Bounding: ['CAP_SYS_ADMIN'],
      Effective: ['CAP_SYS_ADMIN'],
      Inheritable: [],
      Permitted: ['CAP_SYS_ADMIN'],
      Ambient: [],
    })),
  );
  exec(
    false,
    'a command that is allowed, with a profile',
    withChange(everywhere, ['process', 'ApparmorProfile'], () => 'unconfined'),
  );
  streamCases(add);
}

function streamCases(add: Add): void {
  const one = { container_id: containerId(1), exec_id: containerId(1) };
  add(true, 'the start of a container', 'StartContainerRequest', { container_id: containerId(1) });
  add(false, 'logs', 'ReadStreamRequest', { ...one, len: 32768 });
  add(false, 'standard input', 'WriteStreamRequest', { ...one, data: [105, 100, 10] });
  add(false, 'the end of standard input', 'CloseStdinRequest', one);
  add(true, 'a signal', 'SignalProcessRequest', { ...one, signal: 15 });
  add(true, 'a signal to every process', 'SignalProcessRequest', {
    ...one,
    exec_id: '',
    signal: 9,
  });
  add(true, 'waiting for a process', 'WaitProcessRequest', one);
  add(true, 'the size of a terminal', 'TtyWinResizeRequest', { ...one, row: 24, column: 80 });
  add(true, 'figures of a container', 'StatsContainerRequest', { container_id: containerId(1) });
  add(false, 'a pause', 'PauseContainerRequest', { container_id: containerId(1) });
  add(false, 'the termination message', 'GetDiagnosticDataRequest', {
    container_id: containerId(1),
    log_type: 'termination_log',
  });
}

export function networkCases(add: Add): void {
  const link = (description: string, change: Readonly<Record<string, Json>>): void => {
    const request = withChange(INTERFACE, ['interface'], (old) => ({
      ...(old as Readonly<Record<string, Json>>),
      ...change,
    }));
    const isAllowed = Object.keys(change).every((key) => key === 'mtu');
    add(isAllowed, description, 'UpdateInterfaceRequest', request);
  };
  link('the interface of the pod', {});
  link('the interface with jumbo frames', { mtu: 9000 });
  link('the loopback interface', { device: 'lo', name: 'lo' });
  link('an interface flag', { raw_flags: 256 });
  link('an interface without an address', { hwAddr: '00:00:00:00:00:00' });
  const route = (
    allowed: boolean,
    description: string,
    change: Readonly<Record<string, Json>>,
  ): void => {
    add(allowed, description, 'UpdateRoutesRequest', {
      routes: { Routes: [ROUTE, { ...ROUTE, ...change }] },
    });
  };
  route(true, 'routes of the pod', { dest: '10.244.0.0/24', gateway: '' });
  route(false, 'a route over the loopback interface', { device: 'lo' });
  route(false, 'a route from a loopback address', { source: '127.0.0.53' });
  const neighbour = (
    allowed: boolean,
    description: string,
    change: Readonly<Record<string, Json>>,
  ): void => {
    add(allowed, description, 'AddARPNeighborsRequest', {
      neighbors: { ARPNeighbors: [{ ...NEIGHBOUR, ...change }] },
    });
  };
  neighbour(true, 'a neighbour of the pod', {});
  neighbour(false, 'a neighbour that is asked for', { state: 4 });
  neighbour(false, 'a neighbour that is a router with flags of its own', { flags: 1 });
  neighbour(false, 'a loopback neighbour', {
    toIPAddress: { family: 0, address: '127.0.0.1', mask: '' },
  });
  add(false, 'a list of the routes', 'ListRoutesRequest', {});
}

export function podCases(add: Add): void {
  const path = `/run/kata-containers/shared/containers/${containerId(1)}-8f7f27d37e8af290`;
  const copy = (
    allowed: boolean,
    description: string,
    changes: Readonly<Record<string, Json>>,
  ): void => {
    const { suffix = 'tls/tls.crt', ...others } = changes;
    add(allowed, description, 'CopyFileRequest', {
      path: `${path}-${suffix as string}`,
      file_type: 'Regular',
      symlink_target: null,
      file_size: 12,
      file_mode: 33188,
      dir_mode: 2147484136,
      uid: 0,
      gid: 0,
      offset: 0,
      ...others,
    });
  };
  const linkTo = (target: string): Readonly<Record<string, Json>> => ({
    suffix: 'tls/a',
    file_type: 'Symlink',
    symlink_target: target,
    file_mode: 41471,
  });
  copy(true, 'a file of a volume', {});
  copy(true, 'the second piece of a file', { file_size: 2097152, offset: 1048576 });
  copy(true, 'the directory of a volume', {
    suffix: 'tls',
    file_type: 'Directory',
    file_mode: 16877,
  });
  copy(true, 'a link inside a volume', linkTo('..data/a'));
  copy(false, 'a link out of a volume', linkTo('../../etc'));
  copy(false, 'a link to anywhere', linkTo('/etc/shadow'));
  copy(false, 'a file elsewhere', { suffix: '../../etc/shadow' });
  copy(false, 'a volume that the pod does not have', { suffix: 'other/tls.crt' });
  copy(false, 'a device file', { file_type: 'Unknown', file_mode: 25008 });
  add(true, 'processors to be used', 'OnlineCPUMemRequest', {
    wait: false,
    nb_cpus: 2,
    cpu_only: false,
  });
  add(false, 'the time of day', 'SetGuestDateTimeRequest', { Sec: 1767225600, Usec: 0 });
  add(false, 'entropy of the host', 'ReseedRandomDevRequest', { data: [1, 2, 3, 4] });
  add(false, 'another policy', 'SetPolicyRequest', { policy: 'package agent_policy\n' });
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

const INTERFACE: Json = {
  interface: {
    device: 'eth0',
    name: 'eth0',
    IPAddresses: [{ family: 0, address: '10.244.0.14', mask: '24' }],
    mtu: 1500,
    hwAddr: '66:74:9f:6a:96:01',
    devicePath: '',
    type_: 'virtual',
    raw_flags: 0,
  },
};

const ROUTE: Readonly<Record<string, Json>> = {
  dest: '',
  gateway: '10.244.0.1',
  device: 'eth0',
  source: '',
  scope: 0,
  family: 0,
  flags: 0,
  mtu: 0,
};

const NEIGHBOUR: Readonly<Record<string, Json>> = {
  toIPAddress: { family: 0, address: '10.244.0.1', mask: '' },
  device: 'eth0',
  lladdr: '66:74:9f:6a:96:ff',
  state: 128,
  flags: 0,
};
