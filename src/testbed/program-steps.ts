/**
 * Steps that run a program, normally katasim itself, as a process of its own: to its end, or in the
 * background until it is stopped.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { once } from 'node:events';
import { testbedErrors } from './errors.ts';
import type { ScenarioState, StepResult, StepTable } from './runner.ts';

export interface ProgramOptions {
  /** The words in front of a step's own: an interpreter and its script, for example. */
  readonly program: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** After SIGTERM; then the program is killed and the step fails. */
const STOP_TIMEOUT_MS = 5000;

class Background {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<number>;

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on('data', (data: Buffer) => (this.stdout += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (this.stderr += data.toString()));
    this.ended = new Promise((settle, fail) => {
      child.once('error', fail);
      // A program that does not read its input to the end is free to do so.
      child.stdin?.on('error', () => undefined);
      child.once('close', (code, signal) => settle(code ?? (signal === null ? 0 : 128)));
    });
    // Whoever waits for the end sees a failure; a background program may be left to its stop.
    this.ended.catch(() => undefined);
  }

  async firstLine(): Promise<boolean> {
    while (!this.stdout.includes('\n')) {
      const data = this.child.stdout && once(this.child.stdout, 'data').then(() => true);
      const more = await Promise.race([data, this.ended.then(() => false)]);
      if (more !== true) return this.stdout.includes('\n');
    }
    return true;
  }

  async stop(): Promise<number | undefined> {
    this.child.kill('SIGTERM');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((settle) => {
      timer = setTimeout(() => settle(undefined), STOP_TIMEOUT_MS);
    });
    const code = await Promise.race([this.ended, late]);
    clearTimeout(timer);
    if (code === undefined) this.child.kill('SIGKILL');
    return code;
  }

  result(ok: boolean): StepResult {
    return { stdout: this.stdout, stderr: this.stderr, ok };
  }
}

export function programSteps({ program, environment }: ProgramOptions): StepTable {
  const running = new WeakMap<ScenarioState, Map<string, Background>>();
  const codes = new WeakMap<ScenarioState, number>();
  const start = (state: ScenarioState, words: readonly string[]): Background => {
    const [command = '', ...rest] = program;
    const child = spawn(command, [...rest, ...words], {
      cwd: state.directory,
      env: { ...environment, NO_COLOR: '1' },
      stdio: [state.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      signal: state.signal,
    });
    const background = new Background(child);
    child.stdin?.end(state.stdin);
    return background;
  };
  return {
    katasim: {
      usage: 'katasim WORD...',
      summary: 'runs katasim to its end; fails when the exit code is not 0',
      async run(state, words) {
        const background = start(state, words);
        const code = await background.ended;
        codes.set(state, code);
        return background.result(code === 0);
      },
    },
    exit: {
      usage: '[!] exit CODE',
      summary: 'the last `katasim` ended with this exit code',
      run(state, [expected, ...more], negated) {
        if (!/^\d+$/.test(expected ?? '') || more.length > 0) throw testbedErrors.usage(this.usage);
        const code = codes.get(state);
        const holds = code === Number(expected);
        if (holds === negated) throw testbedErrors.exitCode(Number(expected), code, negated);
        return undefined;
      },
    },
    start: {
      usage: 'start NAME WORD...',
      summary: 'starts katasim in the background and waits for its first line on stdout',
      async run(state, [name, ...words]) {
        if (name === undefined) throw testbedErrors.usage(this.usage);
        const background = start(state, words);
        const named = running.get(state) ?? new Map<string, Background>();
        running.set(state, named.set(name, background));
        state.cleanup.push(async () => {
          if (background.child.exitCode === null) await background.stop();
        });
        return background.result(await background.firstLine());
      },
    },
    stop: {
      usage: 'stop NAME',
      summary:
        'asks a background katasim to end (SIGTERM); fails when it ends with another code than 0',
      async run(state, [name, ...more]) {
        const background = running.get(state)?.get(name ?? '');
        if (background === undefined || more.length > 0) throw testbedErrors.usage(this.usage);
        const code = await background.stop();
        if (code === undefined) throw testbedErrors.notStopped(name ?? '', STOP_TIMEOUT_MS);
        return background.result(code === 0);
      },
    },
    wait: {
      usage: '[!] wait NAME',
      summary: 'waits until a background katasim ends by itself; fails when its code is not 0',
      async run(state, [name, ...more]) {
        const background = running.get(state)?.get(name ?? '');
        if (background === undefined || more.length > 0) throw testbedErrors.usage(this.usage);
        const code = await background.ended;
        codes.set(state, code);
        return background.result(code === 0);
      },
    },
    absent: {
      usage: '[!] absent FILE',
      summary: 'there is no such file, socket or folder',
      async run(state, [file, ...more], negated) {
        if (file === undefined || more.length > 0) throw testbedErrors.usage(this.usage);
        const path = resolve(state.directory, file);
        const present = await access(path).then(
          () => true,
          () => false,
        );
        if (present !== negated)
          throw negated ? testbedErrors.missing(path) : testbedErrors.present(path);
        return undefined;
      },
    },
  };
}
