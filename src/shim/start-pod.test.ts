import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { deferred, seededRandom, silentLogger, type Deferred, type Logger } from '#base';
import { Code, RpcStatusError } from '#rpc';
import { PodStartError } from './errors.ts';
import { fakeAgent, fakeHypervisor, never, type Answer } from './testdata/fake-agent.ts';
import type { ImageConfig } from './image.ts';
import { parseManifest } from '#kube';
import type { ShimOptions, StartPodOptions } from './start-options.ts';
import { startPod } from './start-pod.ts';

const id = '1f'.repeat(32);
const image: ImageConfig = {
  reference: 'docker.io/library/busybox:latest',
  entrypoint: [],
  cmd: ['sh'],
  env: ['PATH=/bin', 'TERM=dumb'],
  workingDir: '',
  user: '',
};
const images = {
  resolve: (name: string) => (name === 'busybox' ? image : undefined),
  names: ['busybox'],
};
const network = { ip: '10.244.1.21', nameservers: ['10.96.0.10'], searches: ['svc.local'] };

const manifest = ({ annotations = '{}', init = '' } = {}) =>
  parseManifest(
    `apiVersion: v1
kind: Pod
metadata: {name: web, annotations: ${annotations}}
spec:
  initContainers: [${init}]
  containers: [{name: main, image: busybox, volumeMounts: [{name: cfg, mountPath: /etc/app}]}]
  volumes: [{name: cfg, configMap: {name: app}}]
---
kind: ConfigMap
metadata: {name: app}
data: {key: value}
`,
    'web.yaml',
  );

/** A process ends when it is killed, as in a guest. */
function mortal(): Readonly<Record<string, Answer>> {
  const deaths = new Map<string, Deferred<undefined>>();
  const deathOf = (container: string) => {
    const death = deaths.get(container) ?? deferred<undefined>();
    deaths.set(container, death);
    return death;
  };
  return {
    SignalProcess: ({ container_id }) => deathOf(container_id).resolve(undefined),
    WaitProcess: ({ container_id }, context) =>
      Promise.race([
        deathOf(container_id).promise.then(() => ({ status: 137 })),
        never(undefined, context),
      ]),
  };
}

async function setUp(
  answers: Readonly<Record<string, Answer>> = {},
  shim: Partial<ShimOptions> = {},
) {
  const agent = await fakeAgent({ GetOOMEvent: never, ...mortal(), ...answers });
  const hypervisor = fakeHypervisor(agent);
  const start = (options: StartPodOptions = {}, { pods, objects } = manifest()) =>
    startPod(
      pods[0]!,
      { networkNamespacePath: '/run/netns/a', network },
      { hypervisor, images, random: seededRandom(1), ...shim },
      { sandboxId: id, objects, ...options },
    );
  return { agent, hypervisor, start, [Symbol.asyncDispose]: () => agent.close() };
}

const refuse =
  (endpoint: string): Answer =>
  () => {
    throw new RpcStatusError(Code.PERMISSION_DENIED, `"${endpoint} is blocked by policy: "`);
  };

