/**
 * How fast the command line starts, in turn with `node -e 0`, so that all see the same machine. Bars:
 * `katasim --version` at most 1.5 times that, `policy check` of a sample cold in 200 ms.
 * Run: make build && npm run bench:start
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';

const RUNS = 41;
const VERSION_BAR = 1.5;
const CHECK_BAR_MS = 200;
const commands = {
  'node -e 0': { args: ['-e', '0'], status: 0 },
  'katasim --version': { args: ['dist/katasim.cjs', '--version'], status: 0 },
  // The sample lets no pod start: the answer is no.
  'katasim policy check': {
    args: ['dist/katasim.cjs', 'policy', 'check', 'policies/redhat-sample.rego'],
    status: 1,
  },
} as const;
type Name = keyof typeof commands;

const times = new Map<Name, number[]>();
for (let run = 0; run < RUNS; run++) {
  for (const name of Object.keys(commands) as Name[]) {
    const { args, status: wanted } = commands[name];
    const start = performance.now();
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
    if (status !== wanted) throw new Error(`${name} ended with ${String(status)}`);
    times.set(name, [...(times.get(name) ?? []), performance.now() - start]);
  }
}

const median = (name: Name): number =>
  [...(times.get(name) ?? [])].sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? NaN;

for (const [name, values] of times) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  console.log(
    `${name.padEnd(22)} median ${median(name).toFixed(1)} ms (${low.toFixed(1)} to ${high.toFixed(1)}, ${RUNS} runs)`,
  );
}
const ratio = median('katasim --version') / median('node -e 0');
const check = median('katasim policy check');
console.log(`--version: ratio ${ratio.toFixed(2)}, bar ${VERSION_BAR}`);
console.log(`policy check: ${check.toFixed(0)} ms, bar ${CHECK_BAR_MS} ms`);
process.exitCode = ratio <= VERSION_BAR && check <= CHECK_BAR_MS ? 0 : 1;
