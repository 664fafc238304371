/**
 * A pid namespace: numbers and who has them. Source: pid_namespaces(7).
 */
import { SIGKILL } from './signals.ts';

interface Member {
  readonly pid: number;
  deliver(signal: number): void;
}

export class PidNamespace<P extends Member> {
  readonly processes = new Map<number, P>();
  init: P | undefined;
  #last = 0;

  next(): number {
    this.#last = this.#last >= 32767 ? 2 : this.#last + 1;
    while (this.processes.has(this.#last)) this.#last++;
    return this.#last;
  }

  remove(process: P): void {
    if (this.processes.get(process.pid) === process) this.processes.delete(process.pid);
  }

  /** What the kernel does when the namespace's init ends. */
  killAll(): void {
    for (const process of [...this.processes.values()]) process.deliver(SIGKILL);
  }
}
