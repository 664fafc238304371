import type { CompiledPolicy, QueryOptions } from '#rego';
import type { Command } from '../../command.ts';
import { formatTable } from '../../output.ts';
import { regoCliErrors } from './errors.ts';
import {
  compileDocuments,
  dialectOptions,
  documentOptions,
  errorsText,
  loadInput,
  loadPaths,
  strictOptions,
} from './options.ts';

export const command: Command = {
  usage: 'rego bench [-d PATH]... [-i FILE] [--count N] QUERY',
  details: 'The query is compiled once and evaluated for about a second, --count times over.',
  options: {
    ...documentOptions,
    format: {
      type: 'string',
      short: 'f',
      value: 'FORM',
      choices: ['pretty', 'json'],
      default: 'pretty',
      summary: 'form of the figures',
    },
    count: { type: 'string', value: 'N', default: '1', summary: 'repeat the measurement so often' },
    ...strictOptions,
    ...dialectOptions,
  },
  examples: [
    "katasim rego bench -d policy.rego -i request.json 'data.agent_policy.ExecProcessRequest'",
  ],
  operands: { min: 1, max: 1 },
  async run(context) {
    const { options, operands, output } = context;
    const [query] = operands;
    if (query === undefined) throw regoCliErrors.noQuery();
    const documents = await loadPaths(context);
    const input = await loadInput(context);
    const compiled = compileDocuments(context, documents, false);
    if (!compiled.ok) {
      output.note(errorsText(compiled.errors));
      return 2;
    }
    const queryOptions: QueryOptions = {
      ...(input !== undefined && { input: { value: input } }),
      data: { value: documents.data },
      nowNs: BigInt(Date.now()) * 1_000_000n,
    };
    const first = compiled.policy.query(query, queryOptions);
    if (first.kind === 'fault') {
      output.note(first.message);
      return 2;
    }
    for (let round = 0; round < (options.count('count', 1) ?? 1); round += 1) {
      context.signal.throwIfAborted();
      const figures = measure(compiled.policy, query, queryOptions);
      if (options.text('format') === 'json') output.json(figures);
      else for (const line of figureTable(figures)) output.line(line);
    }
    return 0;
  },
};

interface Figures {
  readonly samples: number;
  readonly ns_per_op: number;
  readonly decisions_per_second: number;
  readonly percentiles_ns: Readonly<Record<'50' | '90' | '99', number>>;
}

const RUN_MS = 1_000;
/** Single evaluations are timed one by one; this many are enough for percentiles. */
const MAX_SAMPLES = 1_000_000;

function measure(policy: CompiledPolicy, query: string, options: QueryOptions): Figures {
  const samples: number[] = [];
  const start = performance.now();
  // The first tenth warms up and does not count.
  while (performance.now() - start < RUN_MS / 10) policy.query(query, options);
  const measured = performance.now();
  let elapsed = 0;
  while (elapsed < RUN_MS && samples.length < MAX_SAMPLES) {
    const before = performance.now();
    policy.query(query, options);
    const after = performance.now();
    samples.push((after - before) * 1e6);
    elapsed = after - measured;
  }
  const sorted = samples.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  const mean = sorted.reduce((total, sample) => total + sample, 0) / sorted.length;
  return {
    samples: sorted.length,
    ns_per_op: Math.round(mean),
    decisions_per_second: Math.round(1e9 / mean),
    percentiles_ns: { '50': at(0.5), '90': at(0.9), '99': at(0.99) },
  };
}

const figureTable = ({ percentiles_ns, ...rest }: Figures): readonly string[] =>
  formatTable(
    ['FIGURE', 'VALUE'],
    [
      ...Object.entries(rest).map(([name, value]) => [name, String(value)]),
      ...Object.entries(percentiles_ns).map(([share, value]) => [`p${share} ns`, String(value)]),
    ],
  );
