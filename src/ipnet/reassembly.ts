/**
 * Puts received data in order. Segments that arrive early wait, bounded by the window that the
 * connection itself announced; overlaps are cut.
 */
import { add, distance, isAfter } from './sequence.ts';

interface Early {
  readonly sequence: number;
  readonly data: Uint8Array;
}

/** More early pieces than fit a window of full segments are a sender's nonsense. */
const MAX_EARLY = 64;

export class Reassembly {
  /** The next byte that is expected. */
  next: number;
  #early: Early[] = [];

  constructor(next: number) {
    this.next = next;
  }

  get hasGap(): boolean {
    return this.#early.length > 0;
  }

  /**
   * Takes a segment's data and returns what is now in order. `limit` is the announced window:
   * whatever lies beyond it is forgotten.
   */
  accept(sequence: number, data: Uint8Array, limit: number): Uint8Array[] {
    const start = distance(sequence, this.next);
    if (start >= limit || start + data.length <= 0) return [];
    const kept = data.subarray(Math.max(0, -start), Math.min(data.length, limit - start));
    if (start > 0) {
      // The frame's memory belongs to the socket's datagram; an early piece outlives it safely.
      if (this.#early.length < MAX_EARLY) this.#insert({ sequence, data: kept });
      return [];
    }
    this.next = add(this.next, kept.length);
    return [kept, ...this.#release()];
  }

  #insert(piece: Early): void {
    const at = this.#early.findIndex(({ sequence }) => isAfter(sequence, piece.sequence));
    this.#early.splice(at < 0 ? this.#early.length : at, 0, piece);
  }

  #release(): Uint8Array[] {
    const ready: Uint8Array[] = [];
    for (let first = this.#early[0]; first; first = this.#early[0]) {
      const behind = distance(this.next, first.sequence);
      if (behind < 0) break;
      this.#early.shift();
      if (behind >= first.data.length) continue;
      const rest = first.data.subarray(behind);
      ready.push(rest);
      this.next = add(this.next, rest.length);
    }
    return ready;
  }
}
