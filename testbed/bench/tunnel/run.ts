/**
 * What the API tunnel costs: calls per second, latency and bytes per second through agent proxy and
 * forwarder, against the same two hops as bare node:net and bare mutual TLS in the same run. The ends
 * run in a process of their own; rounds alternate, so that all ways see the same machine.
 * CPU is that of this process, which does nothing but relay. Run: npm run bench:tunnel
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { EndsProcess, LARGE_BYTES, type Order } from './ends-process.ts';
import { measureTransfers } from './pod-network.ts';
import { AsyncStack, openWays, type Way } from './ways.ts';

const ROUNDS = Number(process.argv[2] ?? 9);
const only = process.argv[3];

/** Name of the figure, the load behind it, and how to say it. */
const measures = [
  { title: 'calls/s, 32 in flight', load: 'small', calls: 4000, inFlight: 32, unit: 'calls' },
  { title: 'one call after another', load: 'small', calls: 1000, inFlight: 1, unit: 'latency' },
  { title: '1 MiB requests, 4 in flight', load: 'up', calls: 64, inFlight: 4, unit: 'bytes' },
  { title: '1 MiB answers, 4 in flight', load: 'down', calls: 64, inFlight: 4, unit: 'bytes' },
] as const satisfies readonly (Omit<Order, 'address'> & { title: string; unit: string })[];

type Measure = (typeof measures)[number];

interface Samples {
  readonly seconds: number[];
  readonly cpuUs: number[];
  readonly timesUs: number[];
}

const directory = await mkdtemp(join(tmpdir(), 'kb-'));
{
  await using stack = new AsyncStack();
  stack.use({ close: () => rm(directory, { recursive: true, force: true }) });
  const agent = join(directory, 'agent.sock');
  const ends = stack.use(await EndsProcess.start(agent));
  const ways = (await openWays(stack, directory, agent)).filter(
    ({ name }) => only === undefined || name.includes(only),
  );
  console.log(`load average ${loadavg()[0]?.toFixed(1) ?? '?'}, ${ROUNDS} rounds, medians`);
  for (const measure of measures) report(measure, await run(ends, ways, measure));
}
{
  await using stack = new AsyncStack();
  console.log('\n32 MiB from the worker to a port of the pod');
  const [bare, tunnel] = await measureTransfers(stack, Math.ceil(ROUNDS / 2));
  for (const figures of [bare, tunnel]) {
    if (figures === undefined || bare === undefined) continue;
    const { name, megabytesPerSecond, cpuMsPerMegabyte } = figures;
    console.log(
      `  ${name.padEnd(26)} ${megabytesPerSecond.toFixed(0).padStart(6)} MB/s     ${cpuMsPerMegabyte.toFixed(2).padStart(6)} ms CPU per MB   ${(megabytesPerSecond / bare.megabytesPerSecond).toFixed(2)} x node:net`,
    );
  }
}

async function run(
  ends: EndsProcess,
  ways: readonly Way[],
  { load, calls, inFlight }: Measure,
): Promise<ReadonlyMap<Way, Samples>> {
  const samples = new Map<Way, Samples>();
  for (const way of ways) samples.set(way, { seconds: [], cpuUs: [], timesUs: [] });
  // The first two rounds are for the compiler.
  for (let round = -2; round < ROUNDS; round++) {
    for (const [{ address }, taken] of samples) {
      const before = process.cpuUsage();
      const { seconds, timesUs } = await ends.carryOut({ address, load, calls, inFlight });
      const { user, system } = process.cpuUsage(before);
      if (round < 0) continue;
      taken.seconds.push(seconds);
      taken.cpuUs.push(user + system);
      taken.timesUs.push(...timesUs);
    }
  }
  return samples;
}

function report(measure: Measure, samples: ReadonlyMap<Way, Samples>): void {
  console.log(`\n${measure.title}`);
  const reference = [...samples].find(([{ name }]) => name === 'bare TLS relay')?.[1];
  for (const [{ name }, taken] of samples) {
    console.log(`  ${name.padEnd(26)} ${figures(measure, taken, reference)}`);
  }
}

function figures(measure: Measure, taken: Samples, reference: Samples | undefined): string {
  const perCall = (samples: Samples): number => quantile(samples.cpuUs, 0.5) / measure.calls;
  const ratio = (own: number, other: number): string => `${(own / other).toFixed(2)} x bare TLS`;
  const cpu = `${perCall(taken).toFixed(0).padStart(6)} us CPU per call`;
  if (measure.unit === 'latency') {
    const [p50, p99] = [0.5, 0.99].map((q) => quantile(taken.timesUs, q));
    return `p50 ${us(p50)}  p99 ${us(p99)}  ${cpu}  ${
      reference ? ratio(p50 ?? NaN, quantile(reference.timesUs, 0.5)) : ''
    }`;
  }
  const scale = measure.unit === 'bytes' ? LARGE_BYTES / 1e6 : 1;
  const rate = (samples: Samples): number =>
    (measure.calls * scale) / quantile(samples.seconds, 0.5);
  const unit = measure.unit === 'bytes' ? 'MB/s' : 'calls/s';
  return `${rate(taken).toFixed(0).padStart(6)} ${unit.padEnd(8)} ${cpu}  ${
    reference ? ratio(rate(taken), rate(reference)) : ''
  }`;
}

function us(value: number | undefined): string {
  return `${(value ?? NaN).toFixed(0).padStart(5)} us`;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
}
