import { memoryUsage } from 'node:process';
import { KatasimError } from '#base';
import { benchPolicies, type BenchReport } from '#policy/bench';
import type { Command, CommandContext } from '../../command.ts';
import { kataVersionOption, outputOption } from '../../options.ts';
import { corpusOptions, readCorpusFile } from '../../corpus-input.ts';
import { parseDuration } from '../../duration.ts';
import { readPolicyFile } from '../../policy-file.ts';

export const command: Command = {
  usage: 'policy bench [OPTION]... POLICY CORPUS',
  details: [
    'Cold is a fresh engine and the first decision of an endpoint on it; warm are whole rounds over the corpus,',
    'state carried along, after rounds that do not count. Two policies take turns. Times are of the monotonic',
    'clock, percentiles by nearest rank; nothing else should run on the machine.',
  ].join('\n'),
  options: {
    duration: { type: 'string', value: 'TIME', default: '3s', summary: 'measure about so long' },
    compare: {
      type: 'string',
      value: 'OTHER.rego',
      summary: 'measure another policy in turns with it',
    },
    'kata-version': kataVersionOption(),
    output: outputOption('text', 'json'),
    ...corpusOptions,
  },
  examples: [
    'katasim policy bench policy.rego testcases.json',
    'katasim policy bench new.rego policy.jsonl --compare old.rego --duration 10s',
  ],
  operands: { min: 2, max: 2 },
  async run(context) {
    const { options, operands, output, signal } = context;
    const [file = '', path = ''] = operands;
    const durationMs = durationOf(context);
    const other = options.text('compare');
    const files = other === undefined ? [file] : [file, other];
    const policies = [];
    for (const one of files) policies.push(await readPolicyFile(one, context));
    const { entries } = await readCorpusFile(path, context);
    const masked = entries.filter((entry) => entry.masked !== undefined).length;
    if (masked === entries.length) throw benchErrors.nothing(path);
    const reports = benchPolicies(policies, entries, {
      now: () => performance.now(),
      durationMs,
      signal,
    });
    const { heapUsed, rss } = memoryUsage();
    const memory = { heapBytes: heapUsed, rssBytes: rss };
    if (options.text('output') === 'json') output.json({ policies: reports, masked, memory });
    else {
      for (const report of reports) printReport(report, context);
      const [first, second] = reports;
      if (first !== undefined && second !== undefined) printComparison(first, second, context);
      output.line(`memory      heap ${mib(heapUsed)}, resident ${mib(rss)}, of the whole process`);
    }
    if (masked > 0)
      output.note(`${masked} requests were masked when they were logged and are left out`);
    return 0;
  },
};

/** A bench that runs for an hour was not meant. */
const MAX_DURATION_MS = 600_000;

function durationOf({ options }: CommandContext): number {
  const text = options.text('duration') ?? '';
  const ms = parseDuration('duration', text);
  if (ms > MAX_DURATION_MS || ms === 0) throw benchErrors.duration(text);
  return ms;
}

function printReport(report: BenchReport, { output }: CommandContext): void {
  const { file, kataVersion, requests, coldRounds, warmRounds, compileMs, firstDecisionMs } =
    report;
  const { endpoints, all, perSecond } = report;
  output.line(`${output.style('bold', file)}: ${requests} requests, Kata ${kataVersion}`);
  output.line(
    `cold        compile ${ms(compileMs.median)} ms, first decision ${ms(firstDecisionMs.median)} ms; median of ${coldRounds}`,
  );
  output.line(
    `            compile ${ms(compileMs.first)} ms, first decision ${ms(firstDecisionMs.first)} ms when the process was new`,
  );
  output.line(`warm        ${rate(perSecond)} decisions/s over ${warmRounds} rounds`);
  output.line();
  const row = (name: string, cold: string, perS: number, warm: BenchReport['all']): string[] => [
    name,
    ...[
      String(warm.count),
      rate(perS),
      cold,
      ms(warm.p50),
      ms(warm.p90),
      ms(warm.p99),
      ms(warm.max),
    ].map((cell) => cell.padStart(8)),
  ];
  output.table(
    [
      'ENDPOINT',
      ...['COUNT', 'PER S', 'COLD ms', 'P50 ms', 'P90 ms', 'P99 ms', 'MAX ms'].map((head) =>
        head.padStart(8),
      ),
    ],
    [
      ...endpoints.map(({ endpoint, coldMs, warm, perSecond: perS }) =>
        row(endpoint, ms(coldMs), perS, warm),
      ),
      row('all', '', perSecond, all),
    ],
  );
  output.line();
}

/** Above 1 the first policy is faster. */
function printComparison(
  first: BenchReport,
  second: BenchReport,
  { output }: CommandContext,
): void {
  const ratio = (a: number, b: number): string =>
    a === 0 || b === 0 ? '-' : `${(b / a).toPrecision(3)}x`;
  output.line(`${first.file} against ${second.file}: above 1x it is faster, by medians`);
  const rows = first.endpoints.map(({ endpoint, warm, coldMs }) => {
    const other = second.endpoints.find((one) => one.endpoint === endpoint);
    return [endpoint, ratio(warm.p50, other?.warm.p50 ?? 0), ratio(coldMs, other?.coldMs ?? 0)];
  });
  const all = ratio(first.all.sum / first.all.count, second.all.sum / second.all.count);
  const compiling = ratio(first.compileMs.median, second.compileMs.median);
  output.table(
    ['ENDPOINT', 'WARM', 'COLD'],
    [...rows, ['all, by the mean', all, ''], ['compile', '', compiling]],
  );
  output.line();
}

const ms = (value: number): string => value.toFixed(value < 0.1 ? 4 : value < 10 ? 3 : 1);
const rate = (value: number): string =>
  (value >= 100 ? Math.round(value) : value.toFixed(1)).toLocaleString('en-US');
const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;

const benchErrors = {
  nothing: (corpus: string) =>
    new KatasimError('CLI_NO_CASES', `no request of ${corpus} can be decided`, {
      hint: 'A masked decision log hides what it asked; give policy.jsonl or test cases.',
    }),
  duration: (text: string) =>
    new KatasimError('CLI_VALUE', `--duration cannot be ${JSON.stringify(text)}`, {
      hint: 'Give up to 10m, such as 3s.',
    }),
};
