/** What the peers found: a line for each check, at once, and a count at the end. */
import { messageOf } from '#base';

type Verdict = 'passed' | 'failed' | 'skipped';

/** Thrown by a check that cannot be made here; the reason is told, and nothing has failed. */
export class Skipped extends Error {}

export class Report {
  readonly counts: Record<Verdict, number> = { passed: 0, failed: 0, skipped: 0 };
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** Runs one check. What it returns is a figure or a fact worth reading. Never rejects. */
  async check(name: string, action: () => Promise<string | undefined>): Promise<void> {
    try {
      this.tell('passed', name, await action());
    } catch (error) {
      this.tell(error instanceof Skipped ? 'skipped' : 'failed', name, messageOf(error));
    }
  }

  tell(verdict: Verdict, name: string, text = ''): void {
    this.counts[verdict]++;
    const [first = '', ...rest] = text.trimEnd().split('\n');
    this.#print(`${verdict.padEnd(8)}${name}${first === '' ? '' : `: ${first}`}`);
    for (const line of rest) this.#print(`        ${line}`);
  }

  summary(): string {
    const { passed, failed, skipped } = this.counts;
    return `${passed} passed, ${failed} failed, ${skipped} skipped`;
  }
}
