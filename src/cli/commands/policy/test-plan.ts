/**
 * Which cases run against which policy. A policy that is named holds for every file of cases behind
 * it; without one each file takes the policy beside it: the one of the same name, `policy.rego`, or
 * the only one there is.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KatasimError } from '#base';
import { cliErrors } from '../../errors.ts';
import { filesBelow, filesMatching, isGlob } from '../../glob.ts';

export interface PlannedSuite {
  readonly policy: string;
  /** A file of cases, or `..._test.rego`. */
  readonly file: string;
}

/** What a directory is searched for. */
const CASES = /(^|\.)(testcases\.json|cases\.ya?ml)$|_test\.rego$/;
const isRules = (file: string): boolean => file.endsWith('_test.rego');
const isPolicy = (file: string): boolean => file.endsWith('.rego') && !isRules(file);
const isCases = (file: string): boolean => isRules(file) || /\.(jsonl?|ya?ml|txt|log)$/.test(file);

export async function planSuites(operands: readonly string[]): Promise<readonly PlannedSuite[]> {
  const suites: PlannedSuite[] = [];
  let named: string | undefined;
  for (const [index, operand] of operands.entries()) {
    const files = await filesOf(operand);
    // A name that says nothing is a policy when it stands in front.
    const isFirst = index === 0 && operands.length > 1 && files.length === 1;
    const [only = ''] = files;
    if (files.length === 1 && (isPolicy(only) || (isFirst && !isCases(only)))) {
      named = only;
      continue;
    }
    for (const file of files) suites.push({ file, policy: named ?? (await policyBeside(file)) });
  }
  if (suites.length === 0) throw planErrors.nothing(operands);
  return suites;
}

async function filesOf(operand: string): Promise<readonly string[]> {
  if (operand === '-') return ['-'];
  const found = await stat(operand).catch(() => undefined);
  if (found?.isDirectory() === true) {
    const files = (await filesBelow(operand)).filter((file) => CASES.test(basename(file)));
    if (files.length === 0) throw planErrors.noCases(operand);
    return files;
  }
  if (found !== undefined || !isGlob(operand)) return [operand];
  const files = await filesMatching(operand);
  if (files.length === 0) throw planErrors.noMatch(operand);
  return files;
}

async function policyBeside(file: string): Promise<string> {
  const directory = dirname(file);
  let names: readonly string[];
  try {
    names = (await readdir(directory)).filter(isPolicy);
  } catch (cause) {
    throw cliErrors.unreadable(directory, cause);
  }
  const stem = basename(file).replace(/(_test\.rego|\.testcases\.json|\.cases\.ya?ml)$/, '');
  const [only, ...others] = names;
  const found = [`${stem}.rego`, 'policy.rego'].find((name) => names.includes(name));
  const policy = found ?? (others.length === 0 ? only : undefined);
  if (policy === undefined) throw planErrors.noPolicy(file, names);
  return join(directory, policy);
}

const planErrors = {
  nothing: (operands: readonly string[]) =>
    new KatasimError('CLI_NO_CASES', `there are no cases in ${operands.join(' ')}`, {
      hint: 'Name a file of cases behind the policy, or a directory that holds both.',
    }),
  noCases: (directory: string) =>
    new KatasimError('CLI_NO_CASES', `there are no cases below ${directory}`, {
      hint: 'Cases are testcases.json, *.testcases.json, cases.yaml, *.cases.yaml and *_test.rego.',
    }),
  noMatch: (pattern: string) =>
    new KatasimError('CLI_NO_CASES', `no file matches ${pattern}`, {
      hint: '** crosses directories; quote the pattern.',
    }),
  noPolicy: (file: string, names: readonly string[]) =>
    new KatasimError('CLI_NO_POLICY', `there is no policy for ${file}`, {
      hint:
        names.length === 0
          ? 'Name the policy in front, or put policy.rego beside the cases.'
          : `Name one of ${names.slice(0, 4).join(', ')} in front.`,
    }),
};
