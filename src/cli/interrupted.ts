/** The end by a signal of the system, and the exit code that tells of it. */
import { constants } from 'node:os';

/** The reason that a command's `signal` is aborted with. */
export class Interrupted extends Error {
  override readonly name = 'AbortError';
  readonly exitCode: number;

  constructor(name: NodeJS.Signals) {
    super(`interrupted by ${name}`);
    // As a shell reports a process that the signal ended: 130 for SIGINT, 143 for SIGTERM.
    this.exitCode = 128 + constants.signals[name];
  }
}

export function interruptedCode({ reason }: AbortSignal): number {
  return reason instanceof Interrupted ? reason.exitCode : new Interrupted('SIGINT').exitCode;
}
