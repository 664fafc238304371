/**
 * The container and process state machine: kata-agent's codes and texts, state by state.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GuestError, type GuestFailure } from './errors.ts';
import {
  collect,
  createRequest,
  openTestGuest,
  processSpec,
  startContainer,
  type TestGuest,
  type TestSandbox,
} from './testing.ts';

let guest: TestGuest;
let sandbox: TestSandbox;
beforeEach(() => {
  guest = openTestGuest();
  sandbox = guest.sandbox;
});
afterEach(async () => {
  await sandbox.close();
  expect(guest.faults).toEqual([]);
});

/** How a call failed, or undefined when it did not. */
async function failure(call: Promise<unknown>): Promise<GuestFailure | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof GuestError) return error.failure;
    throw error;
  }
}

const anyhow = (text: string) => ({ kind: 'anyhow', status: 'INTERNAL', text });
const lookup = (status: string, variant: string) => ({ kind: 'lookup', status, variant });
const quoted = (status: string, text: string) => ({ kind: 'string', status, text });

type Step = (s: TestSandbox, id: string) => Promise<unknown>;
const ref = (id: string, execId = '') => ({ container_id: id, exec_id: execId });

const CALLS: Readonly<Record<string, Step>> = {
  start: (s, id) => s.startContainer(ref(id)),
  pause: (s, id) => s.pauseContainer(ref(id)),
  resume: (s, id) => s.resumeContainer(ref(id)),
  update: (s, id) => s.updateContainer({ ...ref(id), resources: null }),
  stats: (s, id) => s.statsContainer(ref(id)),
  exec: (s, id) => s.execProcess({ ...ref(id, 'e'), process: processSpec(['true']) }),
  'signal init': (s, id) => s.signalProcess({ ...ref(id), signal: 15 }),
  'signal all': (s, id) => s.signalProcess({ ...ref(id), signal: 9 }),
  'signal exec': (s, id) => s.signalProcess({ ...ref(id, 'no'), signal: 15 }),
  wait: (s, id) => s.waitProcess(ref(id, 'no')),
  'read stdout': (s, id) => s.readStdout({ ...ref(id, 'no'), len: 10 }),
  'read stderr': (s, id) => s.readStderr({ ...ref(id, 'no'), len: 10 }),
  'write stdin': (s, id) => s.writeStdin({ ...ref(id, 'no'), data: Buffer.from('x') }),
  'close stdin': (s, id) => s.closeStdin(ref(id, 'no')),
  resize: (s, id) => s.ttyWinResize({ ...ref(id, 'no'), row: 1, column: 1 }),
  remove: (s, id) => s.removeContainer({ ...ref(id), timeout: 0 }),
  diagnostics: (s, id) => s.getDiagnosticData({ ...ref(id), log_type: 'termination_log' }),
};

describe('a container that does not exist', () => {
  test.each([
    ['start', anyhow('Invalid container id')],
    ['pause', quoted('INVALID_ARGUMENT', 'invalid container id')],
    ['resume', quoted('INVALID_ARGUMENT', 'invalid container id')],
    ['update', quoted('INVALID_ARGUMENT', 'invalid container id')],
    ['stats', quoted('INVALID_ARGUMENT', 'invalid container id')],
    ['exec', anyhow('Invalid container id')],
    ['signal init', lookup('INVALID_ARGUMENT', 'InvalidContainerId')],
    ['signal all', anyhow('Invalid container id ghost')],
    ['wait', lookup('INVALID_ARGUMENT', 'InvalidContainerId')],
    ['read stdout', lookup('INVALID_ARGUMENT', 'InvalidContainerId')],
    ['read stderr', lookup('INVALID_ARGUMENT', 'InvalidContainerId')],
    ['write stdin', anyhow('Invalid container id')],
    ['close stdin', lookup('INVALID_ARGUMENT', 'InvalidContainerId')],
    ['resize', lookup('INVALID_ARGUMENT', 'InvalidContainerId')],
    ['remove', anyhow('Invalid container id')],
    ['diagnostics', anyhow('Invalid container id: ghost')],
  ])('%s', async (call, want) => {
    expect(await failure(CALLS[call]!(sandbox, 'ghost'))).toMatchObject(want);
  });
});

