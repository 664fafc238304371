/**
 * One small call after another (latency) and many large ones (throughput), through four ways
 * to the same ttrpc service in this process: directly, through a bare TCP relay, through bare TLS, and
 * through katasim's proxy and forwarder with mutual TLS. Rounds alternate, so all see the same machine.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { startAgent } from '#agent';
import { systemClock, systemRandom } from '#base';
import { openSandbox, systemTimers } from '#guest';
import {
  createAgentProxy,
  createCertificateAuthority,
  createClientCertificate,
  startForwarder,
} from '#peerpod';
import { dial, type RpcClient } from '#rpc';

export interface RelayFigures {
  readonly name: string;
  readonly mebibytesPerSecond: number;
  readonly latencyUs: number;
}

/** Health is not gated and ignores its argument: what is measured is the way. */
const LARGE = { service: 'x'.repeat(256 << 10) };
const SMALL = { service: 'x'.repeat(16) };
const POLICY = 'package agent_policy\n';
const LARGE_CALLS = 200;
const SMALL_CALLS = 500;
const IN_FLIGHT = 8;
const NAME = 'podvm-bench-00000000';

export async function measureRelays(rounds: number): Promise<readonly RelayFigures[]> {
  const directory = await mkdtemp(join(tmpdir(), 'kb-'));
  const socket = join(directory, 'agent.sock');
  await using stack = new AsyncStack();
  const sandbox = stack.use(
    openSandbox({
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      agentVersion: '3.20.0',
    }),
  );
  stack.use(
    await startAgent({
      listen: [`unix://${socket}`],
      policies: [{ source: 'image-default', text: POLICY }],
      sandbox,
      clock: systemClock,
    }),
  );
  stack.use({ close: () => rm(directory, { recursive: true, force: true }) });
  const ways = [
    { name: 'direct (unix socket)', address: `unix://${socket}` },
    { name: 'bare node:net relay', address: await relayTcp(stack, socket) },
    { name: 'bare TLS relay', address: await relayTls(stack, socket) },
    { name: 'katasim proxy + forwarder', address: await tunnel(stack, directory, socket) },
  ];
  const runs = await Promise.all(
    ways.map(async ({ name, address }) => ({
      name,
      client: stack.use(await dial(address, { protocol: 'ttrpc' })),
      rates: [] as number[],
      times: [] as number[],
    })),
  );
  for (let round = 0; round <= rounds; round++) {
    for (const { client, rates, times } of runs) {
      const rate = await throughput(client);
      const measured = await latencies(client);
      // The first round is for the compiler.
      if (round === 0) continue;
      rates.push(rate);
      times.push(...measured);
    }
  }
  return runs.map(({ name, rates, times }) => ({
    name,
    mebibytesPerSecond: median(rates),
    latencyUs: median(times),
  }));
}

async function throughput(client: RpcClient): Promise<number> {
  const start = performance.now();
  let left = LARGE_CALLS;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await client.call('grpc.Health', 'Version', LARGE);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const seconds = (performance.now() - start) / 1000;
  return (LARGE_CALLS * LARGE.service.length) / (1 << 20) / seconds;
}

async function latencies(client: RpcClient): Promise<readonly number[]> {
  const times: number[] = [];
  for (let i = 0; i < SMALL_CALLS; i++) {
    const start = performance.now();
    await client.call('grpc.Health', 'Version', SMALL);
    times.push((performance.now() - start) * 1000);
  }
  return times;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/** Two relays one after the other, as there are two hops in the tunnel. */
async function relayTcp(stack: AsyncStack, path: string): Promise<string> {
  const far = await listening(
    stack,
    createServer((socket) => relay(socket, connect({ path }))),
  );
  const near = await listening(
    stack,
    createServer((socket) => relay(socket, connect({ port: far, host: '127.0.0.1' }))),
  );
  return `tcp://127.0.0.1:${near}`;
}

async function relayTls(stack: AsyncStack, path: string): Promise<string> {
  const { ca, server, client } = await identities();
  const far = await listening(
    stack,
    createTlsServer(
      { ...server, ca: client.cert, requestCert: true, rejectUnauthorized: true },
      (socket) => relay(socket, connect({ path })),
    ),
  );
  const near = await listening(
    stack,
    createServer((socket) => {
      const options = { port: far, host: '127.0.0.1', ca, servername: NAME, ...client };
      relay(socket, connectTls(options));
    }),
  );
  return `tcp://127.0.0.1:${near}`;
}

async function tunnel(stack: AsyncStack, directory: string, agent: string): Promise<string> {
  const { ca, server, client } = await identities();
  const forwarder = stack.use(
    await startForwarder({
      host: '127.0.0.1',
      port: 0,
      agentSocketPath: agent,
      tls: { ...server, ca: client.cert },
      config: { 'pod-network': null, 'pod-namespace': 'default', 'pod-name': 'bench' },
    }),
  );
  const socketPath = join(directory, 'agent.ttrpc');
  const proxy = stack.use(
    createAgentProxy({ socketPath, serverName: NAME, tls: { ca, ...client } }),
  );
  await proxy.start({ host: '127.0.0.1', port: forwarder.port });
  return `unix://${socketPath}`;
}

async function identities() {
  const sources = { clock: systemClock, random: systemRandom };
  const authority = await createCertificateAuthority(sources);
  return {
    ca: authority.cert,
    server: await authority.issue(NAME),
    client: await createClientCertificate(sources),
  };
}

async function listening(stack: AsyncStack, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  stack.use({
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  });
  return (server.address() as AddressInfo).port;
}

function relay(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.setNoDelay(true).on('error', () => undefined);
    from.once('close', () => to.destroy());
    from.pipe(to);
  }
}

/** Closes what was opened, last first. */
class AsyncStack {
  readonly #opened: { close(): Promise<void> }[] = [];

  use<T extends { close(): Promise<void> }>(resource: T): T {
    this.#opened.push(resource);
    return resource;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.#opened.reverse()) await resource.close();
  }
}
