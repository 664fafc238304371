/** Timing in process: several runs of about equal length after one that is thrown away. */

import { cpuUsage } from 'node:process';

export interface Effort {
  readonly runMs: number;
  readonly runs: number;
  /** Processor time instead of the time that passes: all that can be compared on a busy machine. */
  readonly cpu: boolean;
}

/** Milliseconds; processor time is that of all threads, garbage collection included. */
function clock(cpu: boolean): number {
  if (!cpu) return performance.now();
  const { user, system } = cpuUsage();
  return (user + system) / 1e3;
}

/** Nanoseconds per call of `decide`, one figure per run. */
export function nanosecondsPer(decide: () => void, { runMs, runs, cpu }: Effort): number[] {
  const figures: number[] = [];
  // Two unmeasured runs let the JIT settle; OPA and regorus get one for their caches.
  for (let run = -2; run < runs; run += 1) {
    const began = performance.now();
    const start = clock(cpu);
    let calls = 0;
    while (performance.now() - began < runMs) {
      // The clock costs about as much as the cheapest decision, so it is read once in a while.
      for (let i = 0; i < 32; i += 1) decide();
      calls += 32;
    }
    if (run >= 0) figures.push(((clock(cpu) - start) * 1e6) / calls);
  }
  return figures;
}

/** Nanoseconds of single calls, for work that is done once, such as compiling. */
export function nanosecondsOnce(
  work: (round: number) => void,
  rounds: number,
  cpu: boolean,
): number[] {
  return Array.from({ length: rounds }, (_, round) => {
    const start = clock(cpu);
    work(round);
    return (clock(cpu) - start) * 1e6;
  });
}

export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

export function duration(nanoseconds: number): string {
  if (Number.isNaN(nanoseconds)) return '–';
  if (nanoseconds < 1e3) return `${nanoseconds.toFixed(0)} ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toFixed(1)} µs`;
  return `${(nanoseconds / 1e6).toFixed(2)} ms`;
}
