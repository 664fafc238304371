/**
 * A tape of choices. The generator asks it which way to go at every turn, so that a shorter or
 * smaller tape gives a simpler module and shrinking a finding is shrinking its tape. At its end
 * every answer is 0, which is the simplest choice everywhere.
 */
export class Tape {
  private readonly choices: readonly number[];
  private at = 0;

  constructor(choices: readonly number[]) {
    this.choices = choices;
  }

  get exhausted(): boolean {
    return this.at >= this.choices.length;
  }

  /** A number from 0 to `count - 1`. */
  below(count: number): number {
    const choice = this.choices[this.at] ?? 0;
    this.at += 1;
    return choice % count;
  }

  pick<T>(options: readonly [T, ...T[]]): T {
    return options[this.below(options.length)] ?? options[0];
  }

  /** True about once in `odds` times, and never at the end of the tape. */
  chance(odds: number): boolean {
    return this.below(odds) === odds - 1;
  }

  /** `min` to `max` results of `make`. */
  several<T>(min: number, max: number, make: (index: number) => T): T[] {
    const count = min + this.below(max - min + 1);
    return Array.from({ length: count }, (_, index) => make(index));
  }
}
