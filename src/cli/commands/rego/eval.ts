import {
  type CompiledPolicy,
  CoverageRecorder,
  formatTrace,
  type Profile,
  type QueryOutcome,
  stringifyValue,
  type TraceMode,
} from '#rego';
import type { Command, CommandContext } from '../../command.ts';
import { readText } from '../../files.ts';
import { bindingsTree, errorTree, faultTree, resultTree, tableText, valuesTree } from './answer.ts';
import { regoCliErrors } from './errors.ts';
import { indentJson, type JsonTree, prettyJson, RawJson } from './json-text.ts';
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
  usage: 'rego eval [-d PATH]... [-i FILE] [-f FORM] QUERY',
  details: [
    'Options and JSON are those of `opa eval`. An undefined answer is `{}`. Exit code 2: something could',
    'not be read, compiled or evaluated; 1: --fail or --fail-defined say so; else 0.',
  ].join('\n'),
  options: {
    ...documentOptions,
    format: {
      type: 'string',
      short: 'f',
      value: 'FORM',
      choices: ['json', 'pretty', 'values', 'bindings', 'raw', 'discard'],
      default: 'json',
      summary: 'form of the answer',
    },
    stdin: { type: 'boolean', summary: 'read the query from stdin' },
    fail: { type: 'boolean', summary: 'exit with 1 when the answer is undefined or an error' },
    'fail-defined': { type: 'boolean', summary: 'exit with 1 when the answer is defined' },
    'strict-builtin-errors': {
      type: 'boolean',
      summary: 'the first failing builtin ends the evaluation',
    },
    explain: {
      type: 'string',
      value: 'MODE',
      choices: ['off', 'full', 'notes', 'fails', 'debug'],
      default: 'off',
      summary: 'tell how the answer came about',
    },
    coverage: { type: 'boolean', summary: 'report which lines were evaluated' },
    metrics: { type: 'boolean', summary: 'report times and steps' },
    ...strictOptions,
    ...dialectOptions,
  },
  examples: [
    "katasim rego eval '1 + 2'",
    "katasim rego eval -d policy.rego -i request.json 'data.agent_policy.ExecProcessRequest'",
    "katasim rego eval -d . -f pretty 'some x in data.names'",
  ],
  operands: { min: 0, max: 1 },
  async run(context) {
    const query = await queryOf(context);
    const documents = await loadPaths(context);
    const input = await loadInput(context);
    const compiledAt = performance.now();
    const compiled = compileDocuments(context, documents, true);
    const compileNs = Math.round((performance.now() - compiledAt) * 1e6);
    if (!compiled.ok) {
      printErrors(context, compiled.errors.map(errorTree), errorsText(compiled.errors));
      return 2;
    }
    const { policy } = compiled;
    const { options } = context;
    const coverage = options.flag('coverage') ? new CoverageRecorder() : undefined;
    const explain = options.text('explain');
    const outcome = policy.query(query, {
      ...(input !== undefined && { input: { value: input } }),
      data: { value: documents.data },
      strict: options.flag('strict-builtin-errors'),
      signal: context.signal,
      nowNs: BigInt(Date.now()) * 1_000_000n,
      seed: Math.trunc(Math.random() * 2 ** 31),
      runtime: { env: context.environment },
      trace: explain !== 'off',
      ...(coverage !== undefined && { coverage }),
    });
    for (const line of outcome.prints) context.output.note(line);
    print(context, query, policy, outcome, {
      ...(explain !== 'off' && {
        explanation: formatTrace(outcome.trace ?? [], explain as TraceMode).split('\n'),
      }),
      ...(options.flag('metrics') && { metrics: metricsTree(outcome, compileNs) }),
      ...(coverage !== undefined && {
        coverage: new RawJson(JSON.stringify(coverage.report(policy.resolved))),
      }),
    });
    return exitCode(context, outcome);
  },
};

async function queryOf({ options, operands, stdin }: CommandContext): Promise<string> {
  const [query] = operands;
  if (options.flag('stdin')) return (await readText('-', stdin)).trim();
  if (query === undefined) throw regoCliErrors.noQuery();
  return query;
}

function exitCode({ options }: CommandContext, outcome: QueryOutcome): number {
  const defined = outcome.kind === 'value';
  if (options.flag('fail') && !defined) return 1;
  if (options.flag('fail-defined') && outcome.kind !== 'undefined') return 1;
  return outcome.kind === 'fault' ? 2 : 0;
}

const metricsTree = (outcome: QueryOutcome, compileNs: number): JsonTree => ({
  counter_eval_steps: outcome.metrics.steps,
  timer_rego_module_compile_ns: compileNs,
  timer_rego_query_eval_ns: outcome.metrics.evalNs,
});

function printErrors({ options, output }: CommandContext, errors: JsonTree[], text: string): void {
  if (options.text('format') === 'json') output.line(prettyJson({ errors }));
  else output.note(text);
}

function print(
  context: CommandContext,
  query: string,
  { profile }: CompiledPolicy,
  outcome: QueryOutcome,
  extras: Readonly<Record<string, JsonTree>>,
): void {
  const { options, output } = context;
  const format = options.text('format');
  if (format === 'json') {
    const result = resultTree(outcome, query, profile);
    const errors = outcome.kind === 'fault' ? [faultTree(outcome)] : undefined;
    output.line(prettyJson({ errors, result, ...extras }));
    return;
  }
  for (const text of extraLines(extras)) output.line(text);
  if (outcome.kind === 'fault') output.note(outcome.message);
  else if (format !== 'discard') output.line(answerText(format, query, profile, outcome));
}

function extraLines({
  explanation,
  metrics,
  coverage,
}: Readonly<Record<string, JsonTree>>): string[] {
  const lines: string[] = [];
  if (Array.isArray(explanation)) lines.push(...(explanation as readonly string[]));
  for (const tree of [metrics, coverage]) if (tree !== undefined) lines.push(prettyJson(tree));
  return lines;
}

function answerText(
  format: string | undefined,
  query: string,
  profile: Profile,
  outcome: Exclude<QueryOutcome, { kind: 'fault' }>,
): string {
  const rows = outcome.kind === 'value' ? outcome.rows : [];
  switch (format) {
    case 'values':
      return prettyJson(valuesTree(rows, profile));
    case 'bindings':
      return prettyJson(rows.map(({ bindings }) => bindingsTree(bindings, profile)));
    case 'raw':
      return rows
        .map(({ expressions }) =>
          expressions
            .map((value) => (typeof value === 'string' ? value : stringifyValue(value, profile)))
            .join(' '),
        )
        .join('\n');
    default: {
      const [only] = rows;
      if (only === undefined) return 'undefined';
      const [value] = only.expressions;
      const isPlain = rows.length === 1 && Object.keys(only.bindings).length === 0;
      return isPlain && only.expressions.length === 1 && value !== undefined
        ? indentJson(stringifyValue(value, profile))
        : tableText(rows, query, profile);
    }
  }
}
