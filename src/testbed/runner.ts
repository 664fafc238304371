/**
 * Runs a scenario: writes its files into a folder of its own, runs its steps one after the other and
 * stops at the first that fails. A failure shows its own phase only.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { KatasimError, messageOf, nearest } from '#base';
import { testbedErrors } from './errors.ts';
import type { Scenario, ScenarioLine } from './scenario.ts';

/** What a step leaves for the assertions that follow it. */
export interface StepResult {
  readonly stdout: string;
  readonly stderr: string;
  /** False: the answer was no. `!` in front of the step expects that. */
  readonly ok: boolean;
}

export interface ScenarioState {
  readonly directory: string;
  readonly variables: Map<string, string>;
  readonly signal: AbortSignal;
  /** The result of the last step that was no assertion. */
  last: StepResult;
  /** Text for the standard input of the next step. */
  stdin: string | undefined;
  /** Closed in reverse order when the scenario ends, however it ends. */
  readonly cleanup: (() => Promise<void>)[];
}

export interface Step {
  readonly usage: string;
  readonly summary: string;
  /** An assertion checks the last result; `negated` requires it not to hold. */
  run(
    state: ScenarioState,
    words: readonly string[],
    negated: boolean,
  ): Promise<StepResult | undefined> | StepResult | undefined;
}

export type StepTable = Readonly<Record<string, Step>>;

export interface ScenarioOutcome {
  readonly scenario: Scenario;
  readonly ok: boolean;
  /** For people: where and why, with the steps of the phase that failed. Empty when ok. */
  readonly report: readonly string[];
}

export interface RunOptions {
  readonly steps: StepTable;
  readonly signal: AbortSignal;
  readonly variables?: Readonly<Record<string, string>>;
}

/** A script that names a step which is not there is unreadable, like one with an open quote. */
export function checkSteps({ file, lines }: Scenario, steps: StepTable): void {
  for (const { line, words } of lines) stepOf(file, line, words[0]?.text, steps);
}

/** Throws before anything starts when a step is not there. */
export async function runScenario(
  scenario: Scenario,
  { steps, signal, variables = {} }: RunOptions,
): Promise<ScenarioOutcome> {
  checkSteps(scenario, steps);
  const directory = await mkdtemp(join(tmpdir(), 'katasim-scenario-'));
  const state: ScenarioState = {
    directory,
    variables: new Map([...Object.entries(variables), ['WORK', directory]]),
    signal,
    last: { stdout: '', stderr: '', ok: true },
    stdin: undefined,
    cleanup: [],
  };
  let report: readonly string[] = [];
  try {
    for (const [name, text] of scenario.files) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), text);
    }
    for (const line of scenario.lines) {
      signal.throwIfAborted();
      await runLine(scenario, line, steps, state);
    }
  } catch (error) {
    report = describeFailure(scenario, error, state);
  }
  report = [...report, ...(await cleanUp(state))];
  await rm(directory, { recursive: true, force: true });
  return { scenario, ok: report.length === 0, report };
}

class LineFailure extends Error {
  readonly line: ScenarioLine;
  constructor(line: ScenarioLine, cause: unknown) {
    super(messageOf(cause), { cause });
    this.line = line;
  }
}

async function runLine(
  scenario: Scenario,
  line: ScenarioLine,
  steps: StepTable,
  state: ScenarioState,
): Promise<void> {
  try {
    const [name = '', ...words] = line.words.map(({ text, literal }) =>
      literal ? text : expand(text, state.variables),
    );
    const step = stepOf(scenario.file, line.line, name, steps);
    const result = await step.run(state, words, line.negated);
    if (result === undefined) return;
    state.last = result;
    state.stdin = undefined;
    if (result.ok && line.negated) throw testbedErrors.unexpectedSuccess();
    if (!result.ok && !line.negated) throw testbedErrors.unexpectedFailure(result.stderr.trim());
  } catch (error) {
    throw new LineFailure(line, error);
  }
}

function stepOf(file: string, line: number, name = '', steps: StepTable): Step {
  const step = Object.hasOwn(steps, name) ? steps[name] : undefined;
  if (step !== undefined) return step;
  throw testbedErrors.unknownStep(file, line, name, nearest(name, Object.keys(steps)));
}

function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$([A-Za-z_][A-Za-z0-9_]*)/g,
    (match, name: string) => variables.get(name) ?? match,
  );
}

function describeFailure(
  scenario: Scenario,
  error: unknown,
  state: ScenarioState,
): readonly string[] {
  if (!(error instanceof LineFailure)) return [`${scenario.file}: ${messageOf(error)}`];
  const { line, cause } = error;
  const details = cause instanceof KatasimError ? [...cause.excerpt, ...hintOf(cause)] : [];
  const phase = scenario.lines.filter(
    (other) => other.phase === line.phase && other.line <= line.line,
  );
  return [
    `${scenario.file}:${line.line}: ${error.message}`,
    ...details.map((row) => `    ${row}`),
    `  # ${line.phase}`,
    ...phase.map((other) => `  ${other === line ? '>' : ' '} ${other.text}`),
    ...lastOutput(state.last),
  ];
}

function hintOf(error: KatasimError): readonly string[] {
  return error.hint === undefined ? [] : [error.hint];
}

function lastOutput({ stdout, stderr }: StepResult): readonly string[] {
  const quote = (name: string, text: string): readonly string[] =>
    text === ''
      ? []
      : [
          `  last ${name}:`,
          ...text
            .trimEnd()
            .split('\n')
            .map((row) => `  | ${row}`),
        ];
  return [...quote('stdout', stdout), ...quote('stderr', stderr)];
}

async function cleanUp(state: ScenarioState): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const close of [...state.cleanup].reverse()) {
    try {
      await close();
    } catch (error) {
      failures.push(`closing failed: ${messageOf(error)}`);
    }
  }
  return failures;
}
