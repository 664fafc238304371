/**
 * Unary calls per second through the gate, over gRPC and ttrpc, against a bare grpc-js echo service in
 * the same run. The servers run in a process of their own, so that a client measures them and not
 * itself; rounds alternate, so that all see the same machine. Run: npm run bench:gate
 *
 * Bars: the gate costs at most 10 % of a bare gRPC call; ttrpc carries at least 3 times the calls.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { dial, type RpcClient } from '#rpc';
import { encodeMessage } from '#wire';

const ROUNDS = 7;
const ROUND_MS = 1500;
/** Calls in flight: a shim has a handful, a harness more. */
const CONCURRENCY = 32;

interface Servers {
  /** Addresses by name. */
  readonly echo: string;
  readonly open: string;
  readonly gated: string;
}

interface Contender {
  readonly name: string;
  readonly address: (servers: Servers) => string;
  readonly protocol: 'ttrpc' | 'grpc';
}

const contenders: readonly Contender[] = [
  { name: 'bare grpc-js echo', address: ({ echo }) => echo, protocol: 'grpc' },
  { name: 'gRPC, no policy', address: ({ open }) => open, protocol: 'grpc' },
  { name: 'gRPC, gated', address: ({ gated }) => gated, protocol: 'grpc' },
  { name: 'ttrpc, no policy', address: ({ open }) => open, protocol: 'ttrpc' },
  { name: 'ttrpc, gated', address: ({ gated }) => gated, protocol: 'ttrpc' },
];

/** A call whose effect is nothing, so that what is measured is the way there and the gate. */
const METHOD = 'ReseedRandomDev';
const payload = encodeMessage('grpc.ReseedRandomDevRequest', { data: Buffer.from('entropy') });

async function round(client: RpcClient): Promise<number> {
  const end = performance.now() + ROUND_MS;
  let calls = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < end) {
      await client.callRaw('grpc.AgentService', METHOD, payload);
      calls += 1;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return calls / ((performance.now() - start) / 1000);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const child = spawn(
  process.execPath,
  ['--conditions=source', '--import=tsx', join(import.meta.dirname, 'servers.ts')],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
try {
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const servers = JSON.parse(line) as Servers;
  const clients = new Map<Contender, RpcClient>();
  for (const contender of contenders) {
    const { protocol, address } = contender;
    clients.set(contender, await dial(address(servers), { protocol }));
  }
  const results = new Map<Contender, number[]>(contenders.map((each) => [each, []]));
  for (let i = -1; i < ROUNDS; i++)
    for (const [contender, client] of clients) {
      const rate = await round(client);
      // The first round warms up.
      if (i >= 0) results.get(contender)?.push(rate);
    }
  for (const client of clients.values()) await client.close();
  report(results);
} finally {
  child.kill('SIGTERM');
}

function report(results: ReadonlyMap<Contender, readonly number[]>): void {
  const rates = new Map<string, number>();
  for (const [{ name }, values] of results) {
    rates.set(name, median(values));
    const [low, high] = [Math.min(...values), Math.max(...values)].map(Math.round);
    console.log(
      `${name.padEnd(20)} ${Math.round(median(values)).toString().padStart(7)} calls/s (${low} to ${high}, ${ROUNDS} rounds)`,
    );
  }
  const rate = (name: string): number => rates.get(name) ?? NaN;
  const overhead = rate('bare grpc-js echo') / rate('gRPC, gated') - 1;
  const speedUp = rate('ttrpc, gated') / rate('bare grpc-js echo');
  console.log(`gate over bare gRPC: ${(overhead * 100).toFixed(1)} % (bar 10 %)`);
  console.log(`gated ttrpc over bare gRPC: ${speedUp.toFixed(2)} times (bar 3)`);
  process.exitCode = overhead <= 0.1 && speedUp >= 3 ? 0 : 1;
}
