/** How `policy test` can be called wrongly. All of these end with exit code 2. */
import { KatasimError } from '#base';

/** Names in a message. */
const NAMES_SHOWN = 4;

export const planErrors = {
  nothing: (operands: readonly string[]) =>
    new KatasimError('CLI_NO_CASES', `no test cases in ${operands.join(' ')}`, {
      hint: 'Pass a file of cases beside the policy, or a directory that holds both.',
    }),
  severalPolicies: (policies: readonly string[]) =>
    new KatasimError(
      'CLI_ONE_POLICY',
      `${policies.length} policies given: ${policies.join(', ')}`,
      {
        hint: 'Pass one policy; or a directory, where each file of cases takes the policy beside it.',
      },
    ),
  badPlan: (path: string) =>
    new KatasimError('CLI_PLAN', `${path} is not a list of policies and files of cases`, {
      hint: 'Write [{"policy": "policy.rego", "file": "cases.yaml"}].',
    }),
  planAndOperands: () =>
    new KatasimError('CLI_OPERANDS', '--plan and operands are mutually exclusive', {
      hint: 'The plan lists every policy and file of cases.',
    }),
  noCases: (directory: string) =>
    new KatasimError('CLI_NO_CASES', `no test cases below ${directory}`, {
      hint: 'Cases are testcases.json, *.testcases.json, cases.yaml, *.cases.yaml and *_test.rego.',
    }),
  noMatch: (pattern: string) =>
    new KatasimError('CLI_NO_CASES', `no file matches ${pattern}`, {
      hint: '** crosses directories; quote the pattern.',
    }),
  noPolicy: (file: string, names: readonly string[]) =>
    new KatasimError('CLI_NO_POLICY', `no policy beside ${file}`, {
      hint:
        names.length === 0
          ? 'Pass the policy, too, or put policy.rego beside the cases.'
          : `Pass one of ${names.slice(0, NAMES_SHOWN).join(', ')}, too.`,
    }),
};

export const testErrors = {
  updateMatrix: () =>
    new KatasimError('CLI_UPDATE', '--update takes one Kata release', {
      hint: 'Leave out --matrix and pass one --kata-version.',
    }),
  updateSome: () =>
    new KatasimError('CLI_UPDATE', '--update and --run are mutually exclusive', {
      hint: 'Leave out --run: the state of a case depends on those before it.',
    }),
  updateLog: (file: string) =>
    new KatasimError('CLI_UPDATE', `${file} is a log of an agent and cannot be updated`, {
      hint: '--update writes into testcases.json and cases in YAML.',
    }),
  noneMatches: ({ source }: RegExp, names: readonly string[]) =>
    new KatasimError(
      'CLI_NO_CASES',
      `--run ${JSON.stringify(source)} matches no case${names.length > 0 ? ` of ${names.length}` : ''}`,
      { hint: caseHint(names) },
    ),
  badPattern: (pattern: string, reason: string) =>
    new KatasimError('CLI_PATTERN', `--run ${JSON.stringify(pattern)}: ${reason}`, {
      hint: 'Pass a regular expression; quote it for the shell.',
    }),
};

function caseHint(names: readonly string[]): string {
  if (names.length === 0) return 'Leave out --run and add -v to list all cases.';
  const shown = names.slice(0, NAMES_SHOWN).map((name) => JSON.stringify(name));
  const more = names.length - shown.length;
  const rest = more > 0 ? `, and ${more} more; -v lists them` : '';
  return `Cases: ${shown.join(', ')}${rest}.`;
}
