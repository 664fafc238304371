/** A server under measurement, as a child process that answers questions about itself. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export class ServerProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  /** Keeps what is said before anyone asks: servers start at their own pace. */
  readonly #lines: AsyncIterator<string, undefined>;

  constructor(name: string) {
    this.#child = spawn(
      process.execPath,
      [
        '--expose-gc',
        '--conditions=source',
        '--import=tsx',
        join(import.meta.dirname, 'server.ts'),
        name,
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done !== true) return next.value;
    throw new Error(`the server ended with ${this.#child.exitCode ?? 'a signal'}`);
  }

  async ask(question: 'cpu' | 'memory'): Promise<number> {
    const answer = this.line();
    this.#child.stdin.write(`${question}\n`);
    return Number(await answer);
  }

  stop(): void {
    this.#child.stdin.end();
  }
}