test('a pod starts with the calls of the Go runtime, in its order', async () => {
  await using world = await setUp();
  const policy = Buffer.from('package agent_policy').toString('base64');
  const annotations = `{io.katacontainers.config.agent.policy: ${policy}}`;
  await using pod = await world.start({}, manifest({ annotations }));
  const { agent, hypervisor } = world;
  const container = pod.containers[0]!.id;
  expect(hypervisor.steps).toEqual(['CreateVM', `StartVM ${id}`]);
  const names = agent.names();
  expect(names.slice(0, names.lastIndexOf('StartContainer') + 1)).toEqual([
    'Check',
    'SetPolicy',
    'CreateSandbox',
    'GetGuestDetails',
    'CopyFile',
    'CreateContainer',
    'StartContainer',
    // The volume and its file, /etc/hosts, the termination log, /etc/hostname, /etc/resolv.conf.
    ...Array.from({ length: 6 }, () => 'CopyFile'),
    'CreateContainer',
    'StartContainer',
  ]);
  expect(agent.of('SetPolicy')).toEqual([{ policy: 'package agent_policy' }]);
  expect(agent.of('CreateSandbox')[0]).toMatchObject({
    hostname: 'web',
    dns: ['search svc.local', 'nameserver 10.96.0.10', 'options ndots:5', ''],
    sandbox_id: id,
    sandbox_pidns: false,
    guest_hook_path: '',
    kernel_modules: [],
  });
  expect(agent.of('GetGuestDetails')[0]).toMatchObject({
    mem_block_size: true,
    mem_hotplug_probe: true,
  });
  expect(agent.of('CreateContainer')).toMatchObject([
    { container_id: id, exec_id: id, storages: [{ source: 'pause' }] },
    { container_id: container, exec_id: container, storages: [{ driver: 'image_guest_pull' }] },
  ]);
  expect(agent.of('StartContainer')).toEqual([{ container_id: id }, { container_id: container }]);
});

test('files are copied with the metadata of the Go runtime, and mounted where they were copied', async () => {
  await using world = await setUp();
  await using pod = await world.start();
  const copied = world.agent.of('CopyFile');
  const container = pod.containers[0]!.id;
  const shared = '/run/kata-containers/shared/containers';
  expect(copied[0].path).toMatch(new RegExp(`^${shared}/${id}-[0-9a-f]{16}-resolv\\.conf$`));
  expect(copied[0]).toMatchObject({ file_mode: 0o100644, dir_mode: 2147484136, uid: 0, gid: 0 });
  // Deeper than one directory, but named first: it comes before the files of its depth.
  const [directory, file] = copied.slice(1, 3);
  expect(directory.path).toMatch(new RegExp(`^${shared}/${container}-[0-9a-f]{16}-app$`));
  expect(directory).toMatchObject({ file_mode: 0o40755, file_size: 0n });
  expect(file).toMatchObject({ path: `${directory.path}/key`, file_size: 5n, offset: 0n });
  const { Mounts } = world.agent.of('CreateContainer')[1].OCI;
  expect(Mounts).toContainEqual(
    expect.objectContaining({ destination: '/etc/app', source: directory.path }),
  );
});

test('each call carries the time-out of the Go runtime; a wait has none', async () => {
  await using world = await setUp();
  await using _pod = await world.start();
  const seconds = new Map(
    world.agent.calls.map(({ method, timeoutMs }) => [
      method,
      timeoutMs === undefined ? undefined : Math.ceil(timeoutMs / 1000),
    ]),
  );
  expect(Object.fromEntries(seconds)).toMatchObject({
    Check: 30,
    CreateSandbox: 300,
    CreateContainer: 60,
    CopyFile: 60,
  });
  expect([seconds.get('WaitProcess'), seconds.get('GetOOMEvent')]).toEqual([undefined, undefined]);
});

test('a pod ends with the calls of the Go runtime, and its VM with it', async () => {
  await using world = await setUp();
  const pod = await world.start();
  const container = pod.containers[0]!.id;
  await Promise.all([pod.close(), pod.close()]);
  const ends = [
    'SignalProcess',
    'WaitProcess',
    'RemoveContainer',
    'RemoveStaleVirtiofsShareMounts',
  ];
  const asked = world.agent.names().filter((name) => [...ends, 'DestroySandbox'].includes(name));
  // Both processes were waited for since they run; the end of each is waited for once more.
  for (let background = 0; background < 2; background++)
    asked.splice(asked.indexOf('WaitProcess'), 1);
  expect(asked).toEqual([...ends, ...ends, 'DestroySandbox']);
  expect(world.agent.of('SignalProcess')).toEqual([
    { container_id: container, exec_id: '', signal: 9 },
    { container_id: id, exec_id: '', signal: 9 },
  ]);
  expect(world.agent.of('RemoveContainer')).toEqual([
    { container_id: container, timeout: 0 },
    { container_id: id, timeout: 0 },
  ]);
  expect(world.hypervisor.steps.at(-1)).toBe(`StopVM ${id}`);
});

