/**
 * Every RPC over both protocols, on a guest that runs: effects, codes and exact messages.
 * One row is one fresh agent: the calls of `before`, then the call that is looked at.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { methodsOf, type MethodName } from '#wire';
import { Code, dial, type RpcClient } from '#rpc';
import { startAgent } from './start-agent.ts';
import { createContainer, processSpec } from './testdata/containers.ts';

type Method = MethodName<'grpc.AgentService'>;
type Call = readonly [method: Method, request: object];

interface Row {
  readonly method: Method;
  readonly note: string;
  readonly before?: readonly Call[];
  readonly request?: object;
  /** The response, or part of it. */
  readonly want?: unknown;
  readonly code?: number;
  readonly message?: string | RegExp;
}

const allowAll = readFileSync(join(import.meta.dirname, '../../policies/allow-all.rego'), 'utf8');
const text = (words: string): Buffer => Buffer.from(words);
const c = { container_id: 'c1' };
const init = { ...c, exec_id: '' };

const created = (argv: readonly string[] = ['sleep', '1000'], terminal = false): Call => [
  'CreateContainer',
  createContainer('c1', argv, {}, terminal),
];
const started = (argv?: readonly string[], terminal?: boolean): Call[] => [
  created(argv, terminal),
  ['StartContainer', c],
];
const exec = (id: string, argv: readonly string[]): Call => [
  'ExecProcess',
  { ...c, exec_id: id, process: { ...processSpec(argv), Capabilities: null } },
];
const lookups = (method: Method, more: object = {}): Row[] => [
  {
    method,
    note: 'no such container',
    request: { ...init, ...more },
    code: 3,
    message: 'InvalidContainerId',
  },
  {
    method,
    note: 'no such exec',
    before: started(),
    request: { ...c, exec_id: 'x', ...more },
    code: 5,
    message: 'InvalidExecId',
  },
  {
    method,
    note: 'init has been waited for',
    before: [...started(['true']), ['WaitProcess', init]],
    request: { ...init, ...more },
    code: 5,
    message: 'InitProcessNotFound',
  },
];
const noContainer = (method: Method, message: string, code: number = Code.INTERNAL): Row => ({
  method,
  note: 'no such container',
  request: c,
  code,
  message,
});

const shared = '/run/kata-containers/shared/containers';
const file = {
  path: `${shared}/f`,
  file_size: 2,
  file_mode: 0o100644,
  dir_mode: 2147484136,
  data: text('hi'),
};

