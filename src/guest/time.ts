/**
 * Timers as an argument, so that `sleep 36000` costs a test nothing and a scenario is
 * deterministic. `systemTimers` are unref'ed: a sleeping guest never keeps the process alive.
 */
import type { Clock } from '#base';

export interface Timer {
  cancel(): void;
}

export interface Timers {
  after(ms: number, action: () => void): Timer;
}

/** Node truncates delays above this to 1 ms. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export const systemTimers: Timers = {
  after(ms, action) {
    let remaining = Math.max(0, ms);
    let handle: NodeJS.Timeout;
    const arm = (): void => {
      const delay = Math.min(remaining, LONGEST_TIMEOUT_MS);
      remaining -= delay;
      handle = setTimeout(() => {
        if (remaining > 0) arm();
        else action();
      }, delay);
      handle.unref();
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** A clock that stands still until told to move; its timers fire in order as it does. */
export interface VirtualTime {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Moves time on, letting everything that became runnable run before the next timer. */
  advance(ms: number): Promise<void>;
  /** Runs until nothing can go on without time passing. */
  settle(): Promise<void>;
  /** Milliseconds until the next timer, or undefined when none is armed. */
  nextIn(): number | undefined;
}

interface Armed {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

export function virtualTime(startMs = 0): VirtualTime {
  let now = startMs;
  let order = 0;
  const armed = new Set<Armed>();
  const next = (): Armed | undefined => {
    let best: Armed | undefined;
    for (const timer of armed) {
      if (
        best === undefined ||
        timer.at < best.at ||
        (timer.at === best.at && timer.order < best.order)
      )
        best = timer;
    }
    return best;
  };
  // A few rounds of the event loop: enough for chains of microtasks and setImmediate yields.
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 25; round++) await new Promise((done) => setImmediate(done));
  };
  return {
    clock: { now: () => now, monotonicNs: () => BigInt(Math.round((now - startMs) * 1e6)) },
    timers: {
      after(ms, action) {
        const timer: Armed = { at: now + Math.max(0, ms), order: order++, action };
        armed.add(timer);
        return { cancel: () => void armed.delete(timer) };
      },
    },
    settle,
    nextIn: () => {
      const timer = next();
      return timer === undefined ? undefined : timer.at - now;
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (let timer = next(); timer !== undefined && timer.at <= until; timer = next()) {
        now = Math.max(now, timer.at);
        armed.delete(timer);
        timer.action();
        await settle();
      }
      now = until;
      await settle();
    },
  };
}
