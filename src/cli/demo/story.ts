/**
 * Tells what happens while it happens, and keeps count: every claim of the demo is a check on a value
 * that came back through the real path, so a story that goes otherwise ends with exit code 1.
 */
import { KatasimError, messageOf } from '#base';
import { wrap, type Output } from '../output.ts';

export class Story {
  readonly #output: Output;
  readonly #columns: number;
  passed = 0;
  failed = 0;

  constructor(output: Output) {
    this.#output = output;
    // Wide enough for an error text, narrow enough to read on a projector.
    this.#columns = Math.min(output.stdout.columns ?? 100, 110);
  }

  chapter(number: number, title: string): void {
    this.#output.line();
    this.#output.line(this.#output.style('bold', `${number}. ${title}`));
  }

  /** A hop, a fact: what is going on. Continuation lines are indented under the first. */
  tell(text: string): void {
    const [first = '', ...rest] = wrap(text, this.#columns - 4);
    this.#output.line(`   ${first}`);
    for (const line of rest) this.#output.line(`    ${line}`);
  }

  /** What a user would type. */
  command(text: string): void {
    this.#output.line(`   ${this.#output.style('cyan', `$ ${text}`)}`);
  }

  /** What a user would see, as it is: error texts are not wrapped into pieces that no one can grep. */
  screen(text: string): void {
    for (const line of text.replace(/\n$/, '').split('\n')) {
      this.#output.line(`   ${this.#output.style('dim', '|')} ${line}`);
    }
  }

  check(claim: string, holds: boolean, found?: unknown): boolean {
    if (holds) this.passed++;
    else this.failed++;
    const mark = holds ? this.#output.style('green', '✓') : this.#output.style('red', '✗');
    this.#output.line(`   ${mark} ${claim}`);
    if (!holds) this.#output.line(`     found: ${show(found)}`);
    return holds;
  }

  equal(claim: string, found: unknown, wanted: unknown): boolean {
    return this.check(claim, show(found) === show(wanted), found);
  }

  /** The story could not go on. */
  broken(error: unknown): void {
    this.failed++;
    const hint = error instanceof KatasimError && error.hint !== undefined ? ` ${error.hint}` : '';
    this.#output.line(`   ${this.#output.style('red', '✗')} ${messageOf(error)}.${hint}`);
  }

  /** The one line that scripts look for. */
  end(): number {
    this.#output.line();
    this.#output.line(`demo: ${this.passed} checks passed, ${this.failed} failed`);
    return this.failed === 0 ? 0 : 1;
  }
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
