/** A server under measurement, as a child process that answers questions about itself. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export class ServerProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;

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
    this.#lines = createInterface({ input: this.#child.stdout });
  }

  async line(): Promise<string> {
    const [line] = (await once(this.#lines, 'line')) as [string];
    return line;
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