test('a pod whose policy refuses the kill ends all the same', async () => {
  await using world = await setUp({
    SignalProcess: refuse('SignalProcessRequest'),
    WaitProcess: never,
  });
  const pod = await world.start();
  await pod.close();
  expect(world.agent.names().at(-1)).toBe('DestroySandbox');
  expect(world.hypervisor.steps.at(-1)).toBe(`StopVM ${id}`);
});

test.each([
  { method: 'SetPolicy', stage: 'sandbox', reason: 'FailedCreatePodSandBox', nth: 1 },
  { method: 'CreateSandbox', stage: 'sandbox', reason: 'FailedCreatePodSandBox', nth: 1 },
  { method: 'GetGuestDetails', stage: 'sandbox', reason: 'FailedCreatePodSandBox', nth: 1 },
  { method: 'CopyFile', stage: 'sandbox', reason: 'FailedCreatePodSandBox', nth: 1 },
  { method: 'CreateContainer', stage: 'sandbox', reason: 'FailedCreatePodSandBox', nth: 1 },
  { method: 'CopyFile', stage: 'container-create', reason: 'Failed', nth: 2 },
  { method: 'CreateContainer', stage: 'container-create', reason: 'Failed', nth: 2 },
  { method: 'StartContainer', stage: 'container-start', reason: 'Failed', nth: 2 },
])('$method refused at $stage: nothing more is asked, the VM goes', async (refused) => {
  const { method, stage, reason, nth } = refused;
  let seen = 0;
  const answer: Answer = (request, context) =>
    ++seen === nth ? refuse(`${method}Request`)(request, context) : {};
  await using world = await setUp({ [method]: answer });
  const annotations = '{io.katacontainers.config.agent.policy: YQ==}';
  const told: unknown[] = [];
  const error: unknown = await world
    .start(
      {
        onRefused: (refusal) => {
          told.push(refusal, ...world.hypervisor.steps);
          return Promise.resolve();
        },
      },
      manifest({ annotations }),
    )
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PodStartError);
  expect(error).toMatchObject({ reason, stage, status: { code: Code.PERMISSION_DENIED } });
  // The observer comes while the VM is still up.
  expect(told).toEqual([error, 'CreateVM', `StartVM ${id}`]);
  expect(world.agent.names().at(-1)).toBe(method);
  expect(world.hypervisor.steps.at(-1)).toBe(`StopVM ${id}`);
});

test('an observer that fails does not keep the VM', async () => {
  await using world = await setUp({ CreateSandbox: refuse('CreateSandboxRequest') });
  const onRefused = () => Promise.reject(new Error('observer'));
  await expect(world.start({ onRefused })).rejects.toThrow('observer');
  expect(world.hypervisor.steps.at(-1)).toBe(`StopVM ${id}`);
});

test.each(['Check', 'CreateSandbox', 'CopyFile', 'StartContainer'])(
  'a start that is given up while %s is silent ends at once',
  async (method) => {
    const stop = new AbortController();
    const silent: Answer = (request, context) => {
      stop.abort();
      return never(request, context);
    };
    await using world = await setUp({ [method]: silent });
    await expect(world.start({ signal: stop.signal })).rejects.toThrow('context canceled');
    expect(world.hypervisor.steps.at(-1)).toBe(`StopVM ${id}`);
  },
);

