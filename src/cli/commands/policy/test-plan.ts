/**
 * Which cases run against which policy. Operands are told apart by what they hold, never by their
 * order: a policy that is named holds for every file of cases; without one each file takes the policy
 * beside it: the one of the same name, `policy.rego`, or the only one there is.
 */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isPolicyFile } from '#policy/source';
import { cliErrors } from '../../errors.ts';
import { readText } from '../../files.ts';
import { filesBelow, filesMatching, isGlob } from '../../glob.ts';
import { planErrors } from './test-errors.ts';

export interface PlannedSuite {
  readonly policy: string;
  /** A file of cases, or `..._test.rego`. */
  readonly file: string;
}

/** What a directory is searched for. */
const CASES = /(^|\.)(testcases\.json|cases\.ya?ml)$|_test\.rego$/;
const isRules = (file: string): boolean => file.endsWith('_test.rego');
const isPolicyName = (file: string): boolean => file.endsWith('.rego') && !isRules(file);

export async function planSuites(operands: readonly string[]): Promise<readonly PlannedSuite[]> {
  const policies: string[] = [];
  const cases: string[] = [];
  for (const operand of operands.filter((one) => one !== '-')) {
    for (const { file, isPolicy } of await filesOf(operand)) {
      (isPolicy ? policies : cases).push(file);
    }
  }
  // Standard input is whichever of the two is not named.
  const stdin = operands.filter((one) => one === '-');
  if (stdin.length > 1) throw cliErrors.stdinTwice();
  if (stdin.length > 0) (policies.length === 0 && cases.length > 0 ? policies : cases).push('-');
  const [policy, ...others] = policies;
  if (others.length > 0) throw planErrors.severalPolicies(policies);
  if (cases.length === 0) throw planErrors.nothing(operands);
  const suites: PlannedSuite[] = [];
  for (const file of cases) suites.push({ file, policy: policy ?? (await policyBeside(file)) });
  return suites;
}

/** Pairs that are written out: `[{"policy": "a.rego", "file": "cases.yaml"}]`. */
export async function readPlan(
  path: string,
  stdin: NodeJS.ReadStream,
): Promise<readonly PlannedSuite[]> {
  const text = await readText(path, stdin);
  let plan: unknown;
  try {
    plan = JSON.parse(text);
  } catch (error) {
    throw cliErrors.badJson(path, error instanceof Error ? error.message : String(error));
  }
  const isPair = (one: unknown): one is PlannedSuite =>
    typeof (one as Partial<PlannedSuite> | null)?.policy === 'string' &&
    typeof (one as Partial<PlannedSuite>).file === 'string';
  if (!Array.isArray(plan) || !plan.every(isPair)) throw planErrors.badPlan(path);
  return plan;
}

interface NamedFile {
  readonly file: string;
  readonly isPolicy: boolean;
}

async function filesOf(operand: string): Promise<readonly NamedFile[]> {
  const found = await stat(operand).catch(() => undefined);
  if (found?.isDirectory() === true) {
    const files = (await filesBelow(operand)).filter((file) => CASES.test(basename(file)));
    if (files.length === 0) throw planErrors.noCases(operand);
    return files.map((file) => ({ file, isPolicy: false }));
  }
  if (found !== undefined || !isGlob(operand)) return [await named(operand)];
  const files = await filesMatching(operand);
  if (files.length === 0) throw planErrors.noMatch(operand);
  return await Promise.all(files.map(named));
}

/** Bytes that say what a file is. */
const HEAD = 65_536;

async function named(file: string): Promise<NamedFile> {
  if (isRules(file)) return { file, isPolicy: false };
  const head = Buffer.alloc(HEAD);
  try {
    await using handle = await open(file);
    const { bytesRead } = await handle.read(head, 0, HEAD, 0);
    return { file, isPolicy: isPolicyName(file) || isPolicyFile(head.subarray(0, bytesRead)) };
  } catch {
    // Whoever reads all of it says what is wrong.
    return { file, isPolicy: isPolicyName(file) };
  }
}

async function policyBeside(file: string): Promise<string> {
  if (file === '-') throw cliErrors.missingOperand('POLICY', 'policy test POLICY -');
  const directory = dirname(file);
  let names: readonly string[];
  try {
    names = (await readdir(directory)).filter(isPolicyName);
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
