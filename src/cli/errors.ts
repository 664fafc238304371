/** How a command line can be wrong. All of these end with exit code 2. */
import { fileErrors, KatasimError, type ErrorLocation } from '#base';

export const cliErrors = {
  unknownCommand: (name: string, near: string | undefined) =>
    new KatasimError('CLI_UNKNOWN_COMMAND', `unknown command ${JSON.stringify(name)}`, {
      hint:
        near === undefined
          ? '`katasim --help` lists the commands.'
          : `Did you mean \`katasim ${near}\`?`,
    }),
  unknownOption: (name: string, near: string | undefined) =>
    new KatasimError('CLI_UNKNOWN_OPTION', `unknown option ${name}`, {
      hint: near === undefined ? 'Add --help to see the options.' : `Did you mean --${near}?`,
    }),
  noValueExpected: (name: string) =>
    new KatasimError('CLI_VALUE', `${name} takes no value`, {
      hint: `Write ${name} without a value.`,
    }),
  valueMissing: (name: string, value: string | undefined) =>
    new KatasimError('CLI_VALUE', `${name} needs a value`, {
      hint: `Write ${name} ${value ?? 'VALUE'}.`,
    }),
  badChoice: (name: string, value: string, choices: readonly string[]) =>
    new KatasimError('CLI_VALUE', `invalid value ${JSON.stringify(value)} for --${name}`, {
      hint: `Accepted: ${choices.join(', ')}.`,
    }),
  badNumber: (name: string, value: string, min: number) =>
    new KatasimError('CLI_VALUE', `invalid value ${JSON.stringify(value)} for --${name}`, {
      hint: `Pass a whole number of at least ${min}.`,
    }),
  operandCount: (usage: string, given: number) =>
    new KatasimError('CLI_OPERANDS', operandText(given), {
      hint: `Usage: katasim ${usage}`,
    }),
  missingOperand: (name: string, usage: string) =>
    new KatasimError('CLI_OPERANDS', `missing operand ${name}`, {
      hint: `Usage: katasim ${usage}`,
    }),
  ...fileErrors,
  tooLarge: (path: string, size: number, max: number) =>
    new KatasimError('CLI_TOO_LARGE', `${path} has ${size} bytes, the limit is ${max}`, {
      hint: 'Pass a smaller file.',
    }),
  corpusTooLarge: (location: ErrorLocation, size: number, max: number) =>
    new KatasimError('CLI_TOO_LARGE', `the limit of ${max} bytes is reached here, of ${size}`, {
      location,
      hint: `Split the file, or raise the limit: --max-bytes ${size}.`,
    }),
  stdinTwice: () =>
    new KatasimError('CLI_VALUE', 'standard input is named twice', {
      hint: 'It can be read once: pass a file for one of them.',
    }),
  notUtf8: (
    path: string,
    place: { readonly line: number; readonly column: number },
    encoding: string | undefined,
  ) =>
    new KatasimError(
      'CLI_NOT_UTF8',
      `this is not UTF-8 text${encoding === undefined ? '' : `, it is ${encoding}`}`,
      {
        location: { file: path === '-' ? '<stdin>' : path, ...place },
        hint: 'Convert it to UTF-8 without a byte order mark.',
      },
    ),
  notBoth: (one: string, other: string) =>
    new KatasimError('CLI_VALUE', `--${one} and --${other} are mutually exclusive`, {
      hint: 'Pass one of them.',
    }),
  notInPlace: () =>
    new KatasimError('CLI_VALUE', 'standard input cannot be overwritten', {
      hint: 'Leave out -w: the result is printed.',
    }),
  cannotWatch: () =>
    new KatasimError('CLI_WATCH', 'standard input cannot be watched', {
      hint: 'Pass files, or leave out --watch.',
    }),
  badConfig: (path: string, reason: string) =>
    new KatasimError('CLI_CONFIG', `${path}: ${reason}`, {
      hint: 'A config file is a YAML mapping from option names to values.',
    }),
  badDuration: (name: string, value: string) =>
    new KatasimError('CLI_VALUE', `invalid value ${JSON.stringify(value)} for --${name}`, {
      hint: 'Write a duration such as 500ms, 30s or 5m.',
    }),
  unknownMethod: (name: string, near: string | undefined) =>
    new KatasimError('CLI_UNKNOWN_METHOD', `the agent has no method ${JSON.stringify(name)}`, {
      hint:
        near === undefined ? '`katasim call --list` names all of them.' : `Did you mean ${near}?`,
    }),
  unknownSignal: (name: string, near: string | undefined) =>
    new KatasimError('CLI_VALUE', `unknown signal ${JSON.stringify(name)}`, {
      hint: near === undefined ? 'Write SIGTERM, TERM or 15.' : `Did you mean ${near}?`,
    }),
  badAssignment: (word: string) =>
    new KatasimError('CLI_ARGUMENT', `invalid argument ${JSON.stringify(word)}`, {
      hint: 'Write json://{...}, file:///request.json, or name=value; bytes as data=hex:68690a.',
    }),
  badCall: (text: string, at: number) =>
    new KatasimError('CLI_ARGUMENT', `a quote is not closed in ${JSON.stringify(text)}`, {
      hint: `Look at character ${at + 1}.`,
    }),
  onePolicy: (file: string, count: number) =>
    new KatasimError('CLI_ONE_POLICY', `${file} holds ${count} policies`, {
      hint: 'Pass a file with one policy, or the one annotation value.',
    }),
  requests: (file: string) =>
    new KatasimError('CLI_NO_POLICY', `${file} holds requests, not a policy`, {
      hint: 'Pass the policy first, then the requests.',
    }),
  compiledPolicy: (file: string) =>
    new KatasimError('CLI_COMPILED_POLICY', `${file} is a compiled policy without Rego text`, {
      hint: 'Pass the Rego text that it was built from.',
    }),
  onePod: (count: number) =>
    new KatasimError('CLI_ONE_POD', `the manifest holds ${count} pods`, {
      hint: 'Start all of them with --detach, or choose one with --pod NAME.',
    }),
  noManifests: (directory: string, count: number) =>
    new KatasimError(
      'CLI_NO_MANIFESTS',
      count === 0
        ? `${directory}: no .json, .yaml or .yml file`
        : `${directory}: ${count} manifests`,
      { hint: 'Pass a manifest, or a directory of manifests.' },
    ),
  noSuchPod: (name: string, known: readonly string[]) =>
    new KatasimError('CLI_NO_SUCH_POD', `the manifest holds no pod ${JSON.stringify(name)}`, {
      hint: `Its pods: ${known.join(', ')}.`,
    }),
  badPolicyAnnotation: (key: string) =>
    new KatasimError('CLI_POLICY_ANNOTATION', `annotation ${key} holds no Rego that parses`, {
      hint: 'The place above is in the decoded policy; `katasim policy check` finds the same.',
    }),
  notRunning: (name: string, phase: string) =>
    new KatasimError(
      'CLI_NOT_RUNNING',
      `cannot exec into a container in a completed pod; current phase is ${phase}`,
      { hint: `\`katasim logs ${name}\` still shows what it said.` },
    ),
  noPolicyLog: () =>
    new KatasimError('CLI_POLICY_LOG', '--policy-log needs the pod VM in this process', {
      hint: 'Leave out --isolate process.',
    }),
  noCommand: () =>
    new KatasimError('CLI_OPERANDS', 'you must specify at least one command for the container', {
      hint: 'Usage: katasim exec POD -- COMMAND [ARGUMENT]...',
    }),
  noContainer: (name: string, known: readonly string[]) =>
    new KatasimError('CLI_NO_CONTAINER', `container ${name} is not valid for this pod`, {
      hint: `Its containers: ${known.join(', ')}.`,
    }),
  unknownKind: (kind: string) =>
    new KatasimError('CLI_KIND', `there is no resource type ${JSON.stringify(kind)}`, {
      hint: 'Write pods, or pod and a name.',
    }),
  badJson: (path: string, reason: string) =>
    new KatasimError('CLI_JSON', `${path} is not JSON: ${reason}`, {
      hint: 'Pass one JSON document.',
    }),
};

function operandText(given: number): string {
  if (given === 0) return 'missing operand';
  return given === 1
    ? 'unexpected number of operands: 1'
    : `unexpected number of operands: ${given}`;
}
