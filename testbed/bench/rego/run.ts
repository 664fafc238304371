/**
 * `npm run bench:rego [-- --run-ms N --runs N --only NAME --cpu --no-growth]`: measures the four engines in
 * one run on the same policies and inputs and prints medians with the bars of the project. Exit code
 * 1 when a bar is missed.
 */
import process, { argv, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { Peer, peerAbsence } from '../../interop/rego/peer.ts';
import { measureKatasim, measureOpa, measureRegorus, measureWasm } from './engines.ts';
import { duration, type Effort, median } from './measure.ts';
import { growthWorkloads, type Workload, workloads } from './workloads.ts';

/** Decisions per second, katasim over the other; and compile time, the other over katasim. */
const BARS = { opa: 5, regorus: 3, compile: 1 } as const;

interface Row {
  readonly name: string;
  readonly opa: number;
  readonly regorus: number;
  readonly regorusByQuery: number;
  readonly wasm: number;
  /** As OPA: no prints. */
  readonly asOpa: number;
  /** As the guest: prints gathered. */
  readonly asGuest: number;
  readonly compile: {
    readonly opa: number;
    readonly regorus: number;
    readonly asOpa: number;
    readonly asGuest: number;
  };
}

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    'run-ms': { type: 'string', default: '300' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string' },
    cpu: { type: 'boolean', default: false },
    'no-growth': { type: 'boolean', default: false },
  },
});
const effort: Effort = {
  runMs: Number(values['run-ms']),
  runs: Number(values.runs),
  cpu: values.cpu,
};

async function measure(opa: Peer, regorus: Peer, workload: Workload): Promise<Row> {
  const theirs = await measureOpa(opa, workload, effort);
  const guest = await measureRegorus(regorus, workload, effort);
  const wasm = await measureWasm(opa, workload, effort);
  const asOpa = measureKatasim('opa', workload, effort);
  const asGuest = measureKatasim('kata', workload, effort);
  return {
    name: workload.name,
    opa: median(theirs.evaluate),
    regorus: median(guest.evaluate),
    regorusByQuery: median(guest.byQuery),
    wasm: median(wasm.evaluate),
    asOpa: median(asOpa.evaluate),
    asGuest: median(asGuest.evaluate),
    compile: {
      opa: median(theirs.compile),
      regorus: median(guest.compile),
      asOpa: median(asOpa.compile),
      asGuest: median(asGuest.compile),
    },
  };
}

const times = (ratio: number): string => `${ratio.toFixed(1)}x`;

function evaluationLine(row: Row): string {
  const figures = [
    duration(row.opa),
    duration(row.asOpa),
    times(row.opa / row.asOpa),
    duration(row.regorus),
    duration(row.regorusByQuery),
    duration(row.asGuest),
    times(row.regorus / row.asGuest),
    duration(row.wasm),
  ];
  return `| ${row.name} | ${figures.join(' | ')} |`;
}

function compileLine({ name, compile }: Row): string {
  const figures = [
    duration(compile.opa),
    duration(compile.asOpa),
    duration(compile.regorus),
    duration(compile.asGuest),
    times(compile.regorus / compile.asGuest),
  ];
  return `| ${name} | ${figures.join(' | ')} |`;
}

/** What a row misses; growth rows have no bars. */
function missed(row: Row): string[] {
  const bars: readonly (readonly [string, number, number])[] = [
    ['decisions against OPA', row.opa / row.asOpa, BARS.opa],
    ['decisions against regorus', row.regorus / row.asGuest, BARS.regorus],
    ...(row.name.startsWith('genpolicy')
      ? [
          [
            'compilation against regorus',
            row.compile.regorus / row.compile.asGuest,
            BARS.compile,
          ] as const,
        ]
      : []),
  ];
  return bars
    .filter(([, ratio, bar]) => ratio < bar)
    .map(([what, ratio, bar]) => `${row.name}: ${what} ${times(ratio)}, bar ${times(bar)}`);
}

const absences = (['opa', 'regorus'] as const)
  .map(peerAbsence)
  .filter((text) => text !== undefined);
if (absences.length > 0) {
  stdout.write(`bench:rego: skipped, ${absences.join('; ')}\n`);
} else {
  await using opa = new Peer('opa');
  await using regorus = new Peer('regorus');
  const wanted = (name: string): boolean => values.only === undefined || name.includes(values.only);
  const main: Row[] = [];
  for (const make of workloads) {
    const workload = make();
    if (wanted(workload.name)) main.push(await measure(opa, regorus, workload));
  }
  const growth: Row[] = [];
  for (const workload of values['no-growth'] ? [] : growthWorkloads()) {
    if (wanted(workload.name)) growth.push(await measure(opa, regorus, workload));
  }
  const head =
    '| policy | OPA | katasim as OPA | | regorus, best way | regorus, as the agent asks | katasim as guest | | opa-wasm |';
  const rule = `|---|${'---:|'.repeat(8)}`;
  const kind = effort.cpu ? 'processor time' : 'time';
  stdout.write(`${kind} per decision, median of ${effort.runs} runs\n\n${head}\n${rule}\n`);
  for (const row of [...main, ...growth]) stdout.write(`${evaluationLine(row)}\n`);
  stdout.write(
    '\n| text to prepared policy | OPA | katasim as OPA | regorus | katasim as guest | |\n',
  );
  stdout.write(`|---|${'---:|'.repeat(5)}\n`);
  for (const row of [...main, ...growth]) stdout.write(`${compileLine(row)}\n`);
  const misses = main.flatMap(missed);
  stdout.write(
    `\n${misses.length === 0 ? 'every bar is met' : `bars missed:\n${misses.join('\n')}`}\n`,
  );
  process.exitCode = misses.length === 0 ? 0 : 1;
}
