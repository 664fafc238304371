/**
 * Unary calls through the gate, over gRPC and ttrpc, against a bare grpc-js echo service in the same
 * run. Every server is a process of its own; short rounds alternate, so that all see the same machine.
 * Run: npm run bench:gate
 *
 * Bars: the gate costs at most 10 % of a bare gRPC call; ttrpc carries at least 3 times the calls.
 * Both are judged by CPU time, client and server together, which a busy machine distorts least; the
 * ratios by the clock stand beside them. As many rounds are run as fit into the time.
 */
import process from 'node:process';
import { dial, type RpcClient } from '#rpc';
import { encodeMessage } from '#wire';
import { ServerProcess } from './server-process.ts';

const BUDGET_MS = 45_000;
const WARM_UP_ROUNDS = 2;
/** Fewer say nothing; a very busy machine then takes longer than the budget. */
const MIN_ROUNDS = 5;
const MAX_ROUNDS = 25;
const ROUND_CALLS = 1500;
/** Calls in flight: a shim has a handful, a harness more. */
const CONCURRENCY = 32;

interface Contender {
  readonly name: string;
  readonly server: 'echo' | 'open' | 'gated';
  readonly protocol: 'ttrpc' | 'grpc';
}

const contenders: readonly Contender[] = [
  { name: 'bare grpc-js echo', server: 'echo', protocol: 'grpc' },
  { name: 'gRPC, no policy', server: 'open', protocol: 'grpc' },
  { name: 'gRPC, gated', server: 'gated', protocol: 'grpc' },
  { name: 'ttrpc, no policy', server: 'open', protocol: 'ttrpc' },
  { name: 'ttrpc, gated', server: 'gated', protocol: 'ttrpc' },
];

/** A call whose effect is nothing, so that what is measured is the way there and the gate. */
const METHOD = 'ReseedRandomDev';
const payload = encodeMessage('grpc.ReseedRandomDevRequest', { data: Buffer.from('entropy') });

interface Sample {
  readonly callsPerSecond: number;
  readonly cpuUsPerCall: number;
}

async function round(client: RpcClient, server: ServerProcess): Promise<Sample> {
  let left = ROUND_CALLS;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await client.callRaw('grpc.AgentService', METHOD, payload);
  };
  const serverBefore = await server.ask('cpu');
  const before = process.cpuUsage();
  const start = performance.now();
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const serverUs = (await server.ask('cpu')) - serverBefore;
  return {
    callsPerSecond: ROUND_CALLS / seconds,
    cpuUsPerCall: (user + system + serverUs) / ROUND_CALLS,
  };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const servers = new Map(
  (['echo', 'open', 'gated'] as const).map((name) => [name, new ServerProcess(name)]),
);
try {
  const addresses = new Map<string, string>();
  for (const [name, server] of servers) addresses.set(name, await server.line());
  const samples = new Map<Contender, Sample[]>();
  const clients = new Map<Contender, RpcClient>();
  for (const contender of contenders) {
    const address = addresses.get(contender.server) ?? '';
    clients.set(contender, await dial(address, { protocol: contender.protocol }));
    samples.set(contender, []);
  }
  const end = performance.now() + BUDGET_MS;
  const isOver = (rounds: number): boolean =>
    rounds >= MAX_ROUNDS || (rounds >= MIN_ROUNDS && performance.now() > end);
  for (let i = -WARM_UP_ROUNDS; !isOver(i); i++)
    for (const [contender, client] of clients) {
      const server = servers.get(contender.server);
      if (server === undefined) continue;
      const sample = await round(client, server);
      if (i >= 0) samples.get(contender)?.push(sample);
    }
  for (const client of clients.values()) await client.close();
  report(samples);
} finally {
  for (const server of servers.values()) server.stop();
}

function report(samples: ReadonlyMap<Contender, readonly Sample[]>): void {
  const cpu = new Map<string, number>();
  const rates = new Map<string, number>();
  for (const [{ name }, values] of samples) {
    const us = values.map(({ cpuUsPerCall }) => cpuUsPerCall);
    cpu.set(name, median(us));
    const rate = Math.round(median(values.map(({ callsPerSecond }) => callsPerSecond)));
    rates.set(name, rate);
    const spread = `${Math.min(...us).toFixed(1)} to ${Math.max(...us).toFixed(1)}`;
    console.log(
      `${name.padEnd(18)} ${median(us).toFixed(1).padStart(7)} us CPU per call (${spread}, ${values.length} rounds), ${rate} calls/s`,
    );
  }
  const of = (name: string): number => cpu.get(name) ?? NaN;
  const overhead = of('gRPC, gated') / of('bare grpc-js echo') - 1;
  const speedUp = of('bare grpc-js echo') / of('ttrpc, gated');
  const rate = (name: string): number => rates.get(name) ?? NaN;
  const slower = rate('bare grpc-js echo') / rate('gRPC, gated') - 1;
  const faster = rate('ttrpc, gated') / rate('bare grpc-js echo');
  const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;
  console.log(
    `gated gRPC over bare gRPC: ${percent(overhead)} CPU (bar 10 %), ${percent(slower)} by the clock`,
  );
  console.log(
    `gated ttrpc against bare gRPC: ${speedUp.toFixed(2)} times in CPU (bar 3), ${faster.toFixed(2)} times by the clock`,
  );
  process.exitCode = overhead <= 0.1 && speedUp >= 3 ? 0 : 1;
}
