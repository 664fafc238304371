/**
 * The two ends of a tunnel under measurement, in a process of their own so that what the relays between
 * them cost can be told apart: an agent's socket that answers with bytes at hand, and a client that
 * calls through whatever address it is told. One JSON order a line on stdin, one JSON answer a line.
 */
import { createInterface } from 'node:readline';
import process from 'node:process';
import { dial, listen, type Dispatcher, type RpcClient } from '#rpc';
import { encodeMessage } from '#wire';
import { LARGE_BYTES, type Answer, type Load, type Order } from './ends-process.ts';

const chunk = Buffer.alloc(LARGE_BYTES, 'x');

/** As a shim sends them: files in pieces of 1 MiB, and reads that come back as large. */
const loads = {
  small: { method: 'Check', service: 'grpc.Health', payload: new Uint8Array() },
  up: {
    method: 'CopyFile',
    service: 'grpc.AgentService',
    payload: encodeMessage('grpc.CopyFileRequest', { path: '/run/f', data: chunk }),
  },
  down: {
    method: 'ReadStdout',
    service: 'grpc.AgentService',
    payload: encodeMessage('grpc.ReadStreamRequest', { container_id: 'c', len: LARGE_BYTES }),
  },
} as const satisfies Record<Load, unknown>;

const NOTHING = new Uint8Array();
const answers: Readonly<Record<string, Uint8Array>> = {
  Check: encodeMessage('grpc.HealthCheckResponse', { status: 1 }),
  CopyFile: NOTHING,
  ReadStdout: encodeMessage('grpc.ReadStreamResponse', { data: chunk }),
};

const agent: Dispatcher = {
  services: ['grpc.AgentService', 'grpc.Health'],
  has: (_service, method) => Object.hasOwn(answers, method),
  call: ({ method }) => Promise.resolve(answers[method] ?? NOTHING),
};

async function carryOut(client: RpcClient, order: Order): Promise<Answer> {
  const { service, method, payload } = loads[order.load];
  const timesUs: number[] = [];
  let left = order.calls;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const start = performance.now();
      await client.callRaw(service, method, payload);
      timesUs.push((performance.now() - start) * 1000);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: order.inFlight }, worker));
  return { seconds: (performance.now() - start) / 1000, timesUs };
}

const socket = process.argv[2] ?? '';
{
  await using _agent = await listen(`unix://${socket}`, agent, { protocols: 'ttrpc' });
  process.stdout.write('ready\n');
  const clients = new Map<string, RpcClient>();
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as Order;
    const client = clients.get(order.address) ?? (await dial(order.address, { protocol: 'ttrpc' }));
    clients.set(order.address, client);
    process.stdout.write(`${JSON.stringify(await carryOut(client, order))}\n`);
  }
  for (const client of clients.values()) await client.close();
}
