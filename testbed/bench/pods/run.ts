/**
 * Many pod VMs on one node: started end to end (webhook, scheduler, adaptor, VM, TLS, agent, running
 * container), called through all their tunnels, stopped. One process per round; what grows from round to
 * round is printed beside it. Run: npm run bench:pods [-- 10 100 1000]
 */
import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { NodeFigures } from './node.ts';

const counts = process.argv.slice(2).map(Number);

const rows: readonly (readonly [string, (figures: NodeFigures) => number, number])[] = [
  ['pods started per second', (f) => f.startedPerSecond, 1],
  ['CPU ms per start', (f) => f.cpuMsPerStart, 1],
  ['pods stopped per second', (f) => f.stoppedPerSecond, 1],
  ['KiB of heap and buffers per pod', (f) => f.heapKibPerPod, 0],
  ['KiB resident per pod', (f) => f.rssKibPerPod, 0],
  ['open files per pod', (f) => f.filesPerPod, 1],
  ['gated calls per second', (f) => f.callsPerSecond, 0],
  ['call p50, us', (f) => f.callP50Us, 0],
  ['call p99, us', (f) => f.callP99Us, 0],
  ['policies compiled', (f) => f.policiesCompiled, 0],
  ['files left', (f) => f.filesLeft, 0],
  ['handles left', (f) => f.handlesLeft, 0],
];

console.log(`load average ${loadavg()[0]?.toFixed(1) ?? '?'} at the start`);
const figures = (counts.length > 0 ? counts : [10, 100, 1000]).map(measure);
const cell = (text: string): string => text.padStart(10);
console.log(
  ['pods'.padEnd(32), ...figures.map(({ pods }) => cell(String(pods))), cell('growth')].join(''),
);
for (const [name, of, digits] of rows) {
  const values = figures.map(of);
  const [first = NaN, last = NaN] = [values[0], values.at(-1)];
  const growth = first === 0 || figures.length < 2 ? '' : `x ${(last / first).toFixed(2)}`;
  console.log(
    [name.padEnd(32), ...values.map((value) => cell(value.toFixed(digits))), cell(growth)].join(''),
  );
}

function measure(pods: number): NodeFigures {
  const { stdout, status } = spawnSync(
    process.execPath,
    [...process.execArgv, join(import.meta.dirname, 'node.ts'), String(pods)],
    { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the round with ${pods} pods ended with ${String(status)}`);
  // A long bench tells where it is; the table comes at the end.
  console.error(stdout.trim());
  return JSON.parse(stdout) as NodeFigures;
}