describe('an exec id that does not exist', () => {
  beforeEach(() => startContainer(sandbox, 'box', ['sleep', '100']));
  test.each([
    ['signal exec', lookup('NOT_FOUND', 'InvalidExecId')],
    ['wait', lookup('NOT_FOUND', 'InvalidExecId')],
    ['read stdout', lookup('NOT_FOUND', 'InvalidExecId')],
    ['read stderr', lookup('NOT_FOUND', 'InvalidExecId')],
    ['write stdin', anyhow('Process not found: invalid exec id')],
    ['close stdin', lookup('NOT_FOUND', 'InvalidExecId')],
    ['resize', lookup('NOT_FOUND', 'InvalidExecId')],
  ])('%s', async (call, want) => {
    expect(await failure(CALLS[call]!(sandbox, 'box'))).toMatchObject(want);
  });
});

describe('an init that was waited for', () => {
  beforeEach(async () => {
    await startContainer(sandbox, 'box', ['true']);
    await sandbox.waitProcess(ref('box'));
  });
  test.each([
    [
      'signal',
      (s: TestSandbox) => s.signalProcess({ ...ref('box'), signal: 15 }),
      lookup('NOT_FOUND', 'InitProcessNotFound'),
    ],
    [
      'wait',
      (s: TestSandbox) => s.waitProcess(ref('box')),
      lookup('NOT_FOUND', 'InitProcessNotFound'),
    ],
    [
      'wait by the container id',
      (s: TestSandbox) => s.waitProcess(ref('box', 'box')),
      lookup('NOT_FOUND', 'InitProcessNotFound'),
    ],
    [
      'read',
      (s: TestSandbox) => s.readStdout({ ...ref('box'), len: 1 }),
      lookup('NOT_FOUND', 'InitProcessNotFound'),
    ],
    [
      'write',
      (s: TestSandbox) => s.writeStdin({ ...ref('box'), data: Buffer.from('x') }),
      anyhow('Process not found: init process missing'),
    ],
    [
      'signal 9 to all',
      (s: TestSandbox) => s.signalProcess({ ...ref('box'), signal: 9 }),
      undefined,
    ],
  ])('%s', async (_, call, want) => {
    const got = await failure(call(sandbox));
    if (want === undefined) expect(got).toBeUndefined();
    else expect(got).toMatchObject(want);
  });
});

/** Every call in every state: what it answers and which state follows. */
const ALWAYS = ['update', 'stats', 'remove'];
const STATES: Readonly<Record<string, { steps: string[]; ok: string[] }>> = {
  Created: { steps: [], ok: ['start', 'pause', 'exec', 'signal init', 'signal all', ...ALWAYS] },
  Running: { steps: ['start'], ok: ['pause', 'exec', 'signal init', 'signal all', ...ALWAYS] },
  Paused: {
    steps: ['start', 'pause'],
    ok: ['resume', 'exec', 'signal init', 'signal all', ...ALWAYS],
  },
  Stopped: {
    steps: ['start', 'signal all'],
    ok: ['pause', 'signal init', 'signal all', ...ALWAYS],
  },
};
const REFUSALS: Readonly<Record<string, (status: string) => unknown>> = {
  start: (status) => ({
    kind: 'anyhow',
    status: 'FAILED_PRECONDITION',
    text: `failed to start container: current status is: ${status}`,
  }),
  pause: (status) => anyhow(`failed to pause container: current status is: ${status}`),
  // Upstream does not notice that the init has ended.
  resume: (status) =>
    anyhow(`container status is: ${status === 'Stopped' ? 'Running' : status}, not paused`),
  exec: () => anyhow('failed to fork temporary process: ENOMEM'),
};
const NEXT: Readonly<Record<string, string>> = {
  start: 'Running',
  pause: 'Paused',
  resume: 'Running',
  'signal init': 'Stopped',
  'signal all': 'Stopped',
};

describe.each(Object.entries(STATES))('a container that is %s', (state, { steps, ok }) => {
  test.each([...Object.keys(REFUSALS), ...ALWAYS, 'signal init', 'signal all'])(
    '%s',
    async (call) => {
      await sandbox.createContainer(createRequest('box', ['sleep', '100']));
      for (const step of steps) await CALLS[step]!(sandbox, 'box');
      expect(sandbox.containers()[0]?.status).toBe(state);
      const got = await failure(CALLS[call]!(sandbox, 'box'));
      if (ok.includes(call)) expect(got).toBeUndefined();
      else expect(got).toMatchObject(REFUSALS[call]!(state) as object);
      if (call === 'remove') expect(sandbox.containers()).toEqual([]);
      else {
        const moves = ok.includes(call) && state !== 'Stopped';
        const next = moves ? (NEXT[call] ?? state) : state;
        expect(sandbox.containers()[0]?.status).toBe(next);
      }
    },
  );
});

