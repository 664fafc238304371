/**
 * How fast the command line starts: `katasim --version` against `node -e 0`, in turn, so that both
 * see the same machine. Bar: at most 1.5 times. Run: make build && npm run bench:start
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';

const RUNS = 41;
const BAR = 1.5;
const commands = {
  'node -e 0': ['-e', '0'],
  'katasim --version': ['dist/katasim.cjs', '--version'],
} as const;

const times = new Map<string, number[]>();
for (let run = 0; run < RUNS; run++) {
  for (const [name, args] of Object.entries(commands)) {
    const start = performance.now();
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
    if (status !== 0) throw new Error(`${name} ended with ${String(status)}`);
    times.set(name, [...(times.get(name) ?? []), performance.now() - start]);
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

for (const [name, values] of times) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  console.log(
    `${name.padEnd(20)} median ${median(values).toFixed(1)} ms (${low.toFixed(1)} to ${high.toFixed(1)}, ${RUNS} runs)`,
  );
}
const ratio = median(times.get('katasim --version') ?? []) / median(times.get('node -e 0') ?? []);
console.log(`ratio ${ratio.toFixed(2)}, bar ${BAR}`);
process.exitCode = ratio <= BAR ? 0 : 1;
