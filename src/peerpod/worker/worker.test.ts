/** The whole path below the shim: hypervisor service, adaptor, pod VMs, tunnel and pod network. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex, PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemRandom } from '#base';
import { dial, listen, RpcStatusError, type RpcClient } from '#rpc';
import { findMethod } from '#wire';
import { encodeInitdata } from '#initdata';
import { byteStreamOf } from '../network/byte-stream.ts';
import type { AgentEnvironment, PodVmAgent } from '../vm/pod-vm.ts';
import { parsePeerPodsConfig } from './config.ts';
import { createWorker, type Worker, type WorkerOptions } from './worker.ts';

const INITDATA = 'io.katacontainers.config.hypervisor.cc_init_data';
const toml = (policy: string): string =>
  `algorithm = "sha384"\nversion = "0.1.0"\n[data]\n"aa.toml" = ''\n"policy.rego" = '''${policy}'''\n`;
const GLOBAL = encodeInitdata(toml('package global'));
const IMAGE = { name: 'test', defaultPolicy: 'package image' };

let directory: string;
let worker: Worker | undefined;
const clients: RpcClient[] = [];
const environments: AgentEnvironment[] = [];
const closedAgents: string[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'k-'));
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await worker?.close();
  worker = undefined;
  expect(await readdir(directory)).not.toContain('vm');
  await rm(directory, { recursive: true, force: true });
  environments.length = 0;
  closedAgents.length = 0;
});

/** An agent that answers Health and refuses exec, with an HTTP server on the pod's port 8080. */
async function startAgent(environment: AgentEnvironment): Promise<PodVmAgent> {
  environments.push(environment);
  const listener = await listen(`unix://${environment.socketPath}`, {
    services: ['grpc.AgentService', 'grpc.Health'],
    has: (service, method) => findMethod(service, method) !== undefined,
    call: ({ method }) => {
      if (method === 'ExecProcess')
        throw new RpcStatusError(7, '"ExecProcessRequest is blocked by policy: "');
      return Promise.resolve(new Uint8Array());
    },
  });
  const http = createServer((_req, res) => res.end(environment.podName));
  const close = async (): Promise<void> => {
    closedAgents.push(environment.podName);
    await listener.close();
  };
  return {
    network: {
      ports: () => [8080],
      connect: () => {
        const [a, b] = [new PassThrough(), new PassThrough()];
        http.emit('connection', Duplex.from({ readable: a, writable: b }));
        return byteStreamOf(Duplex.from({ readable: b, writable: a }));
      },
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function start(
  change: Partial<WorkerOptions> = {},
  data: Record<string, string> = {},
): Promise<RpcClient> {
  const { config } = parsePeerPodsConfig({
    CLOUD_PROVIDER: 'azure',
    REMOTE_HYPERVISOR_ENDPOINT: join(directory, 'hypervisor.sock'),
    PODS_DIR: join(directory, 'pods'),
    FORWARDER_PORT: '15150',
    VXLAN_PORT: '9000',
    INITDATA: GLOBAL,
    ...data,
  });
  worker = await createWorker({
    config,
    directory: join(directory, 'run'),
    podVm: () => ({ image: IMAGE, startAgent }),
    ...change,
  });
  return connect(`unix://${worker.hypervisorSocket}`);
}

async function connect(address: string): Promise<RpcClient> {
  const client = await dial(address, { protocol: 'ttrpc' });
  clients.push(client);
  return client;
}

const sandboxId = (n: number): string => n.toString(16).padStart(64, '0');
const vmRequest = (n: number, annotations: Record<string, string> = {}) => ({
  id: sandboxId(n),
  networkNamespacePath: `/run/netns/pod-${n}`,
  annotations: {
    'io.kubernetes.cri.sandbox-name': `web-${n}`,
    'io.kubernetes.cri.sandbox-namespace': 'default',
    ...annotations,
  },
});

async function startPod(shim: RpcClient, n: number, annotations: Record<string, string> = {}) {
  const { agentSocketPath } = await shim.call(
    'hypervisor.Hypervisor',
    'CreateVM',
    vmRequest(n, annotations),
  );
  await shim.call('hypervisor.Hypervisor', 'StartVM', { id: sandboxId(n) });
  return connect(`unix://${agentSocketPath}`);
}

describe('the life of a peer pod', () => {
  test('CreateVM, StartVM, calls, pod network, StopVM, and nothing left', async () => {
    const shim = await start();
    const request = vmRequest(1);
    const { agentSocketPath } = await shim.call('hypervisor.Hypervisor', 'CreateVM', request);
    expect(agentSocketPath).toBe(join(directory, 'pods', sandboxId(1), 'agent.ttrpc'));
    // Nothing listens before StartVM.
    await expect(stat(agentSocketPath)).rejects.toThrow('ENOENT');
    const apf = JSON.parse(
      await readFile(join(directory, 'pods', sandboxId(1), 'apf.json'), 'utf8'),
    ) as Record<string, unknown>;
    expect(Object.keys(apf)).toEqual([
      'pod-network',
      'pod-namespace',
      'pod-name',
      'tls-server-key',
      'tls-server-cert',
      'tls-client-ca',
    ]);
    expect(apf['pod-network']).toMatchObject({
      podip: '10.244.1.21/24',
      'vxlan-id': 555000,
      index: 0,
    });

    await shim.call(
      'hypervisor.Hypervisor',
      'StartVM',
      { id: sandboxId(1) },
      { timeoutMs: 20_000 },
    );
    const agent = await connect(`unix://${agentSocketPath}`);
    await agent.call('grpc.Health', 'Check', {});
    await expect(agent.call('grpc.AgentService', 'ExecProcess', {})).rejects.toMatchObject({
      code: 7,
      message: '"ExecProcessRequest is blocked by policy: "',
    });
    const vm = worker!.machineOf(sandboxId(1))!;
    expect(vm.name).toBe('podvm-web-1-00000000');
    expect([...vm.units.values()]).toEqual(Array(5).fill('active'));
    expect(await worker!.network.ping('10.244.1.21')).toMatchObject({ from: '10.244.1.21' });
    const page = new Promise<string>((resolve, reject) => {
      const socket = worker!.network.connect('10.244.1.21', 8080);
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
      socket.end('GET / HTTP/1.0\r\n\r\n');
    });
    expect(await page).toMatch(/\r\n\r\nweb-1$/);
    expect(
      await shim.call('podvminfo.PodVMInfo', 'GetInfo', {
        PodName: 'web-1',
        PodNamespace: 'default',
      }),
    ).toEqual({ VMID: 'i-0001' });

    await shim.call('hypervisor.Hypervisor', 'StopVM', { id: sandboxId(1) });
    expect(closedAgents).toEqual(['web-1']);
    expect(await readdir(join(directory, 'pods'))).toEqual([]);
    expect(await readdir(join(directory, 'run', 'vm'))).toEqual([]);
    await expect(agent.call('grpc.Health', 'Check', {})).rejects.toThrow('ttrpc: closed');
    await expect(worker!.network.ping('10.244.1.21', { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'PEERPOD_PING_TIMEOUT',
    });
  });

  test('each pod has its own address, VNI, identity and policy', async () => {
    const shim = await start();
    const own = toml('package own');
    const agents = [
      await startPod(shim, 1),
      await startPod(shim, 2, { [INITDATA]: own }),
      await startPod(shim, 3, {
        [INITDATA]: 'algorithm = "sha256"\nversion = "0.1.0"\n[data]\n"aa.toml" = ""\n',
      }),
    ];
    await Promise.all(agents.map((agent) => agent.call('grpc.Health', 'Check', {})));
    const machines = [...worker!.machines.values()];
    if (machines[0]!.address.mode === 'own-address') {
      expect(new Set(machines.map(({ address }) => address.host)).size).toBe(3);
      expect(machines.map(({ forwarder }) => forwarder!.port)).toEqual([15150, 15150, 15150]);
    }
    expect(
      [...worker!.sandboxes.values()].map(({ vni, initdata }) => [vni, initdata.source]),
    ).toEqual([
      [555000, 'global'],
      [555001, 'annotation'],
      [555002, 'annotation'],
    ]);
    // No merging: an initdata without a policy falls back to the image's, not to the global one.
    expect(environments.map(({ policy }) => policy)).toEqual([
      { text: 'package global', source: 'initdata' },
      { text: 'package own', source: 'initdata' },
      { text: 'package image', source: 'image-default' },
    ]);
    expect(Buffer.from(environments[1]!.provisioned.initdata.bytes).toString()).toBe(own);
    expect(new Set(environments.map(({ provisioned }) => provisioned.digest)).size).toBe(3);
    await Promise.all([1, 2, 3].map((n) => worker!.network.ping(`10.244.1.${20 + n}`)));
  });

  test('both ends keep the tunnel out of connection tracking, as long as there is one', async () => {
    const shim = await start({}, { POD_SUBNET_CIDRS: '10.96.0.0/12,172.16.0.0/16' });
    await startPod(shim, 1);
    const vm = worker!.machineOf(sandboxId(1))!;
    const about = (rules: readonly string[] = []) =>
      rules.filter((rule) => rule.includes('NOTRACK')).map((rule) => rule.split(' ')[3]);
    expect(about(worker!.network.notrackRules())).toEqual(Array(2).fill(`${vm.address.host}/32`));
    expect(about(vm.network?.notrackRules())).toEqual(Array(2).fill(`${worker!.network.host}/32`));
    const apf = JSON.parse(vm.files.readText('/run/peerpod/apf.json') ?? '') as {
      'pod-network': { routes: unknown[] };
    };
    const extra = (dst: string) => ({ dst, gw: '10.244.1.1', dev: 'eth0', protocol: 'static' });
    expect(apf['pod-network'].routes.slice(2)).toEqual(
      ['10.96.0.0/12', '172.16.0.0/16'].map(extra),
    );
    await shim.call('hypervisor.Hypervisor', 'StopVM', { id: sandboxId(1) });
    expect(worker!.network.notrackRules()).toEqual([]);
  });

  test('plain TCP when both ends say so', async () => {
    const shim = await start({ disableTls: true });
    const agent = await startPod(shim, 1);
    await agent.call('grpc.Health', 'Check', {});
  });

  test('closing the worker in the middle of everything ends everything', async () => {
    const shim = await start();
    await startPod(shim, 1);
    await shim.call('hypervisor.Hypervisor', 'CreateVM', vmRequest(2));
    const starting = shim
      .call('hypervisor.Hypervisor', 'StartVM', { id: sandboxId(2) })
      .catch(() => undefined);
    await worker!.close();
    await starting;
    expect(closedAgents).toContain('web-1');
    expect(await readdir(directory)).toEqual(['pods']);
    expect(await readdir(join(directory, 'pods'))).toEqual([]);
  });
});

describe('refusals', () => {
  test.each([
    { note: 'no id', change: { id: '' }, message: 'empty sandbox id' },
    {
      note: 'no pod name',
      change: { annotations: {} },
      message: 'pod name io.kubernetes.cri.sandbox-name is missing in annotations',
    },
    {
      note: 'no namespace',
      change: { annotations: { 'io.kubernetes.cri.sandbox-name': 'web' } },
      message: 'namespace name io.kubernetes.cri.sandbox-namespace is missing in annotations',
    },
    {
      note: 'no netns',
      change: { networkNamespacePath: '' },
      message: 'failed to inspect netns : the path is empty',
    },
    { note: 'an id that climbs', change: { id: '../../x' }, message: /cannot be a directory name/ },
  ])('CreateVM, $note', async ({ change, message }) => {
    const shim = await start();
    const refused = shim.call('hypervisor.Hypervisor', 'CreateVM', { ...vmRequest(1), ...change });
    await expect(refused).rejects.toMatchObject({
      code: 2,
      message: typeof message === 'string' ? message : (expect.stringMatching(message) as string),
    });
  });

  test.each([
    {
      note: 'an unknown type',
      annotations: { 'io.katacontainers.config.hypervisor.machine_type': 'X' },
      message:
        'creating an instance : requested instance type ("X") is not default ("Standard_DC2as_v5") and supported instance types list is empty',
    },
    {
      note: 'an initdata that Azure does not take',
      annotations: { [INITDATA]: toml(Buffer.from(systemRandom.bytes(48 << 10)).toString('hex')) },
      message: 'creating an instance : base64 encoded userData is greater than 64KB',
    },
  ])('StartVM, $note: the provider refuses, and the sandbox stays', async (row) => {
    const shim = await start();
    await shim.call('hypervisor.Hypervisor', 'CreateVM', vmRequest(1, row.annotations));
    const refused = shim.call('hypervisor.Hypervisor', 'StartVM', { id: sandboxId(1) });
    await expect(refused).rejects.toMatchObject({ code: 2, message: row.message });
    expect(worker!.machines.size).toBe(0);
    await shim.call('hypervisor.Hypervisor', 'StopVM', { id: sandboxId(1) });
  });

  test('a VNI that an older tunnel holds: five device names are tried', async () => {
    const shim = await start();
    worker!.network.addTunnel(555000, { host: '127.0.0.1', port: 9 });
    await shim.call('hypervisor.Hypervisor', 'CreateVM', vmRequest(1));
    await expect(
      shim.call('hypervisor.Hypervisor', 'StartVM', { id: sandboxId(1) }),
    ).rejects.toThrow(
      'setting up pod network tunnel on netns /run/netns/pod-1: failed to create vxlan interface ppvxlan5: too many',
    );
    expect(worker!.machines.size).toBe(0);
  });

  test('sandboxes that exist already, or do not', async () => {
    const shim = await start();
    await shim.call('hypervisor.Hypervisor', 'CreateVM', vmRequest(1));
    const call = (method: 'StartVM' | 'StopVM', n: number) =>
      shim.call('hypervisor.Hypervisor', method, { id: sandboxId(n) });
    await expect(shim.call('hypervisor.Hypervisor', 'CreateVM', vmRequest(1))).rejects.toThrow(
      `adding sandbox: sandbox ${sandboxId(1)} already exists`,
    );
    const missing = `sandbox ${sandboxId(9)} does not exist`;
    await expect(call('StartVM', 9)).rejects.toThrow(`getting sandbox: ${missing}`);
    for (const [method, step] of [
      ['StartVM', 'getting sandbox'],
      ['StopVM', 'stopping VM'],
    ] as const) {
      const empty = shim.call('hypervisor.Hypervisor', method, { id: '' });
      await expect(empty).rejects.toThrow(`${step}: empty sandbox id`);
    }
    await expect(call('StopVM', 9)).rejects.toThrow(`stopping VM: ${missing}`);
    await call('StopVM', 1);
    await expect(call('StopVM', 1)).rejects.toThrow(
      `stopping VM: sandbox ${sandboxId(1)} does not exist`,
    );
    expect(await shim.call('hypervisor.Hypervisor', 'Version', {})).toEqual({ version: '0.0.0' });
    await expect(
      shim.call('podvminfo.PodVMInfo', 'GetInfo', { PodName: 'a', PodNamespace: 'b' }),
    ).rejects.toMatchObject({
      code: 5,
      message: 'VM ID for b:a was not found',
    });
  });

  test('a VM without aa.toml never answers: StartVM ends with the deadline and the VM goes', async () => {
    const shim = await start({}, { PROXY_TIMEOUT: '300ms' });
    const annotations = {
      [INITDATA]: 'algorithm = "sha256"\nversion = "0.1.0"\n[data]\n"policy.rego" = ""\n',
    };
    await shim.call('hypervisor.Hypervisor', 'CreateVM', vmRequest(1, annotations));
    await expect(
      shim.call('hypervisor.Hypervisor', 'StartVM', { id: sandboxId(1) }),
    ).rejects.toThrow(
      /^error connecting to agent: agent connection is not established: failed to establish agent proxy connection to .*:15150: context deadline exceeded$/,
    );
    expect(environments).toEqual([]);
    expect(worker!.machines.size).toBe(0);
    await shim.call('hypervisor.Hypervisor', 'StopVM', { id: sandboxId(1) });
  });

  test.each([
    {
      note: 'broken INITDATA',
      data: { INITDATA: 'bm90IGd6aXAgYXQgYWxs' },
      message: 'failed to parse global initdata: gzip: invalid header',
    },
    {
      note: 'TLS 1.0',
      data: { TLS_MIN_VERSION: 'VersionTLS10' },
      message: 'invalid TLS profile: invalid minVersion "VersionTLS10"',
    },
    {
      note: 'another tunnel',
      data: { TUNNEL_TYPE: 'geneve' },
      message: 'failed to get tunneler: unknown tunnel type: "geneve"',
    },
  ])('the adaptor does not start with $note', async ({ data, message }) => {
    await expect(start({}, data)).rejects.toThrow(message);
  });
});