test('paused and resumed before its start, a container still starts', async () => {
  await sandbox.createContainer(createRequest('box', ['echo', 'hi']));
  await sandbox.pauseContainer(ref('box'));
  await sandbox.resumeContainer(ref('box'));
  await sandbox.startContainer(ref('box'));
  expect((await collect(sandbox, 'box')).stdout).toBe('hi\n');
});

describe('what a spec leaves out has the defaults of the oci-spec crate', () => {
  const base = () => createRequest('box', ['true']);
  test.each([
    ['Linux', { Linux: null }],
    ['Process', { Process: null }],
    ['arguments', { Process: processSpec([]) }],
  ])('no %s', async (_part, change) => {
    await sandbox.createContainer({ ...base(), OCI: { ...base().OCI!, ...change } });
    expect(sandbox.containers()[0]?.status).toBe('Created');
  });

  test('no Root: the folder rootfs of the root directory, which is empty', async () => {
    const request = { ...base(), storages: [], OCI: { ...base().OCI!, Root: null } };
    expect(await failure(sandbox.createContainer(request))).toMatchObject(
      anyhow('the file true was not found'),
    );
  });

  test.each([
    ['', 'need mount source'],
    [
      '/nosuch/rootfs',
      'failed to mount /nosuch/rootfs to /run/kata-containers/box/rootfs, with error: ENOENT: No such file or directory',
    ],
  ])('the root path %j is refused', async (Path, text) => {
    const request = { ...base(), storages: [], OCI: { ...base().OCI!, Root: { Path } } };
    expect(await failure(sandbox.createContainer(request))).toMatchObject(anyhow(text));
  });
});

