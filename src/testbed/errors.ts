/** How a scenario can be wrong, or fail. */
import { KatasimError } from '#base';

const at = (file: string, line: number) => ({ location: { file, line } });

export const testbedErrors = {
  unknownStep: (file: string, line: number, step: string, near: string | undefined) =>
    new KatasimError('SCENARIO_UNKNOWN_STEP', `unknown step ${JSON.stringify(step)}`, {
      hint: near === undefined ? 'docs/scenarios.md lists the steps.' : `Did you mean ${near}?`,
      ...at(file, line),
    }),
  badQuote: (file: string, line: number) =>
    new KatasimError('SCENARIO_QUOTE', 'unclosed single quote', {
      hint: "Close it, or write '' for a quote inside quotes.",
      ...at(file, line),
    }),
  duplicateFile: (file: string, line: number, name: string) =>
    new KatasimError('SCENARIO_FILE', `duplicate file ${name}`, {
      hint: 'Give each file its own name.',
      ...at(file, line),
    }),
  badFileName: (file: string, line: number, name: string) =>
    new KatasimError(
      'SCENARIO_FILE',
      `the file name ${JSON.stringify(name)} points outside the folder`,
      {
        hint: 'Use a relative path without "..".',
        ...at(file, line),
      },
    ),
  usage: (usage: string) =>
    new KatasimError('SCENARIO_USAGE', `usage: ${usage}`, {
      hint: 'docs/scenarios.md shows every step.',
    }),
  unexpectedSuccess: () =>
    new KatasimError('SCENARIO_FAILED', 'the step succeeded, but `!` requires it to fail'),
  unexpectedFailure: (text: string) =>
    new KatasimError('SCENARIO_FAILED', `the step failed: ${text}`),
  exitCode: (expected: number, found: number | undefined, negated: boolean) =>
    new KatasimError(
      'SCENARIO_FAILED',
      negated
        ? `the exit code was ${expected}, but \`!\` forbids it`
        : `the exit code was ${found ?? 'none'}, not ${expected}`,
    ),
  notStopped: (name: string, timeoutMs: number) =>
    new KatasimError('SCENARIO_FAILED', `${name} did not end within ${timeoutMs} ms of SIGTERM`),
  missing: (path: string) => new KatasimError('SCENARIO_FAILED', `${path} does not exist`),
  notNegated: (usage: string) =>
    new KatasimError('SCENARIO_USAGE', '`!` is not allowed with this step', {
      hint: `Usage: ${usage}`,
    }),
  present: (path: string) => new KatasimError('SCENARIO_FAILED', `${path} still exists`),
  noMatch: (stream: string, pattern: string, text: string) =>
    new KatasimError('SCENARIO_FAILED', `${stream} does not match ${JSON.stringify(pattern)}`, {
      excerpt: [`${stream} was:`, ...text.split('\n').map((row) => `| ${row}`)],
    }),
  unexpectedMatch: (stream: string, pattern: string, text: string) =>
    new KatasimError('SCENARIO_FAILED', `${stream} matches ${JSON.stringify(pattern)}`, {
      excerpt: [`${stream} was:`, ...text.split('\n').map((row) => `| ${row}`)],
    }),
  differs: (left: string, right: string, excerpt: readonly string[]) =>
    new KatasimError('SCENARIO_FAILED', `${left} and ${right} differ`, { excerpt }),
};
