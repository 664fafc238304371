/**
 * Events that go to exactly one waiter each, in order; the oldest are dropped when nobody comes.
 */
import { quoted } from './errors.ts';
import { callBlocker, WaitQueue } from './kernel/wait.ts';

export class EventQueue<T> {
  readonly #events: T[] = [];
  readonly #changed = new WaitQueue();
  readonly #depth: number;
  #closed = false;

  constructor(depth: number) {
    this.#depth = depth;
  }

  push(event: T): void {
    // The channel is bounded: a sender finds it full and the event is lost.
    if (!this.#closed && this.#events.length < this.#depth) this.#events.push(event);
    this.#changed.wake();
  }

  async take(signal?: AbortSignal): Promise<T> {
    const blocker = callBlocker(signal);
    while (true) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      if (this.#closed) throw quoted('INTERNAL', '');
      await this.#changed.wait(blocker);
    }
  }

  close(): void {
    this.#closed = true;
    this.#changed.wake();
  }
}