describe('creating', () => {
  const base = () => createRequest('box', ['sh']);
  const withOci = (change: object) => ({ ...base(), OCI: { ...base().OCI!, ...change } });
  test.each([
    ['an id of one character', { ...base(), container_id: 'a' }, anyhow('invalid container ID a')],
    ['an id with a slash', { ...base(), container_id: 'a/b' }, anyhow('invalid container ID a/b')],
    [
      'an id that begins with a dot',
      { ...base(), container_id: '.ab' },
      anyhow('invalid container ID .ab'),
    ],
    ['no OCI spec', { ...base(), OCI: null }, anyhow('EINVAL: Invalid argument')],
    ['no namespaces', withOci({ Linux: {} }), anyhow('cannot find the pid ns')],
    [
      'no capabilities',
      withOci({ Process: { Args: ['sh'], Env: ['PATH=/bin'] } }),
      anyhow('missing process capabilities'),
    ],
    [
      'a variable without `=`',
      withOci({ Process: processSpec(['sh'], { Env: ['A=1', 'NO"EQ'] }) }),
      anyhow('Malformed OCI env entry "NO\\"EQ"'),
    ],
    [
      'a SELinux label',
      withOci({ Process: processSpec(['sh'], { SelinuxLabel: 'x' }) }),
      anyhow(
        'SELinux label for the process is provided but SELinux is not enabled on the running kernel',
      ),
    ],
    [
      'a relative mount point',
      withOci({ Mounts: [{ destination: 'rel', source: 'proc', type: 'proc' }] }),
      anyhow('the mount destination rel is invalid'),
    ],
    [
      'an unknown file system',
      withOci({ Mounts: [{ destination: '/x', source: 'x', type: 'nofs' }] }),
      anyhow('ENODEV: No such device'),
    ],
    [
      'a working directory that is a file',
      withOci({ Process: processSpec(['sh'], { Cwd: '/etc/passwd' }) }),
      anyhow('File exists (os error 17)'),
    ],
    [
      'no PATH to look in',
      withOci({ Process: processSpec(['ls'], { Env: [] }) }),
      anyhow('the file ls was not found'),
    ],
    [
      'a missing binary',
      withOci({ Process: processSpec(['nosuch']) }),
      anyhow('the file nosuch was not found'),
    ],
    [
      'an unknown storage driver',
      { ...base(), storages: [{ ...base().storages[0]!, driver: 'floppy' }] },
      anyhow('Failed to find the storage handler floppy'),
    ],
    [
      'a mount source that is missing',
      withOci({
        Mounts: [{ destination: '/x', source: '/nowhere', type: 'bind', options: ['rbind'] }],
      }),
      anyhow('No such file or directory (os error 2)'),
    ],
    [
      'a device without type',
      {
        ...base(),
        devices: [{ id: 'd', type: '', vm_path: '', container_path: '/dev/d', options: [] }],
      },
      { text: expect.stringContaining('invalid type for device') },
    ],
    [
      'a device without id and path',
      {
        ...base(),
        devices: [{ id: '', type: 'blk', vm_path: '', container_path: '/dev/d', options: [] }],
      },
      { text: expect.stringContaining('invalid ID and VM path for device') },
    ],
    [
      'a device without container path',
      {
        ...base(),
        devices: [{ id: 'd', type: 'blk', vm_path: '', container_path: '', options: [] }],
      },
      { text: expect.stringContaining('invalid container path for device') },
    ],
  ])('with %s fails and leaves nothing', async (_, request, want) => {
    expect(await failure(sandbox.createContainer(request))).toMatchObject(want);
    expect(sandbox.containers()).toEqual([]);
    expect(sandbox.processes()).toEqual([]);
    // The id is free again.
    await sandbox.createContainer(createRequest('box', ['sh']));
  });

  test('an unknown image names it and lists the known ones in its hint', async () => {
    const call = sandbox.createContainer(createRequest('box', ['sh'], { image: 'ghcr.io/x/y:1' }));
    await expect(call).rejects.toMatchObject({
      message: expect.stringContaining('Failed to pull image ghcr.io/x/y:1'),
      hint: expect.stringContaining('docker.io/library/busybox'),
    });
  });

  test('the same id twice is ALREADY_EXISTS and leaves the first one alone', async () => {
    await startContainer(sandbox, 'box', ['sleep', '100']);
    expect(await failure(sandbox.createContainer(base()))).toMatchObject({
      status: 'ALREADY_EXISTS',
    });
    expect(sandbox.containers()).toMatchObject([{ id: 'box', status: 'Running' }]);
  });

  test('a shared pid namespace without a first container to share fails', async () => {
    await startContainer(sandbox, 'first', ['sleep', '100']);
    await startContainer(sandbox, 'second', ['sleep', '200'], { sharedPids: true });
    await sandbox.execProcess({ ...ref('second', 'ps'), process: processSpec(['ps']) });
    const { stdout } = await collect(sandbox, 'second', { execId: 'ps' });
    expect(stdout).toContain('sleep 100');
    expect(stdout).toContain('sleep 200');
  });

  test('a container has its own pid namespace otherwise', async () => {
    await startContainer(sandbox, 'first', ['sleep', '100']);
    await startContainer(sandbox, 'second', ['ps']);
    expect((await collect(sandbox, 'second')).stdout).toBe(
      'PID   USER     TIME  COMMAND\n    1 root      0:00  ps\n',
    );
  });
});

