/** Other people's programs as child processes: run to their end, or kept until they are stopped. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;
/** For a program to come up, or to say what it is asked for. */
const LINE_TIMEOUT_MS = 60_000;
const MAX_OUTPUT = 64 << 20;

/** Runs to the end, whatever its exit code; rejects when there is no such program or it takes too long. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const [program = '', ...args] = argv;
  const { input, cwd, timeoutMs = TIMEOUT_MS } = options;
  return new Promise((resolve, reject) => {
    const settings = { cwd, timeout: timeoutMs, maxBuffer: MAX_OUTPUT, encoding: 'utf8' as const };
    const child = execFile(program, args, settings, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else
        reject(error?.killed === true ? new Error(`${argv.join(' ')}: too slow`) : asError(error));
    });
    child.stdin?.on('error', () => undefined).end(input ?? '');
  });
}

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error));

/** Its output; rejects with what it said when it fails. */
export async function output(argv: readonly string[], options?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await run(argv, options);
  if (code === 0) return stdout;
  throw new Error(`${argv.join(' ')}: exit code ${code}: ${(stderr + stdout).trim()}`);
}

export async function has(program: string): Promise<boolean> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      await access(join(directory, program), constants.X_OK);
      return true;
    } catch {
      // Perhaps in the next one.
    }
  }
  return false;
}

/** A program that stays until it is disposed of. */
export class Background {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly lines: string[] = [];
  #error = '';

  constructor(argv: readonly string[], options: { readonly cwd?: string } = {}) {
    const [program = '', ...args] = argv;
    this.#child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = once(this.#child, 'close').catch(() => undefined);
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.lines.push(line));
    }
    this.#child.stderr?.on('data', (data: Buffer) => (this.#error += data.toString()));
  }

  /** What it has said on stderr so far. */
  get stderr(): string {
    return this.#error;
  }

  /** A line of stdout, or an error with what it said instead. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      await this.#next(this.#child.stdout, `without a line like ${String(pattern)}`);
    }
  }

  async errorLine(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#error)) {
      await this.#next(this.#child.stderr, `without saying ${String(pattern)}`);
    }
  }

  async #next(stream: NodeJS.ReadableStream | null, otherwise: string): Promise<void> {
    const failure = (how: string): Error =>
      new Error(`${this.#child.spawnargs.join(' ')} ${how}: ${this.#error.trim()}`);
    const giveUp = new AbortController();
    const data = once(stream ?? this.#child, 'data', { signal: giveUp.signal });
    const ended = this.#ended.then(() => Promise.reject(failure(`ended ${otherwise}`)));
    const timer = setTimeout(() => giveUp.abort(), LINE_TIMEOUT_MS);
    try {
      await Promise.race([data, ended]);
    } catch (error) {
      throw giveUp.signal.aborted ? failure(`goes on ${otherwise}`) : error;
    } finally {
      clearTimeout(timer);
      giveUp.abort();
      data.catch(() => undefined);
      ended.catch(() => undefined);
    }
  }

  /** Its exit code, once it has ended by itself. */
  async ended(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}
