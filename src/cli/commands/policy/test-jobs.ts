/**
 * Files of cases in several processes. A process takes about half a second of processor time until
 * its code runs fast: 8 files of 124 requests take 2.7 s in one and 3.6 s in two, which on two
 * processors is still a third less to wait; of fewer files nothing is left to gain.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import type { TestRow } from '#policy/test';
import type { CommandContext } from '../../command.ts';
import type { SuiteJson } from './test-output.ts';
import type { PlannedSuite } from './test-plan.ts';
import type { SuiteResult } from './test-suite.ts';

const MIN_FILES = 8;

/** How many processes to use: as asked, or as many as pay. */
export function jobsFor(plan: readonly PlannedSuite[], { options }: CommandContext): number {
  const asked = options.count('jobs', 1);
  // Standard input can be read once.
  const canSplit = plan.every(({ policy, file }) => policy !== '-' && file !== '-');
  if (options.flag('update') || !canSplit) return 1;
  const wanted = asked ?? (plan.length < MIN_FILES ? 1 : availableParallelism());
  return Math.min(wanted, plan.length);
}

/** The results in the order of the plan. */
export async function runJobs(
  plan: readonly PlannedSuite[],
  jobs: number,
  {
    version,
    run,
    context,
  }: {
    readonly version: string;
    /** Rows are chosen here: a process of which nothing is left has no answer of its own. */
    readonly run: RegExp | undefined;
    readonly context: CommandContext;
  },
): Promise<readonly SuiteResult[]> {
  // Neighbours are likely to be alike: dealt out in turns, every process gets some of each.
  const hands = Array.from({ length: jobs }, (_, job) =>
    plan.flatMap((suite, index) => (index % jobs === job ? [{ suite, index }] : [])),
  );
  const results = await Promise.all(
    hands.map(async (hand) => {
      const suites = await runProcess(
        hand.map(({ suite }) => suite),
        version,
        context,
      );
      return suites.map((result, at) => ({ result, index: hand[at]?.index ?? 0 }));
    }),
  );
  return results
    .flat()
    .sort((a, b) => a.index - b.index)
    .map(({ result }) => (run === undefined ? result : matching(result, run)));
}

const matching = (result: SuiteResult, run: RegExp): SuiteResult =>
  result.isBroken ? result : { ...result, rows: result.rows.filter(({ name }) => run.test(name)) };

async function runProcess(
  suites: readonly PlannedSuite[],
  version: string,
  { options, signal }: CommandContext,
): Promise<readonly SuiteResult[]> {
  const maxBytes = options.text('max-bytes');
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv,
      process.argv[1] ?? '',
      ...['policy', 'test', '-o', 'json', '--jobs', '1', '--kata-version', version],
      ...(maxBytes === undefined ? [] : ['--max-bytes', maxBytes]),
      ...(options.flag('keep-going') ? ['--keep-going'] : []),
      ...['--plan', '-'],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'], signal },
  );
  // A process that ends early says why by itself.
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(suites));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [answer, code] = await Promise.all([text(child.stdout), ended]);
  if (code === null || code > 2)
    throw new Error(`a process of policy test ended with ${code ?? 'a signal'}`);
  const { suites: rows } = JSON.parse(answer) as { readonly suites: readonly SuiteJson[] };
  return rows.map(resultOf);
}

/** The other side of `suiteJson`. */
function resultOf({ file, policy, kataVersion, broken, cases }: SuiteJson): SuiteResult {
  const rows = cases.map(({ explanation = [], ...row }): TestRow => ({
    ...row,
    explain: () => explanation,
  }));
  return { file, policy, kataVersion, rows, isBroken: broken };
}
