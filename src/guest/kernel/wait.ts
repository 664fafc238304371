/**
 * Waiting. Whoever may wait is a `Blocker`: a process (whose waits end early by signals) or a call
 * from outside (whose waits end early by its AbortSignal). State lives with the thing waited for;
 * a queue only says "look again".
 */
import { guestErrors } from '../errors.ts';

export interface Blocker {
  /**
   * Waits until `wake` is called. `arm` registers the wake-up and returns how to unregister it;
   * it is unregistered exactly once, whichever way the wait ends.
   */
  block<T>(arm: (wake: (value: T) => void) => () => void): Promise<T>;
}

export class WaitQueue {
  #waiters = new Set<() => void>();

  /** Everyone looks again. */
  wake(): void {
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const waiter of waiters) waiter();
  }

  wait(blocker: Blocker): Promise<void> {
    return blocker.block<undefined>((wake) => {
      const waiter = (): void => wake(undefined);
      this.#waiters.add(waiter);
      return () => void this.#waiters.delete(waiter);
    });
  }
}

/** The blocker of a call from outside the guest. */
export function callBlocker(signal?: AbortSignal): Blocker {
  return {
    block: (arm) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(guestErrors.cancelled());
          return;
        }
        let disarm: () => void = () => undefined;
        const end = (): void => {
          disarm();
          signal?.removeEventListener('abort', onAbort);
        };
        const onAbort = (): void => {
          end();
          reject(guestErrors.cancelled());
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        disarm = arm((value) => {
          end();
          resolve(value);
        });
      }),
  };
}
