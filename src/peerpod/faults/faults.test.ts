/** Each fault, with what the real parts would show for it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLogger, type Logger } from '#base';
import { dial, listen, type RpcClient } from '#rpc';
import { findMethod } from '#wire';
import type { Sleep } from '../relay/retry.ts';
import type { AgentEnvironment, PodVmAgent } from '../vm/pod-vm.ts';
import { defaultPeerPodsConfig } from '../worker/config.ts';
import type { PodVmHooks } from '../worker/provider.ts';
import { createWorker, type Worker } from '../worker/worker.ts';
import { createPodFaults, foreignCertificate, type PodFaults } from './pod-faults.ts';

const ID = 'f'.repeat(64);
const IMAGE = { name: 'test', defaultPolicy: '' };

let directory: string;
let worker: Worker | undefined;
let lines: string[];
/** Runs at each delay of a retry, with how many there were before. */
let onRetry: (n: number) => void;
const clients: RpcClient[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'k-'));
  lines = [];
  onRetry = () => undefined;
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await worker?.close();
  worker = undefined;
  await rm(directory, { recursive: true, force: true });
});

async function startAgent({ socketPath }: AgentEnvironment): Promise<PodVmAgent> {
  return listen(`unix://${socketPath}`, {
    services: ['grpc.AgentService', 'grpc.Health'],
    has: (service, method) => findMethod(service, method) !== undefined,
    call: () => Promise.resolve(new Uint8Array()),
  });
}

/** StartVM of one pod with these faults; resolves with a client of its agent. */
async function start(hooks: Partial<PodVmHooks>, proxyTimeoutMs = 20_000): Promise<RpcClient> {
  let retries = 0;
  const sleep: Sleep = async (_ms, signal) => {
    onRetry(retries++);
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  };
  const logger: Logger = {
    ...silentLogger,
    warn: ({ err }, message) =>
      void lines.push(`${message}: ${typeof err === 'string' ? err : ''}`),
    child: () => logger,
  };
  worker = await createWorker({
    config: {
      ...defaultPeerPodsConfig('libvirt'),
      hypervisorSocket: join(directory, 'h.sock'),
      podsDir: join(directory, 'pods'),
      proxyTimeoutMs,
    },
    directory: join(directory, 'run'),
    podVm: () => ({ image: IMAGE, startAgent, ...hooks }),
    sleep,
    logger,
  });
  const shim = await connect(worker.hypervisorSocket);
  const { agentSocketPath } = await shim.call('hypervisor.Hypervisor', 'CreateVM', {
    id: ID,
    networkNamespacePath: '/run/netns/a',
    annotations: {
      'io.kubernetes.cri.sandbox-name': 'web',
      'io.kubernetes.cri.sandbox-namespace': 'default',
    },
  });
  await shim.call('hypervisor.Hypervisor', 'StartVM', { id: ID });
  return connect(agentSocketPath);
}

async function connect(path: string): Promise<RpcClient> {
  const client = await dial(`unix://${path}`, { protocol: 'ttrpc' });
  clients.push(client);
  return client;
}

const check = (agent: RpcClient, timeoutMs = 0): Promise<unknown> =>
  agent.call('grpc.Health', 'Check', {}, { timeoutMs });

function faultsThatClear(
  initial: Parameters<typeof createPodFaults>[0],
  clear: (faults: PodFaults) => void,
): PodFaults {
  const faults = createPodFaults(initial);
  onRetry = (n) => {
    if (n === 3) clear(faults);
  };
  return faults;
}

test('late start: refused until the VM boots', async () => {
  const faults = faultsThatClear({ holdBoot: true }, (all) => all.release());
  await check(await start(faults.hooks));
  expect(lines[0]).toMatch(
    /^Retrying failed agent proxy connection: dial tcp .*:15150: connect: connection refused$/,
  );
});

test('reset: retried until it stops', async () => {
  const faults = faultsThatClear({ tcp: { kind: 'reset' } }, (all) => (all.tcp = { kind: 'none' }));
  await check(await start(faults.hooks));
  expect(lines[0]).toMatch(
    /^Retrying failed agent proxy connection: dial tcp .*: (read: connection reset by peer|EOF)$/,
  );
});

test('black hole: accepted, then silence until the time is up', async () => {
  const faults = createPodFaults({ tcp: { kind: 'black-hole' } });
  await expect(start(faults.hooks, 300)).rejects.toThrow(/context deadline exceeded$/);
  expect(lines.filter((line) => line.startsWith('Retrying'))).toEqual([]);
});

test('black hole later: the call runs into its deadline', async () => {
  const faults = createPodFaults();
  const agent = await start(faults.hooks);
  await check(agent);
  faults.tcp = { kind: 'black-hole' };
  await expect(check(agent, 100)).rejects.toMatchObject({ code: 4 });
});

test('delay: late, and otherwise whole', async () => {
  const faults = createPodFaults();
  const agent = await start(faults.hooks);
  await check(agent);
  faults.tcp = { kind: 'delay', ms: 40 };
  const begun = performance.now();
  await check(agent);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(75);
});

test.each([
  {
    note: 'cut after so many bytes',
    cut: (faults: PodFaults) => (faults.tcp = { kind: 'cut', afterBytes: 0 }),
  },
  { note: 'cut now', cut: (faults: PodFaults) => faults.cutNow() },
])('$note: closed for good, there is no second dial', async ({ cut }) => {
  const faults = createPodFaults();
  const agent = await start(faults.hooks);
  await check(agent);
  cut(faults);
  await expect(check(agent)).rejects.toMatchObject({ code: 2, message: 'ttrpc: closed' });
  faults.tcp = { kind: 'none' };
  await expect(check(agent)).rejects.toMatchObject({ code: 2, message: 'ttrpc: closed' });
});

test('wrong certificate: said in every retry, never accepted', async () => {
  const certificate = await foreignCertificate('podvm-web-ffffffff');
  await expect(start({ certificate }, 300)).rejects.toThrow(/context deadline exceeded$/);
  expect(lines).toContain(
    'Retrying failed agent proxy connection: tls: failed to verify certificate: x509: certificate signed by unknown authority',
  );
});

test('UDP: lossy, then a black hole, then well again', async () => {
  const faults = createPodFaults();
  await start(faults.hooks);
  const ping = (timeoutMs: number) => worker!.network.ping('10.244.1.21', { timeoutMs });
  await ping(5000);
  faults.udp = { kind: 'loss', share: 1 };
  await expect(ping(50)).rejects.toMatchObject({ code: 'PEERPOD_PING_TIMEOUT' });
  faults.udp = { kind: 'black-hole' };
  await expect(ping(50)).rejects.toMatchObject({ code: 'PEERPOD_PING_TIMEOUT' });
  faults.udp = { kind: 'none' };
  await ping(5000);
});