describe('processes', () => {
  test('init answers to the empty exec id and to the container id', async () => {
    await startContainer(sandbox, 'box', ['sh', '-c', 'echo hi; exit 3']);
    expect(
      Buffer.from((await sandbox.readStdout({ ...ref('box', 'box'), len: 100 })).data).toString(),
    ).toBe('hi\n');
    expect(await sandbox.waitProcess(ref('box', 'box'))).toEqual({ status: 3 });
  });

  test('parallel waiters all get the code; the next one finds nothing', async () => {
    await startContainer(sandbox, 'box', ['sleep', '100']);
    const waiters = [1, 2, 3].map(() => sandbox.waitProcess(ref('box')));
    await sandbox.signalProcess({ ...ref('box'), signal: 9 });
    expect(await Promise.all(waiters)).toEqual([{ status: 137 }, { status: 137 }, { status: 137 }]);
    expect(await failure(sandbox.waitProcess(ref('box')))).toMatchObject({
      variant: 'InitProcessNotFound',
    });
  });

  test('an exec id is taken once, also the container id', async () => {
    await startContainer(sandbox, 'box', ['sleep', '100']);
    const exec = (execId: string) =>
      failure(sandbox.execProcess({ ...ref('box', execId), process: processSpec(['sleep', '9']) }));
    expect(await exec('one')).toBeUndefined();
    expect(await exec('one')).toMatchObject(anyhow("exec_id 'one' already exists"));
    expect(await exec('box')).toMatchObject(anyhow("exec_id 'box' already exists"));
  });

  test('exec works in a container that is only created', async () => {
    await sandbox.createContainer(createRequest('box', ['sleep', '100']));
    await sandbox.execProcess({ ...ref('box', 'e'), process: processSpec(['echo', 'early']) });
    expect(await collect(sandbox, 'box', { execId: 'e' })).toEqual({
      stdout: 'early\n',
      stderr: '',
      code: 0,
    });
  });

  test.each([
    ['no process', null, anyhow('Unable to parse process from ExecProcessRequest')],
    ['a missing file', processSpec(['nosuch']), anyhow('the file nosuch was not found')],
    [
      'a variable without `=`',
      processSpec(['sh'], { Env: ['NOEQ'] }),
      anyhow('Malformed OCI env entry "NOEQ"'),
    ],
    [
      'no PATH to look in',
      processSpec(['ls'], { Env: ['A=1'] }),
      anyhow('the file ls was not found'),
    ],
    [
      'a missing directory',
      processSpec(['sh'], { Cwd: '/nowhere' }),
      anyhow('ENOENT: No such file or directory'),
    ],
  ])('exec with %s fails and leaves no process', async (_, process, want) => {
    await startContainer(sandbox, 'box', ['sleep', '100']);
    expect(await failure(sandbox.execProcess({ ...ref('box', 'e'), process }))).toMatchObject(want);
    expect(sandbox.containers()[0]?.processes).toEqual(['box']);
    expect(sandbox.processes()).toHaveLength(1);
  });

  test('without a process the request is refused before the container is looked up', async () => {
    expect(await failure(sandbox.execProcess(ref('ghost', 'e')))).toMatchObject(
      anyhow('Unable to parse process from ExecProcessRequest'),
    );
  });

  test.each([
    ['SIGTERM to an init that does not care becomes SIGKILL', ['sleep', '100'], 15, 137],
    [
      'SIGTERM to an init that catches it is its own affair',
      ['sh', '-c', 'trap "exit 5" TERM; sleep 100 & wait'],
      15,
      5,
    ],
    ['SIGKILL', ['sh', '-c', 'trap "" TERM; sleep 100'], 9, 137],
  ])('%s', async (_, argv, signal, code) => {
    await startContainer(sandbox, 'box', argv);
    await guest.time.settle();
    await sandbox.signalProcess({ ...ref('box', 'box'), signal });
    expect(await sandbox.waitProcess(ref('box'))).toEqual({ status: code });
  });

  test('signals to an exec process end it with 128 + signal', async () => {
    await startContainer(sandbox, 'box', ['sleep', '100']);
    await sandbox.execProcess({ ...ref('box', 'e'), process: processSpec(['sleep', '100']) });
    await sandbox.signalProcess({ ...ref('box', 'e'), signal: 15 });
    expect(await sandbox.waitProcess(ref('box', 'e'))).toEqual({ status: 143 });
  });

  test('an init that ignores a signal, as namespaces protect it, goes on', async () => {
    await startContainer(sandbox, 'box', ['sleep', '100']);
    await sandbox.signalProcess({ ...ref('box'), signal: 2 });
    await guest.time.settle();
    expect(sandbox.processes()).toHaveLength(1);
  });

  test('signal 0 asks and does nothing; 65 is no signal', async () => {
    await startContainer(sandbox, 'box', ['sleep', '100']);
    expect(await failure(sandbox.signalProcess({ ...ref('box'), signal: 0 }))).toBeUndefined();
    expect(await failure(sandbox.signalProcess({ ...ref('box'), signal: 65 }))).toMatchObject(
      anyhow('EINVAL: Invalid argument'),
    );
  });

  test('a signal to a process that ended but was not waited for is swallowed', async () => {
    await startContainer(sandbox, 'box', ['true']);
    await guest.time.settle();
    expect(await failure(sandbox.signalProcess({ ...ref('box'), signal: 15 }))).toBeUndefined();
    expect(await sandbox.waitProcess(ref('box'))).toEqual({ status: 0 });
  });

  test("init's end takes the execs of its namespace along", async () => {
    await startContainer(sandbox, 'box', ['sleep', '100']);
    await sandbox.execProcess({ ...ref('box', 'e'), process: processSpec(['sleep', '100']) });
    await sandbox.signalProcess({ ...ref('box', 'box'), signal: 15 });
    expect(await sandbox.waitProcess(ref('box', 'e'))).toEqual({ status: 137 });
  });

  test('removing a container under a waiter is told', async () => {
    await startContainer(sandbox, 'box', ['sleep', '100']);
    const waiting = failure(sandbox.waitProcess(ref('box')));
    await sandbox.removeContainer({ ...ref('box'), timeout: 0 });
    expect(await waiting).toMatchObject(anyhow('Invalid container id'));
  });

  test('a paused container stands still and goes on where it was', async () => {
    await startContainer(sandbox, 'box', ['sh', '-c', 'while sleep 1; do echo tick; done']);
    await guest.time.advance(1500);
    await sandbox.pauseContainer(ref('box'));
    await guest.time.advance(10_000);
    const first = await sandbox.readStdout({ ...ref('box'), len: 100 });
    expect(Buffer.from(first.data).toString()).toBe('tick\n');
    await sandbox.resumeContainer(ref('box'));
    await guest.time.advance(0);
    const second = await sandbox.readStdout({ ...ref('box'), len: 100 });
    expect(Buffer.from(second.data).toString()).toBe('tick\n');
  });
});

