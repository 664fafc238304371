import {
  type CompiledPolicy,
  CoverageRecorder,
  findTests,
  fullName,
  runTest,
  type TestResult,
  type TestRule,
} from '#rego';
import type { Command, CommandContext } from '../../command.ts';
import { errorTree } from './answer.ts';
import { loadDocuments } from './documents.ts';
import { regoCliErrors } from './errors.ts';
import { prettyJson } from './json-text.ts';
import {
  compileDocuments,
  dialectOptions,
  errorsText,
  profileOf,
  strictOptions,
} from './options.ts';
import { jsonReport, prettyReport } from './test-report.ts';

export const command: Command = {
  usage: 'rego test [-v] [--run PATTERN] [-c] PATH...',
  details: [
    'A test passes when its rule is true; todo_test_ rules are skipped. Prints are shown for failures, or',
    'for all with -v. Exit code 1: a test failed, or coverage is below --threshold.',
  ].join('\n'),
  options: {
    verbose: { type: 'boolean', short: 'v', summary: 'show every test with what it printed' },
    run: {
      type: 'string',
      short: 'r',
      value: 'PATTERN',
      summary: 'only tests whose full name matches',
    },
    coverage: {
      type: 'boolean',
      short: 'c',
      summary: 'report coverage as JSON instead of results',
    },
    threshold: {
      type: 'string',
      value: 'PERCENT',
      summary: 'fail below this coverage; implies -c',
    },
    format: {
      type: 'string',
      short: 'f',
      value: 'FORM',
      choices: ['pretty', 'json'],
      default: 'pretty',
      summary: 'form of the results',
    },
    bundle: {
      type: 'boolean',
      short: 'b',
      summary: 'the paths are bundles; read the same way here',
    },
    ...strictOptions,
    ...dialectOptions,
  },
  examples: [
    'katasim rego test -v policy.rego policy_test.rego',
    'katasim rego test -c --threshold 80 .',
  ],
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { options, operands, output, stdin } = context;
    const documents = await loadDocuments(operands, stdin, {
      numbers: profileOf(context).numbers,
    });
    if (documents.modules.length === 0) throw regoCliErrors.noPolicy();
    const compiled = compileDocuments(context, documents, true);
    if (!compiled.ok) {
      if (options.text('format') === 'json') {
        output.line(prettyJson({ errors: compiled.errors.map(errorTree) }));
      } else output.note(errorsText(compiled.errors));
      return 1;
    }
    const tests = selected(context, findTests(compiled.policy));
    const threshold = options.count('threshold');
    const coverage =
      options.flag('coverage') || threshold !== undefined ? new CoverageRecorder() : undefined;
    const results = tests.map((rule) =>
      runTest(compiled.policy, rule, documents.data, {
        signal: context.signal,
        nowNs: BigInt(Date.now()) * 1_000_000n,
        ...(coverage !== undefined && { coverage }),
      }),
    );
    if (coverage !== undefined) {
      return reportCoverage(context, compiled.policy, coverage, results, threshold);
    }
    report(context, results);
    return results.some(({ status }) => status === 'FAIL' || status === 'ERROR') ? 1 : 0;
  },
};

function selected({ options }: CommandContext, tests: readonly TestRule[]): readonly TestRule[] {
  const pattern = options.text('run');
  if (pattern === undefined) return tests;
  let expression: RegExp;
  try {
    // The user's own pattern on the user's own machine.
    expression = new RegExp(pattern);
  } catch (error) {
    throw regoCliErrors.badPattern(pattern, (error as Error).message);
  }
  return tests.filter((rule) => expression.test(fullName(rule)));
}

function report({ options, output }: CommandContext, results: readonly TestResult[]): void {
  if (options.text('format') === 'json') output.line(jsonReport(results));
  else for (const line of prettyReport(results, options.flag('verbose'))) output.line(line);
}

function reportCoverage(
  { output }: CommandContext,
  policy: CompiledPolicy,
  recorder: CoverageRecorder,
  results: readonly TestResult[],
  threshold: number | undefined,
): number {
  const failing = results.filter(({ status }) => status === 'FAIL' || status === 'ERROR');
  if (failing.length > 0) {
    for (const line of prettyReport(failing, false)) output.note(line);
    return 1;
  }
  const coverage = recorder.report(policy.resolved);
  output.line(JSON.stringify(coverage, null, 2));
  if (threshold === undefined || coverage.coverage >= threshold) return 0;
  output.note(`coverage is ${coverage.coverage} %, the threshold ${threshold} %`);
  return 1;
}