const rows: Row[] = [
  { method: 'CreateContainer', note: 'creates', request: created()[1], want: {} },
  {
    method: 'CreateContainer',
    note: 'id too short',
    request: createContainer('c', ['true']),
    code: 13,
    message: 'invalid container ID c',
  },
  {
    method: 'CreateContainer',
    note: 'id with a slash',
    request: createContainer('a/b', ['true']),
    code: 13,
    message: 'invalid container ID a/b',
  },
  {
    method: 'CreateContainer',
    note: 'id with dots in front',
    request: createContainer('../a', ['true']),
    code: 13,
    message: 'invalid container ID ../a',
  },
  {
    method: 'CreateContainer',
    note: 'id with a NUL',
    request: createContainer('a\0b', ['true']),
    code: 13,
    message: 'invalid container ID a\0b',
  },
  {
    method: 'CreateContainer',
    note: 'no spec',
    request: { container_id: 'c1' },
    code: 13,
    message: 'EINVAL: Invalid argument',
  },
  {
    method: 'CreateContainer',
    note: 'no Linux',
    request: createContainer('c1', ['true'], { Linux: null }),
    want: {},
  },
  {
    method: 'CreateContainer',
    note: 'no namespaces',
    request: createContainer('c1', ['true'], { Linux: {} }),
    code: 13,
    message: 'cannot find the pid ns',
  },
  {
    method: 'CreateContainer',
    note: 'no Process',
    request: createContainer('c1', ['true'], { Process: null }),
    want: {},
  },
  {
    method: 'CreateContainer',
    note: 'unknown storage',
    request: { ...createContainer('c1', ['true']), storages: [{ driver: 'nfs' }] },
    code: 13,
    message: 'Failed to find the storage handler nfs',
  },
  {
    method: 'CreateContainer',
    note: 'shared pid namespace too late',
    before: started(),
    request: { ...createContainer('c2', ['true']), sandbox_pidns: true },
    want: {},
  },
  {
    method: 'CreateContainer',
    note: 'missing binary',
    request: createContainer('c1', ['nope']),
    code: 13,
    message: /the file nope was not found/,
  },
  {
    method: 'CreateContainer',
    note: 'same id again',
    before: [created()],
    request: created()[1],
    code: 6,
    message: 'container c1 already exists',
  },

  { method: 'StartContainer', note: 'starts', before: [created()], request: c, want: {} },
  noContainer('StartContainer', 'Invalid container id'),
  {
    method: 'StartContainer',
    note: 'a second time',
    before: started(),
    request: c,
    code: 9,
    message: /^failed to start container/,
  },

  { method: 'RemoveContainer', note: 'removes', before: started(), request: c, want: {} },
  noContainer('RemoveContainer', 'Invalid container id'),

  {
    method: 'ExecProcess',
    note: 'runs',
    before: started(),
    request: exec('e', ['true'])[1],
    want: {},
  },
  {
    method: 'ExecProcess',
    note: 'runs in a container that is only created',
    before: [created()],
    request: exec('e', ['true'])[1],
    want: {},
  },
  {
    method: 'ExecProcess',
    note: 'no process, before the container is looked up',
    request: { ...c, exec_id: 'e' },
    code: 13,
    message: 'Unable to parse process from ExecProcessRequest',
  },
  {
    method: 'ExecProcess',
    note: 'no such container',
    request: exec('e', ['true'])[1],
    code: 13,
    message: 'Invalid container id',
  },
  {
    method: 'ExecProcess',
    note: 'same exec id',
    before: [...started(), exec('e', ['sleep', '9'])],
    request: exec('e', ['true'])[1],
    code: 13,
    message: "exec_id 'e' already exists",
  },
  {
    method: 'ExecProcess',
    note: 'exec id of init',
    before: started(),
    request: exec('c1', ['true'])[1],
    code: 13,
    message: "exec_id 'c1' already exists",
  },
  {
    method: 'ExecProcess',
    note: 'missing binary',
    before: started(),
    request: exec('e', ['nope'])[1],
    code: 13,
    message: /the file nope was not found/,
  },

  {
    method: 'SignalProcess',
    note: 'all of a container',
    before: started(),
    request: { ...init, signal: 9 },
    want: {},
  },
  {
    method: 'SignalProcess',
    note: 'all, no such container',
    request: { ...init, signal: 9 },
    code: 13,
    message: 'Invalid container id c1',
  },
  {
    method: 'SignalProcess',
    note: 'signal 0',
    before: started(),
    request: { ...init, signal: 0 },
    want: {},
  },
  ...lookups('SignalProcess', { signal: 15 }),

  {
    method: 'WaitProcess',
    note: 'the exit code',
    before: started(['sh', '-c', 'exit 7']),
    request: init,
    want: { status: 7 },
  },
  {
    method: 'WaitProcess',
    note: 'killed',
    before: [...started(), ['SignalProcess', { ...init, signal: 9 }]],
    request: init,
    want: { status: 137 },
  },
  {
    method: 'WaitProcess',
    note: 'SIGTERM to an init that does not care is SIGKILL',
    before: [...started(), ['SignalProcess', { ...init, signal: 15 }]],
    request: init,
    want: { status: 137 },
  },
  {
    method: 'WaitProcess',
    note: 'an exec',
    before: [...started(), exec('e', ['sh', '-c', 'exit 3'])],
    request: { ...c, exec_id: 'e' },
    want: { status: 3 },
  },
  {
    method: 'WaitProcess',
    note: 'init by the container’s id',
    before: started(['true']),
    request: { ...c, exec_id: 'c1' },
    want: { status: 0 },
  },
  ...lookups('WaitProcess'),

  {
    method: 'UpdateContainer',
    note: 'applies',
    before: started(),
    request: { ...c, resources: { Memory: { Limit: 1n << 30n } } },
    want: {},
  },
  { method: 'UpdateContainer', note: 'nothing to apply', before: started(), request: c, want: {} },
  noContainer('UpdateContainer', '"invalid container id"', 3),
  { method: 'UpdateEphemeralMounts', note: 'none', request: {}, want: {} },
  {
    method: 'StatsContainer',
    note: 'moves',
    before: started(),
    request: c,
    want: { cgroup_stats: { pids_stats: { current: 1n } }, network_stats: [] },
  },
  noContainer('StatsContainer', '"invalid container id"', 3),
  { method: 'PauseContainer', note: 'running', before: started(), request: c, want: {} },
  { method: 'PauseContainer', note: 'created', before: [created()], request: c, want: {} },
  {
    method: 'PauseContainer',
    note: 'paused',
    before: [...started(), ['PauseContainer', c]],
    request: c,
    code: 13,
    message: 'failed to pause container: current status is: Paused',
  },
  noContainer('PauseContainer', '"invalid container id"', 3),
  {
    method: 'ResumeContainer',
    note: 'paused',
    before: [...started(), ['PauseContainer', c]],
    request: c,
    want: {},
  },
  {
    method: 'ResumeContainer',
    note: 'running',
    before: started(),
    request: c,
    code: 13,
    message: 'container status is: Running, not paused',
  },
  noContainer('ResumeContainer', '"invalid container id"', 3),
  { method: 'RemoveStaleVirtiofsShareMounts', note: 'always', want: {} },

  {
    method: 'GetDiagnosticData',
    note: 'another kind',
    request: { ...c, log_type: 'core' },
    code: 3,
    message: '"unsupported diagnostic log_type: core"',
  },
  {
    method: 'GetDiagnosticData',
    note: 'no such container',
    request: { ...c, log_type: 'termination_log' },
    code: 13,
    message: 'Invalid container id: c1',
  },
  {
    method: 'GetDiagnosticData',
    note: 'no annotation',
    before: started(),
    request: { ...c, log_type: 'termination_log' },
    code: 13,
    message: 'No terminationMessagePath annotation',
  },

  {
    method: 'WriteStdin',
    note: 'counts',
    before: started(['cat']),
    request: { ...init, data: text('hello') },
    want: { len: 5 },
  },
  {
    method: 'WriteStdin',
    note: 'nothing closes',
    before: started(['cat']),
    request: init,
    want: { len: 0 },
  },
  {
    method: 'WriteStdin',
    note: 'no such container',
    request: { ...init, data: text('x') },
    code: 13,
    message: 'Invalid container id',
  },
  {
    method: 'WriteStdin',
    note: 'no such exec',
    before: started(),
    request: { ...c, exec_id: 'x', data: text('x') },
    code: 13,
    message: 'Process not found: invalid exec id',
  },
  {
    method: 'WriteStdin',
    note: 'init is gone',
    before: [...started(['true']), ['WaitProcess', init]],
    request: { ...init, data: text('x') },
    code: 13,
    message: 'Process not found: init process missing',
  },
  {
    method: 'WriteStdin',
    note: 'closed',
    before: [...started(['cat']), ['CloseStdin', init]],
    request: { ...init, data: text('x') },
    code: 13,
    message: 'Cannot get writer',
  },

  {
    method: 'ReadStdout',
    note: 'what was written',
    before: started(['echo', 'hi']),
    request: { ...init, len: 100 },
    want: { data: new Uint8Array(text('hi\n')) },
  },
  {
    method: 'ReadStdout',
    note: 'no more than asked',
    before: started(['echo', 'hello']),
    request: { ...init, len: 3 },
    want: { data: new Uint8Array(text('hel')) },
  },
  {
    method: 'ReadStdout',
    note: 'len 0',
    before: started(),
    request: { ...init, len: 0 },
    want: { data: new Uint8Array() },
  },
  {
    method: 'ReadStdout',
    note: 'the end',
    before: started(['true']),
    request: { ...init, len: 9 },
    want: { data: new Uint8Array() },
  },
  ...lookups('ReadStdout', { len: 10 }),
  {
    method: 'ReadStderr',
    note: 'what was written',
    before: started(['sh', '-c', 'echo oh >&2']),
    request: { ...init, len: 100 },
    want: { data: new Uint8Array(text('oh\n')) },
  },
  ...lookups('ReadStderr', { len: 10 }),
  { method: 'CloseStdin', note: 'closes', before: started(['cat']), request: init, want: {} },
  ...lookups('CloseStdin'),
  {
    method: 'TtyWinResize',
    note: 'a terminal',
    before: started(['sleep', '100'], true),
    request: { ...init, row: 40, column: 100 },
    want: {},
  },
  {
    method: 'TtyWinResize',
    note: 'no terminal',
    before: started(),
    request: { ...init, row: 40, column: 100 },
    code: 14,
    message: '"no tty"',
  },
  ...lookups('TtyWinResize', { row: 1, column: 1 }),

  {
    method: 'UpdateInterface',
    note: 'nothing',
    code: 3,
    message: '"empty update interface request"',
  },
  {
    method: 'UpdateInterface',
    note: 'no MAC address',
    request: { interface: { name: 'eth0', hwAddr: 'x' } },
    code: 13,
    message:
      '"update interface: Failed to parse MAC address: x\\n\\nCaused by:\\n    invalid digit found in string"',
  },
  {
    method: 'UpdateInterface',
    note: 'echoes the request',
    request: {
      interface: { name: 'eth0', device: 'eth0', hwAddr: '02:00:00:00:00:01', mtu: 1400n },
    },
    want: { name: 'eth0', device: 'eth0', hwAddr: '02:00:00:00:00:01', mtu: 1400n },
  },
  {
    method: 'UpdateRoutes',
    note: 'no such link',
    request: { routes: { Routes: [{ dest: '10.0.0.0/8', device: 'eth9' }] } },
    code: 13,
    message:
      '"Failed to update routes: Received a netlink error message No such device (os error 19)"',
  },
  { method: 'UpdateRoutes', note: 'nothing', code: 3, message: '"empty update routes request"' },
  {
    method: 'ListInterfaces',
    note: 'the loopback at least',
    want: { Interfaces: expect.arrayContaining([expect.objectContaining({ name: 'lo' })]) },
  },
  { method: 'ListRoutes', note: 'a list', want: { Routes: expect.any(Array) } },
  {
    method: 'AddARPNeighbors',
    note: 'nothing',
    code: 3,
    message: '"empty add arp neighbours request"',
  },
  { method: 'GetIPTables', note: 'text', want: { data: expect.any(Uint8Array) } },
  {
    method: 'SetIPTables',
    note: 'a table',
    request: { data: text('*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n') },
    want: { data: new Uint8Array() },
  },
  {
    method: 'GetMetrics',
    note: 'Prometheus text',
    want: { metrics: expect.stringMatching(/# TYPE kata_agent_scrape_count/) },
  },
  { method: 'MemAgentMemcgSet', note: 'is off', code: 13, message: 'mem-agent is disabled' },
  { method: 'MemAgentCompactSet', note: 'is off', code: 13, message: 'mem-agent is disabled' },

  {
    method: 'CreateSandbox',
    note: 'creates',
    request: { hostname: 'web-0', sandbox_id: 's1' },
    want: {},
  },
  {
    method: 'CreateSandbox',
    note: 'module without a name',
    request: { kernel_modules: [{ name: '' }] },
    code: 13,
    message: 'Kernel module name is empty',
  },
  { method: 'DestroySandbox', note: 'destroys', want: {} },
  { method: 'OnlineCPUMem', note: 'memory only', want: {} },
  {
    method: 'OnlineCPUMem',
    note: 'more CPUs than there are',
    request: { nb_cpus: 64 },
    code: 13,
    message: 'online cpus\n\nCaused by:\n    failed to online 64 CPU(s) after 100 retries',
  },
  { method: 'ReseedRandomDev', note: 'seeds', request: { data: text('entropy') }, want: {} },
  { method: 'ReseedRandomDev', note: 'nothing', code: 13, message: 'missing entropy data' },
  {
    method: 'GetGuestDetails',
    note: 'all',
    request: { mem_block_size: true, mem_hotplug_probe: true },
    want: {
      agent_details: {
        version: '4.1.0',
        device_handlers: [],
        supports_seccomp: true,
        extra_features: ['agent-policy', 'seccomp'],
      },
    },
  },
  { method: 'MemHotplugByProbe', note: 'none', want: {} },
  {
    method: 'SetGuestDateTime',
    note: 'sets',
    request: { Sec: 1_800_000_000n, Usec: 5n },
    want: {},
  },
  {
    method: 'SetGuestDateTime',
    note: 'a negative date',
    request: { Sec: -1n },
    code: 13,
    message: 'EINVAL: Invalid argument',
  },
  { method: 'CopyFile', note: 'a file', request: file, want: {} },
  {
    method: 'CopyFile',
    note: 'outside',
    request: { ...file, path: '/etc/passwd' },
    code: 13,
    message:
      'removing "/run/kata-containers/shared/containers/" prefix from /etc/passwd\n\nCaused by:\n    prefix not found',
  },
  {
    method: 'AddSwapPath',
    note: 'no such device',
    request: { path: '/dev/none' },
    code: 13,
    message: /^libc::swapon get error/,
  },
  {
    method: 'AddSwap',
    note: 'a device that is not plugged in',
    request: { PCIPath: [2] },
    code: 13,
    message: /^Timeout after 3s waiting for uevent VirtioBlkPciMatcher/,
  },
  {
    method: 'AddSwap',
    note: 'no such slot',
    request: { PCIPath: [32] },
    code: 13,
    message: 'PCI slot 32 should be in range [0..0x1f]',
  },
  {
    method: 'GetVolumeStats',
    note: 'bytes and inodes',
    request: { volume_guest_path: '/' },
    want: {
      usage: [{ unit: 1 }, { unit: 2 }],
      volume_condition: { abnormal: false, message: 'OK' },
    },
  },
  {
    method: 'GetVolumeStats',
    note: 'no such path',
    request: { volume_guest_path: '/none' },
    code: 13,
    message: 'Os { code: 2, kind: NotFound, message: "No such file or directory" }',
  },
  {
    method: 'ResizeVolume',
    note: 'never',
    code: 12,
    message: '"resize_volume is not implemented in kata-agent"',
  },
  { method: 'SetPolicy', note: 'another', request: { policy: 'package agent_policy' }, want: {} },
];

const call = (client: RpcClient, method: Method, request: object): Promise<unknown> =>
  client.call('grpc.AgentService', method, request, { timeoutMs: 30_000 });

describe.each(['ttrpc', 'grpc'] as const)('over %s', (protocol) => {
  test.each(rows)('$method: $note', async (row) => {
    const policies = [{ source: 'image-default', text: allowAll }] as const;
    await using agent = await startAgent({ listen: ['tcp://127.0.0.1:0'], policies });
    await using client = await dial(agent.endpoints[0]!, { protocol });
    for (const [method, request] of row.before ?? []) await call(client, method, request);
    const answer = call(client, row.method, row.request ?? {});
    if (row.code === undefined) expect(await answer).toMatchObject(row.want as object);
    else
      await expect(answer).rejects.toMatchObject({
        code: row.code,
        message: row.message instanceof RegExp ? expect.stringMatching(row.message) : row.message,
      });
  });
});

test('every method has a row', () => {
  const covered = new Set<string>(rows.map(({ method }) => method));
  const left = methodsOf('grpc.AgentService').filter(({ method }) => !covered.has(method));
  // The long poll has a story of its own, in stories.test.ts.
  expect(left.map(({ method }) => method)).toEqual(['GetOOMEvent']);
});
