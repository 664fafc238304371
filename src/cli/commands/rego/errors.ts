/** How the input of a `rego` command can be wrong. All of these end with exit code 2. */
import { KatasimError } from '#base';

export const regoCliErrors = {
  unknownExtension: (path: string) =>
    new KatasimError('CLI_REGO_FILE', `${path} is neither a policy nor a document`, {
      hint: 'Give .rego, .json, .yaml or .yml files, or folders of them.',
    }),
  badYaml: (path: string, reason: string) =>
    new KatasimError('CLI_REGO_YAML', `${path} is not YAML: ${reason.split('\n')[0] ?? reason}`, {
      hint: 'Give one YAML document.',
    }),
  notAnObject: (path: string) =>
    new KatasimError('CLI_REGO_DATA', `${path} holds no object, which data must be`, {
      hint: `Put it below a name: -d some.name:${path}`,
    }),
  mergeConflict: (path: string, at: readonly string[]) =>
    new KatasimError(
      'CLI_REGO_MERGE',
      `${path} says again what data${at.map((part) => `.${part}`).join('')} is`,
      {
        hint: 'Two documents may only be merged where both are objects.',
      },
    ),
  noPolicy: () =>
    new KatasimError('CLI_REGO_POLICY', 'no policy was given', {
      hint: 'Name .rego files or folders.',
    }),
  noQuery: () =>
    new KatasimError('CLI_REGO_QUERY', 'no query was given', {
      hint: "Write one as the operand, such as 'data.agent_policy.ExecProcessRequest', or use --stdin.",
    }),
  unknownKata: (version: string, newest: string) =>
    new KatasimError('CLI_VALUE', `--kata-version cannot be ${JSON.stringify(version)}`, {
      hint: `Give a release from 3.2.0 on, such as ${newest}.`,
    }),
  twoInputs: () =>
    new KatasimError('CLI_REGO_INPUT', 'the input is given twice', {
      hint: 'Use either --input or --stdin-input.',
    }),
  badPattern: (pattern: string, reason: string) =>
    new KatasimError(
      'CLI_VALUE',
      `--run ${JSON.stringify(pattern)} is no regular expression: ${reason}`,
      {
        hint: 'It is matched against names such as data.agent_policy.test_exec.',
      },
    ),
  noTests: () =>
    new KatasimError('CLI_REGO_TEST', 'the policies have no tests', {
      hint: 'A test is a rule whose name starts with test_.',
    }),
};
