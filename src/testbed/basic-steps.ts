/** The steps that every scenario has: assertions on the last result, files, variables. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testbedErrors } from './errors.ts';
import { httpSteps } from './http-step.ts';
import type { ScenarioState, Step, StepTable } from './runner.ts';

const stdout = (state: ScenarioState): string => state.last.stdout;
const stderr = (state: ScenarioState): string => state.last.stderr;

function matchStep(stream: 'stdout' | 'stderr', read: (state: ScenarioState) => string): Step {
  const usage = `[!] ${stream} 'REGULAR EXPRESSION'`;
  return {
    usage,
    summary: `the last step's ${stream} matches (with !: does not match)`,
    run(state, [pattern, ...more], negated) {
      if (pattern === undefined || more.length > 0) throw testbedErrors.usage(usage);
      const text = read(state);
      const matches = new RegExp(pattern, 'm').test(text);
      if (matches === negated) {
        throw negated
          ? testbedErrors.unexpectedMatch(stream, pattern, text)
          : testbedErrors.noMatch(stream, pattern, text);
      }
      return undefined;
    },
  };
}

export const basicSteps: StepTable = {
  ...httpSteps,
  stdout: matchStep('stdout', stdout),
  stderr: matchStep('stderr', stderr),
  cmp: {
    usage: '[!] cmp stdout|stderr|FILE FILE',
    summary: 'both texts are equal; prints the first difference',
    async run(state, [left, right, ...more], negated) {
      if (left === undefined || right === undefined || more.length > 0) {
        throw testbedErrors.usage(this.usage);
      }
      const [a, b] = [await textOf(state, left), await textOf(state, right)];
      if ((a === b) === negated) {
        throw testbedErrors.differs(left, right, negated ? ['they are equal'] : difference(a, b));
      }
      return undefined;
    },
  },
  stdin: {
    usage: 'stdin FILE',
    summary: 'the next step reads this file as its standard input',
    async run(state, [file, ...more], negated) {
      if (negated) throw testbedErrors.notNegated(this.usage);
      if (file === undefined || more.length > 0) throw testbedErrors.usage(this.usage);
      state.stdin = await textOf(state, file);
      return undefined;
    },
  },
  set: {
    usage: "set NAME stdout|stderr 'REGULAR EXPRESSION WITH ONE GROUP'",
    summary: 'keeps a part of the last output as $NAME',
    run(state, [name, stream, pattern, ...more], negated) {
      if (negated) throw testbedErrors.notNegated(this.usage);
      const known = stream === 'stdout' || stream === 'stderr';
      if (name === undefined || !known || pattern === undefined || more.length > 0) {
        throw testbedErrors.usage(this.usage);
      }
      const text = state.last[stream];
      const found = new RegExp(pattern, 'm').exec(text)?.[1];
      if (found === undefined) throw testbedErrors.noMatch(stream, pattern, text);
      state.variables.set(name, found);
      return undefined;
    },
  },
};

async function textOf(state: ScenarioState, name: string): Promise<string> {
  if (name === 'stdout' || name === 'stderr') return state.last[name];
  return readFile(join(state.directory, name), 'utf8');
}

function difference(left: string, right: string): readonly string[] {
  const [a, b] = [left.split('\n'), right.split('\n')];
  const index = a.findIndex((row, at) => row !== b[at]);
  const line = index < 0 ? a.length : index;
  const show = (rows: readonly string[]): string => rows[line] ?? '(end of text)';
  return [`line ${line + 1}:`, `- ${show(a)}`, `+ ${show(b)}`];
}
