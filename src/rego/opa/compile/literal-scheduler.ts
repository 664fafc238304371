/** Which literal of a body is tried next, when a literal has to wait for what others bind. */
import type { Literal, VarTerm } from '../../ast.ts';

/** A literal that waits for its turn. */
export interface PendingLiteral {
  readonly index: number;
  readonly literal: Literal;
  /** Must be bound once the literal has run. */
  readonly after: readonly VarTerm[];
  /** Mentioned in closures only, or in the values of `with`: must be bound before. */
  readonly before: readonly VarTerm[];
}

/** The literals of a body in the order in which they are to be tried. */
export class LiteralScheduler {
  /** Of this round, least index first. */
  #now: Heap;
  #later: PendingLiteral[] = [];
  readonly #waiting = new Set<PendingLiteral>();
  readonly #byName = new Map<string, PendingLiteral[]>();
  #at = -1;

  constructor(all: readonly PendingLiteral[]) {
    this.#now = new Heap(all);
  }

  next(): PendingLiteral | undefined {
    let pending = this.#now.take();
    if (pending === undefined) {
      this.#now = new Heap(this.#later);
      this.#later = [];
      pending = this.#now.take();
    }
    this.#at = pending?.index ?? -1;
    return pending;
  }

  /** Not ready: it gets another turn when something it needs is bound. */
  postpone(pending: PendingLiteral): void {
    this.#waiting.add(pending);
    for (const { name } of pending.after) {
      const list = this.#byName.get(name) ?? [];
      list.push(pending);
      this.#byName.set(name, list);
    }
  }

  /** A variable has been bound by the literal whose turn it is. */
  wake(name: string): void {
    for (const waiting of this.#byName.get(name) ?? []) {
      if (!this.#waiting.delete(waiting)) continue;
      if (waiting.index > this.#at) this.#now.add(waiting);
      else this.#later.push(waiting);
    }
    this.#byName.delete(name);
  }

  unplaced(): readonly PendingLiteral[] {
    return [...this.#waiting].sort((a, b) => a.index - b.index);
  }
}

/** A binary heap by index. */
class Heap {
  readonly #items: PendingLiteral[];

  constructor(items: readonly PendingLiteral[]) {
    // A sorted list is a heap.
    this.#items = [...items].sort((a, b) => a.index - b.index);
  }

  add(item: PendingLiteral): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || parent.index <= item.index) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  take(): PendingLiteral | undefined {
    const items = this.#items;
    const [first] = items;
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = items[2 * at + 1];
      const right = items[2 * at + 2];
      const isRight = right !== undefined && left !== undefined && right.index < left.index;
      const child = isRight ? right : left;
      if (child === undefined || child.index >= last.index) break;
      items[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    items[at] = last;
    return first;
  }
}