test('init containers run one after the other, each to its end, before the containers', async () => {
  await using world = await setUp({ WaitProcess: () => ({ status: 0 }) });
  const init = '{name: one, image: busybox}, {name: two, image: busybox}';
  await using pod = await world.start({}, manifest({ init }));
  const created = world.agent.of('CreateContainer').map(({ container_id }) => container_id);
  const removed = world.agent.of('RemoveContainer').map(({ container_id }) => container_id);
  expect(removed).toEqual(created.slice(1, 3));
  expect(pod.containers.map((container) => container.id)).toEqual(created.slice(3));
  const names = world.agent.names();
  expect(names.indexOf('WaitProcess')).toBeLessThan(names.lastIndexOf('CreateContainer'));
  // Removed last: with its last container a volume of the pod would be gone.
  expect(names.indexOf('RemoveContainer')).toBeGreaterThan(names.lastIndexOf('StartContainer'));
});

test('an init container that fails ends the start: the containers never see the light', async () => {
  await using world = await setUp({ WaitProcess: () => ({ status: 3 }) });
  const init = '{name: one, image: busybox}';
  await expect(world.start({}, manifest({ init }))).rejects.toMatchObject({
    code: 'SHIM_INIT_FAILED',
    message: 'init container one ended with exit code 3',
  });
  expect(world.agent.of('CreateContainer')).toHaveLength(2);
  expect(world.hypervisor.steps.at(-1)).toBe(`StopVM ${id}`);
});

test('an unknown image, a missing object or no command is found before a VM is made', async () => {
  await using world = await setUp();
  const { pods } = manifest();
  const [pod] = pods;
  const spoilt = (change: object) => ({
    objects: new Map(),
    ignored: [],
    pods: [{ ...pod!, containers: [{ ...pod!.containers[0]!, ...change }] }],
  });
  await expect(world.start({}, spoilt({ image: 'nosuch' }))).rejects.toMatchObject({
    code: 'SHIM_UNKNOWN_IMAGE',
  });
  await expect(world.start({ objects: new Map() })).rejects.toMatchObject({
    message: 'MountVolume.SetUp failed for volume "cfg" : configmap "app" not found',
  });
  expect(world.hypervisor.steps).toEqual([]);
});

