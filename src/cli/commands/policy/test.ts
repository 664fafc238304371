import { kataReleases, NEWEST_KATA_VERSION } from '#base';
import { kataProfile } from '#gate';
import { countRows, testReport } from '#policy/test';
import type { Command, CommandContext } from '../../command.ts';
import { corpusOptions } from '../../corpus-input.ts';
import { cliErrors } from '../../errors.ts';
import { printReport, reportForm, reportOption } from '../../report-output.ts';
import { runOrWatch, watchOption, type WatchedRun } from '../../watch.ts';
import { jobsFor, runJobs } from './test-jobs.ts';
import { printMatrix, suiteJson, SuitePrinter, summaryLine } from './test-output.ts';
import { planErrors, testErrors } from './test-errors.ts';
import { planSuites, readPlan, type PlannedSuite } from './test-plan.ts';
import { runSuite, type SuiteResult } from './test-suite.ts';

export const command: Command = {
  usage: 'policy test [OPTION]... [POLICY] CASES|DIRECTORY|PATTERN...',
  details: [
    'CASES is testcases.json of genpolicy, cases in YAML (docs/policy-testing.md), or Rego test_ rules in',
    '*_test.rego. State is carried from case to case. A directory is searched for cases; without POLICY each',
    'file takes the policy beside it. Operands may come in any order: what a file holds says what it is.',
    'Exit code 1: a case failed; 2: a file could not be read.',
  ].join('\n'),
  options: {
    run: { type: 'string', short: 'r', value: 'REGEX', summary: 'only cases whose name matches' },
    verbose: { type: 'boolean', short: 'v', summary: 'name the cases that pass, too' },
    update: {
      type: 'boolean',
      summary: 'write the verdicts that came into the files of cases; comments and layout stay',
    },
    'kata-version': {
      type: 'string',
      value: 'VERSION',
      multiple: true,
      summary: 'decide as this Kata release; several make a matrix',
    },
    matrix: { type: 'boolean', summary: 'every release that changed something for policies' },
    jobs: {
      type: 'string',
      short: 'j',
      value: 'N',
      summary: 'run files in so many processes (default: as many as pay)',
    },
    plan: {
      type: 'string',
      value: 'FILE',
      summary: 'pairs to test, as JSON: [{"policy": ..., "file": ...}]',
    },
    output: reportOption,
    watch: watchOption,
    ...corpusOptions,
  },
  examples: [
    'katasim policy test policy.rego testcases.json',
    'katasim policy test policies/ --run exec',
    'katasim policy test policy.rego cases.yaml -o junit > report.xml',
    'katasim policy test policy.rego testcases.json --kata-version 3.29.0 --kata-version 4.1.0',
  ],
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  run: (context) => runOrWatch(context, context.operands, () => runAll(context)),
};

async function runAll(context: CommandContext): Promise<WatchedRun> {
  const { options, output } = context;
  const versions = versionsOf(context);
  if (options.flag('update') && versions.length > 1) throw testErrors.updateMatrix();
  if (options.flag('update') && options.text('run') !== undefined) throw testErrors.updateSome();
  const form = options.text('output') ?? 'text';
  const plan = await planOf(context);
  const start = performance.now();
  const suites: SuiteResult[] = [];
  const printer = new SuitePrinter(context, versions.length > 1);
  const show = (suite: SuiteResult): void => {
    suites.push(suite);
    // A file of which --run leaves nothing is not named.
    if (form === 'text' && (run === undefined || suite.rows.length > 0)) printer.print(suite);
  };
  const jobs = jobsFor(plan, context);
  const run = patternOf(context);
  for (const version of versions) {
    const suiteOptions = { kata: kataProfile(version), run, update: options.flag('update') };
    if (jobs > 1) (await runJobs(plan, jobs, { version, run, context })).forEach(show);
    else {
      for (const planned of plan) {
        context.signal.throwIfAborted();
        show(await runSuite(planned, suiteOptions, context));
      }
    }
  }
  if (run !== undefined && suites.every(({ rows }) => rows.length === 0))
    throw testErrors.noneMatches(run, await caseNames(plan, context, versions[0]));
  const counts = countRows(suites);
  const reported = reportForm(context);
  if (reported !== undefined) await printReport(context, reported, testReport(suites));
  else if (form === 'json') output.json({ summary: counts, suites: suites.map(suiteJson) });
  else {
    if (versions.length > 1) printMatrix(suites, versions, context);
    output.line(summaryLine(counts, plan.length, performance.now() - start, context));
  }
  // In a matrix a policy that one release cannot load is an answer about that release.
  const isBroken = versions.length === 1 && suites.some(({ isBroken: broken }) => broken);
  const files = plan.flatMap(({ policy, file }) => [policy, file]);
  return { code: isBroken ? 2 : counts.failed > 0 ? 1 : 0, files };
}

async function planOf({ operands, options, stdin }: CommandContext) {
  const plan = options.text('plan');
  if (plan === undefined) {
    if (operands.length === 0) throw cliErrors.missingOperand('CASES', command.usage);
    return await planSuites(operands);
  }
  if (operands.length > 0) throw planErrors.planAndOperands();
  return await readPlan(plan, stdin);
}

function versionsOf({ options }: CommandContext): readonly string[] {
  const asked = options.list('kata-version');
  if (!options.flag('matrix')) return asked.length > 0 ? asked : [NEWEST_KATA_VERSION];
  const changed = kataReleases.map(({ since }) => since);
  return [...new Set([...changed, ...asked, NEWEST_KATA_VERSION])];
}

/** Cases that --run asks for; the user's own pattern on the user's own machine. */
function patternOf({ options }: CommandContext): RegExp | undefined {
  const pattern = options.text('run');
  try {
    return pattern === undefined ? undefined : new RegExp(pattern);
  } catch (error) {
    throw testErrors.badPattern(pattern ?? '', (error as Error).message);
  }
}

/** What --run could have asked for. */
async function caseNames(
  plan: readonly PlannedSuite[],
  context: CommandContext,
  version: string | undefined,
): Promise<readonly string[]> {
  const options = { kata: kataProfile(version), run: undefined, update: false };
  const names: string[] = [];
  for (const planned of plan) {
    if (planned.file === '-') continue;
    const { rows } = await runSuite(planned, options, context);
    names.push(...rows.map(({ name }) => name));
  }
  return names;
}