describe('the sandbox', () => {
  const create = (more: object = {}) =>
    sandbox.createSandbox({
      hostname: 'web-0',
      dns: [],
      storages: [],
      sandbox_id: 'sb',
      guest_hook_path: '',
      kernel_modules: [],
      ...more,
    });

  test('its hostname and DNS are those of its containers', async () => {
    await create({ dns: ['nameserver 10.0.0.10', ''] });
    await startContainer(sandbox, 'box', ['sh', '-c', 'hostname; cat /proc/sys/kernel/hostname']);
    expect((await collect(sandbox, 'box')).stdout).toBe('web-0\nweb-0\n');
  });

  test('a kernel module needs a name', async () => {
    expect(await failure(create({ kernel_modules: [{ name: '', parameters: [] }] }))).toMatchObject(
      anyhow('Kernel module name is empty'),
    );
  });

  test('creating it wipes /run/kata-containers: files copied before are lost', async () => {
    const path = '/run/kata-containers/shared/containers/x-resolv.conf';
    await sandbox.copyFile({
      path,
      file_size: 1n,
      file_mode: 0o100644,
      dir_mode: 0o750,
      uid: 0,
      gid: 0,
      offset: 0n,
      data: Buffer.from('x'),
    });
    await sandbox.getVolumeStats({ volume_guest_path: path });
    await create();
    expect(await failure(sandbox.getVolumeStats({ volume_guest_path: path }))).toMatchObject({
      kind: 'io',
      errno: 2,
      rustKind: 'NotFound',
    });
  });

  test('destroying it ends all containers, the OOM poll and, the second time, itself', async () => {
    await startContainer(sandbox, 'box', ['sleep', '100']);
    const polling = failure(sandbox.getOOMEvent());
    await sandbox.destroySandbox();
    expect(await polling).toMatchObject(quoted('INTERNAL', ''));
    expect(sandbox.destroyed.aborted).toBe(true);
    expect(sandbox.containers()).toEqual([]);
    expect(await failure(sandbox.destroySandbox())).toMatchObject(
      quoted('INTERNAL', 'failed to get sandbox sender channel'),
    );
  });

  test('once closed every call is refused', async () => {
    await sandbox.close();
    expect(await failure(sandbox.startContainer(ref('x')))).toMatchObject({
      status: 'UNAVAILABLE',
    });
  });

  test('the pause container of a guest pull runs the built-in pause', async () => {
    const request = createRequest('pause', ['/whatever']);
    const annotations = { 'io.kubernetes.cri.container-type': 'sandbox' };
    const options = [`image_guest_pull=${JSON.stringify({ metadata: annotations })}`];
    await sandbox.createContainer({
      ...request,
      storages: [{ ...request.storages[0]!, source: 'pause', driver_options: options }],
      OCI: { ...request.OCI!, Annotations: annotations },
    });
    await sandbox.startContainer(ref('pause'));
    expect(sandbox.processes()).toMatchObject([{ argv: ['/pause'] }]);
    await guest.time.settle();
    await sandbox.signalProcess({ ...ref('pause'), signal: 15 });
    expect(await sandbox.waitProcess(ref('pause'))).toEqual({ status: 0 });
  });
});
