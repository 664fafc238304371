/** The ends as a child process that carries out one order after another. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export type Load = 'small' | 'up' | 'down';

export interface Order {
  readonly address: string;
  readonly load: Load;
  readonly calls: number;
  readonly inFlight: number;
}

export interface Answer {
  readonly seconds: number;
  /** Of each call, in microseconds. */
  readonly timesUs: readonly number[];
}

/** Of one large request or answer. A shim copies files in pieces of this size. */
export const LARGE_BYTES = 1 << 20;

export class EndsProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;

  private constructor(socket: string) {
    this.#child = spawn(
      process.execPath,
      [...process.execArgv, join(import.meta.dirname, 'ends.ts'), socket],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    this.#lines = createInterface({ input: this.#child.stdout });
  }

  /** Settles once the agent's end listens on `socket`. */
  static async start(socket: string): Promise<EndsProcess> {
    const ends = new EndsProcess(socket);
    await once(ends.#lines, 'line');
    return ends;
  }

  async carryOut(order: Order): Promise<Answer> {
    const line = once(this.#lines, 'line');
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    const [answer] = (await line) as [string];
    return JSON.parse(answer) as Answer;
  }

  async close(): Promise<void> {
    const gone = once(this.#child, 'close');
    this.#child.stdin.end();
    await gone;
  }
}
