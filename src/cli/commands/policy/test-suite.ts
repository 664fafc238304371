/** One file of cases under one policy and one release: read, decided, and written back if asked. */
import { writeFile } from 'node:fs/promises';
import { KatasimError, systemClock } from '#base';
import { type KataProfile } from '#gate';
import {
  type CaseResult,
  rowOfCase,
  rowOfRule,
  runCases,
  runRules,
  type TestRow,
  type TestSuite,
  updateCases,
} from '#policy/test';
import type { CommandContext } from '../../command.ts';
import { readCorpusFile } from '../../corpus-input.ts';
import { cliErrors } from '../../errors.ts';
import { readText } from '../../files.ts';
import { readPolicyFile } from '../../policy-file.ts';
import { testErrors } from './test-errors.ts';
import type { PlannedSuite } from './test-plan.ts';

interface SuiteOptions {
  readonly kata: KataProfile;
  readonly run: RegExp | undefined;
  readonly update: boolean;
}

/** A suite that could not run has one failed row that says why. */
export interface SuiteResult extends TestSuite {
  readonly isBroken: boolean;
}

export async function runSuite(
  suite: PlannedSuite,
  options: SuiteOptions,
  context: CommandContext,
): Promise<SuiteResult> {
  const told = { ...suite, kataVersion: options.kata.version };
  try {
    return { ...told, rows: await rowsOf(suite, options, context), isBroken: false };
  } catch (error) {
    if (!(error instanceof KatasimError)) throw error;
    return { ...told, rows: [rowOfError(error, suite)], isBroken: true };
  }
}

async function rowsOf(
  { policy: policyFile, file }: PlannedSuite,
  options: SuiteOptions,
  context: CommandContext,
): Promise<readonly TestRow[]> {
  const { kata, run } = options;
  const policy = await readPolicyFile(policyFile, context, kata);
  const common = { clock: systemClock, ...(run !== undefined && { run }) };
  if (file.endsWith('_test.rego')) {
    if (policy.compiled !== undefined) throw cliErrors.compiledPolicy(policy.file);
    const tests = { text: await readText(file, context.stdin), file };
    return runRules(policy, tests, { ...common, signal: context.signal }).map(rowOfRule);
  }
  const corpus = await readCorpusFile(file, context);
  const results: CaseResult[] = [];
  for (const result of runCases(policy, corpus.entries, common)) {
    context.signal.throwIfAborted();
    results.push(result);
  }
  if (!options.update) return results.map(rowOfCase);
  return await written(file, corpus.format, results, context);
}

async function written(
  file: string,
  format: Parameters<typeof updateCases>[1],
  results: readonly CaseResult[],
  context: CommandContext,
): Promise<readonly TestRow[]> {
  if (format !== 'testcases' && format !== 'cases') throw testErrors.updateLog(file);
  const before = await readText(file, context.stdin);
  const { text, changed, left } = updateCases(before, format, results);
  if (changed > 0) {
    try {
      await writeFile(file, text);
    } catch (cause) {
      throw cliErrors.unwritable(file, cause);
    }
  }
  context.output.note(`${file}: ${changed} cases updated`);
  for (const [index, reason] of left) {
    context.output.note(`${file}: not updated: ${results[index]?.entry.note ?? ''}: ${reason}`);
  }
  return results.map((result, index) => {
    const row = rowOfCase(result);
    const isUpdated = row.status === 'failed' && !left.has(index);
    return isUpdated ? { ...row, status: 'passed', reasons: [] } : row;
  });
}

function rowOfError(error: KatasimError, { policy, file }: PlannedSuite): TestRow {
  const isPolicy = error.code.startsWith('POLICY_');
  return {
    name: isPolicy ? `${policy} can be loaded` : `${file} can be read`,
    status: 'failed',
    reasons: [error.message, ...(error.hint === undefined ? [] : [error.hint])],
    place: error.location ?? { file: isPolicy ? policy : file },
    durationMs: 0,
    explain: () => error.excerpt,
  };
}
