/**
 * A worker with one pod whose VM has faults, for tests: real sockets on every hop, delays of retries
 * shortened to nothing, log lines of the proxy kept.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemRandom, type Logger } from '#base';
import { dial, listen, type RpcClient } from '#rpc';
import { findMethod } from '#wire';
import { parseFaults } from '../faults/fault-plan.ts';
import { planFaults, type PlannedFaults } from '../faults/planned-faults.ts';
import type { AgentEnvironment, PodVmAgent } from '../vm/pod-vm.ts';
import { defaultPeerPodsConfig } from '../worker/config.ts';
import { createWorker, type Worker } from '../worker/worker.ts';

export const POD_IP = '10.244.1.21';
const ID = 'f'.repeat(64);

export interface FaultyWorker {
  readonly worker: Worker;
  /** `MESSAGE: ERROR` of every warning. */
  readonly lines: string[];
  /** Called with the number of retries before each delay. */
  onRetry: (retries: number) => void;
  /** CreateVM and StartVM; resolves with a client of the pod's agent. */
  start(): Promise<RpcClient>;
  change(...words: string[]): Promise<void>;
  close(): Promise<void>;
}

/** Answers everything with empty messages. */
function startAgent({ socketPath }: AgentEnvironment): Promise<PodVmAgent> {
  return listen(`unix://${socketPath}`, {
    services: ['grpc.AgentService', 'grpc.Health'],
    has: (service, method) => findMethod(service, method) !== undefined,
    call: () => Promise.resolve(new Uint8Array()),
  });
}

export async function faultyWorker(
  words: readonly string[],
  proxyTimeoutMs = 20_000,
): Promise<FaultyWorker> {
  const directory = await mkdtemp(join(tmpdir(), 'k-'));
  const lines: string[] = [];
  const clients: RpcClient[] = [];
  let retries = 0;
  const logger: Logger = {
    ...silentLogger,
    warn: ({ err }, message) =>
      void lines.push(`${message}: ${typeof err === 'string' ? err : ''}`),
    child: () => logger,
  };
  const faults: PlannedFaults = await planFaults(
    parseFaults(words),
    'podvm-web-ffffffff',
    systemRandom,
  );
  const worker = await createWorker({
    config: {
      ...defaultPeerPodsConfig('libvirt'),
      vxlanPort: 9000,
      hypervisorSocket: join(directory, 'h.sock'),
      podsDir: join(directory, 'pods'),
      proxyTimeoutMs,
    },
    directory: join(directory, 'run'),
    podVm: () => ({ image: { name: 'test', defaultPolicy: '' }, startAgent, faults }),
    sleep: async (_ms, signal) => {
      result.onRetry(retries++);
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    },
    logger,
  });
  const connect = async (path: string): Promise<RpcClient> => {
    const client = await dial(`unix://${path}`, { protocol: 'ttrpc' });
    clients.push(client);
    return client;
  };
  const result: FaultyWorker = {
    worker,
    lines,
    onRetry: () => undefined,
    async start() {
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
    },
    async change(...next) {
      const vm = worker.machineOf(ID);
      if (vm === undefined) throw new Error('there is no machine');
      await faults.change(parseFaults(next), vm);
    },
    async close() {
      for (const client of clients) await client.close();
      await worker.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return result;
}