test('an exec sends five fields of the process under an id of its own, and resizes a terminal', async () => {
  await using world = await setUp({
    WaitProcess: ({ container_id, exec_id }, context) =>
      exec_id === container_id ? never(undefined, context) : { status: 7 },
    SignalProcess: refuse('SignalProcessRequest'),
  });
  await using pod = await world.start();
  const session = await pod.exec({
    command: ['sh', '-c', 'exit 7'],
    tty: true,
    size: { rows: 24, columns: 80 },
    stdout: () => undefined,
    stderr: () => undefined,
  });
  expect(await session.exitCode).toBe(7);
  const [request] = world.agent.of('ExecProcess');
  expect(request.container_id).toBe(pod.containers[0]?.id);
  expect(request.exec_id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(request.process).toMatchObject({
    Terminal: true,
    Args: ['sh', '-c', 'exit 7'],
    Cwd: '/',
    User: { UID: 0, GID: 0 },
    Capabilities: null,
    NoNewPrivileges: false,
    Rlimits: [],
  });
  // The image says TERM=dumb: a terminal's own takes its place.
  expect(request.process.Env.filter((entry: string) => entry.startsWith('TERM='))).toEqual([
    'TERM=xterm',
  ]);
  const target = { container_id: request.container_id, exec_id: request.exec_id };
  expect(world.agent.of('TtyWinResize')).toEqual([{ ...target, row: 24, column: 80 }]);
  // One stream: a terminal has no stderr.
  expect(world.agent.of('ReadStderr')).toEqual([]);
  expect(world.agent.of('ReadStdout')).toContainEqual({ ...target, len: 32_768 });
});

test('a refused exec is worded as kubectl prints it', async () => {
  await using world = await setUp({ ExecProcess: refuse('ExecProcessRequest') });
  await using pod = await world.start();
  await expect(pod.exec({ command: ['id'] })).rejects.toMatchObject({
    code: 'SHIM_EXEC',
    status: { code: Code.PERMISSION_DENIED },
    message: expect.stringMatching(
      new RegExp(
        `^error: Internal error occurred: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "[0-9a-f]{64}": cannot enter container ${pod.containers[0]!.id}, with err rpc error: code = PermissionDenied desc = "ExecProcessRequest is blocked by policy: ": unknown$`,
      ),
    ) as string,
  });
});

test('runtime-rs makes other calls, and spells other things', async () => {
  await using world = await setUp(
    {
      ExecProcess: () => ({}),
      WaitProcess: ({ exec_id }, context) =>
        exec_id === '' ? never(undefined, context) : { status: 0 },
    },
    { runtime: 'rs' },
  );
  const policy = Buffer.from('package agent_policy').toString('base64');
  const annotations = `{io.katacontainers.config.agent.policy: ${policy}}`;
  const pod = await world.start({}, manifest({ annotations }));
  const { agent } = world;
  const container = pod.containers[0]!.id;
  // No Check, no SetPolicy; the annotation is the guest's.
  expect(agent.names().slice(0, 4)).toEqual([
    'CreateSandbox',
    'GetGuestDetails',
    'CopyFile',
    'CreateContainer',
  ]);
  const [pause, main] = agent.of('CreateContainer');
  expect(pause).toMatchObject({ container_id: id, exec_id: '' });
  expect(main).toMatchObject({ container_id: container, exec_id: '' });
  expect(main.OCI.Annotations['io.katacontainers.config.agent.policy']).toBe(policy);
  expect(main.OCI.Linux.Namespaces.map(({ Type }: { Type: string }) => Type)).toEqual([
    'ipc',
    'uts',
    'mnt',
    'cgroup',
  ]);
  const { Bounding } = main.OCI.Process.Capabilities;
  expect(Bounding).toHaveLength(14);
  expect(Bounding).toContain('NET_BIND_SERVICE');
  const modes = agent.of('CopyFile').map(({ file_mode, dir_mode }) => [file_mode, dir_mode]);
  expect(modes).toContainEqual([0o100644, 0]);
  expect(modes).toContainEqual([0o40755, 0o40750]);
  const others = agent.calls.filter(({ method }) => method === 'CreateContainer');
  expect(others.map(({ timeoutMs }) => timeoutMs)).toEqual([30_000, 30_000]);
  const session = await pod.exec({ command: ['id'], stdin: Readable.from([]) });
  expect(await session.exitCode).toBe(0);
  const [exec] = agent.of('ExecProcess');
  expect(exec.exec_id).toMatch(/^[0-9a-f]{64}$/);
  expect(exec.process).toMatchObject({ Args: ['id'], Capabilities: { Bounding } });
  expect(agent.of('WriteStdin')).toMatchObject([{ exec_id: exec.exec_id, data: new Uint8Array() }]);
  const before = agent.names().length;
  await pod.close();
  expect(agent.names().slice(before)).toEqual([
    'SignalProcess',
    'RemoveContainer',
    'SignalProcess',
    'RemoveContainer',
  ]);
  expect(agent.of('RemoveContainer')[0]).toMatchObject({ timeout: 10 });
  expect(agent.of('CloseStdin')).toEqual([]);
});

test('an agent that never ends its processes does not keep the pod', async () => {
  const warned: unknown[] = [];
  const log = (fields: unknown) => void warned.push(fields);
  const logger: Logger = { ...silentLogger, warn: log, child: () => logger };
  await using world = await setUp(
    { WaitProcess: never, SignalProcess: () => ({}) },
    { tearDownMs: 50, logger },
  );
  const pod = await world.start();
  await pod.close();
  expect(world.hypervisor.steps.at(-1)).toBe(`StopVM ${id}`);
  expect(warned).toEqual([{ sandboxId: id, left: [pod.containers[0]!.id, id] }]);
});
