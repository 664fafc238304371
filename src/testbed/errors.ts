/** How a scenario can be wrong, or fail. */
import { KatasimError } from '#base';

const at = (file: string, line: number) => ({ location: { file, line } });

export const testbedErrors = {
  unknownStep: (file: string, line: number, step: string, near: string | undefined) =>
    new KatasimError('SCENARIO_UNKNOWN_STEP', `there is no step ${JSON.stringify(step)}`, {
      hint: near === undefined ? 'docs/scenarios.md lists the steps.' : `Did you mean ${near}?`,
      ...at(file, line),
    }),
  badQuote: (file: string, line: number) =>
    new KatasimError('SCENARIO_QUOTE', 'a single quote is not closed on this line', {
      hint: "Close it, or write '' for a quote inside quotes.",
      ...at(file, line),
    }),
  duplicateFile: (file: string, line: number, name: string) =>
    new KatasimError('SCENARIO_FILE', `the file ${name} stands here twice`, {
      hint: 'Give each file a name of its own.',
      ...at(file, line),
    }),
  badFileName: (file: string, line: number, name: string) =>
    new KatasimError('SCENARIO_FILE', `the file name ${JSON.stringify(name)} leaves the folder`, {
      hint: 'Use a relative path without "..".',
      ...at(file, line),
    }),
  usage: (usage: string) =>
    new KatasimError('SCENARIO_USAGE', `this step is written: ${usage}`, {
      hint: 'docs/scenarios.md shows every step.',
    }),
  unexpectedSuccess: () =>
    new KatasimError('SCENARIO_FAILED', 'the step succeeded, and `!` says that it must fail'),
  unexpectedFailure: (text: string) =>
    new KatasimError('SCENARIO_FAILED', `the step failed: ${text}`),
  exitCode: (wanted: number, found: number | undefined, negated: boolean) =>
    new KatasimError(
      'SCENARIO_FAILED',
      negated
        ? `the exit code was ${wanted}, and \`!\` says that it must not`
        : `the exit code was ${found ?? 'none'}, not ${wanted}`,
    ),
  notStopped: (name: string, timeoutMs: number) =>
    new KatasimError('SCENARIO_FAILED', `${name} did not end within ${timeoutMs} ms of SIGTERM`),
  missing: (path: string) => new KatasimError('SCENARIO_FAILED', `${path} is not there`),
  notNegated: (usage: string) =>
    new KatasimError('SCENARIO_USAGE', '`!` does not go with this step', {
      hint: `It is written: ${usage}`,
    }),
  present: (path: string) => new KatasimError('SCENARIO_FAILED', `${path} is still there`),
  noMatch: (stream: string, pattern: string, text: string) =>
    new KatasimError('SCENARIO_FAILED', `${stream} does not match ${JSON.stringify(pattern)}`, {
      excerpt: [`${stream} was:`, ...text.split('\n').map((row) => `| ${row}`)],
    }),
  unwantedMatch: (stream: string, pattern: string, text: string) =>
    new KatasimError('SCENARIO_FAILED', `${stream} matches ${JSON.stringify(pattern)}`, {
      excerpt: [`${stream} was:`, ...text.split('\n').map((row) => `| ${row}`)],
    }),
  differs: (left: string, right: string, excerpt: readonly string[]) =>
    new KatasimError('SCENARIO_FAILED', `${left} and ${right} differ`, { excerpt }),
};
