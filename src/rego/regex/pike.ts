/**
 * Pike's machine: runs every thread of a program in step, so a search costs at most program size
 * times text length, and reports the leftmost match with the priorities Perl would give.
 */
import { holds, NO_CHAR } from './assertions.ts';
import {
  type Instruction,
  OP_ASSERT,
  OP_CHAR,
  OP_JUMP,
  OP_MATCH,
  OP_SAVE,
  OP_SPLIT,
  type Program,
} from './program.ts';

/** Start and end of each group in UTF-16 units; -1 where a group took no part. */
export type Captures = Int32Array;

class ThreadList {
  readonly pcs: Int32Array;
  readonly captures: Captures[] = [];
  readonly #seen: Int32Array;
  #generation = 0;
  size = 0;

  constructor(length: number) {
    this.pcs = new Int32Array(length);
    this.#seen = new Int32Array(length);
  }

  clear(): void {
    this.size = 0;
    this.#generation++;
  }

  /** False when the thread is already there. */
  visit(pc: number): boolean {
    if (this.#seen[pc] === this.#generation) return false;
    this.#seen[pc] = this.#generation;
    return true;
  }

  push(pc: number, captures: Captures): void {
    this.pcs[this.size] = pc;
    this.captures[this.size++] = captures;
  }
}

interface Position {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

export class PikeMachine {
  readonly #code: readonly Instruction[];
  readonly #slots: number;
  #current: ThreadList;
  #next: ThreadList;
  /** UTF-16 units that the last search went over. */
  scanned = 0;

  constructor(program: Program) {
    this.#code = program.code;
    this.#slots = program.slots;
    this.#current = new ThreadList(program.code.length);
    this.#next = new ThreadList(program.code.length);
    this.#current.clear();
    this.#next.clear();
  }

  /** The first match at or after `from`; assertions see the text before it. */
  exec(text: string, from: number): Captures | undefined {
    let matched: Captures | undefined;
    let before = codePointBefore(text, from);
    this.#current.clear();
    for (let at = from; ;) {
      const after = text.codePointAt(at) ?? NO_CHAR;
      const position = { at, before, after };
      if (matched === undefined) {
        this.#add(this.#current, 0, new Int32Array(this.#slots).fill(-1), position);
      }
      if (this.#current.size === 0 && matched !== undefined) return matched;
      const width = after > 0xffff ? 2 : 1;
      const following = {
        at: at + width,
        before: after,
        after: text.codePointAt(at + width) ?? NO_CHAR,
      };
      matched = this.#step(after, following) ?? matched;
      [this.#current, this.#next] = [this.#next, this.#current];
      if (after === NO_CHAR) return matched;
      before = after;
      at += width;
    }
  }

  /** Moves every thread over one character; the best match that ends before it, if any. */
  #step(point: number, following: Position): Captures | undefined {
    const { pcs, captures, size } = this.#current;
    this.#next.clear();
    for (let i = 0; i < size; i++) {
      const row = this.#code[pcs[i] ?? 0];
      const saved = captures[i];
      if (row === undefined || saved === undefined) continue;
      // Later threads have lower priority: a match cuts them off.
      if (row.op === OP_MATCH) return saved;
      if (point !== NO_CHAR && row.matcher?.matches(point) === true) {
        this.#add(this.#next, row.a, saved, following);
      }
    }
    return undefined;
  }

  /** Follows everything that consumes nothing. An explicit stack: patterns may be long. */
  #add(list: ThreadList, start: number, captures: Captures, position: Position): void {
    const stack: { pc: number; saved: Captures }[] = [{ pc: start, saved: captures }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      let { pc, saved } = top;
      while (list.visit(pc)) {
        const row = this.#code[pc];
        if (row === undefined) break;
        if (row.op === OP_CHAR || row.op === OP_MATCH) {
          list.push(pc, saved);
          break;
        }
        if (row.op === OP_SPLIT) stack.push({ pc: row.b, saved });
        else if (row.op === OP_SAVE) {
          saved = saved.slice();
          saved[row.b] = position.at;
        } else if (row.op === OP_ASSERT && row.assert !== undefined) {
          const { before, after } = position;
          if (!holds(row.assert, { before, after, unicode: row.unicode })) break;
        } else if (row.op !== OP_JUMP) break;
        pc = row.a;
      }
    }
  }
}

export function codePointBefore(text: string, at: number): number {
  if (at <= 0) return NO_CHAR;
  const low = text.charCodeAt(at - 1);
  const pair = at >= 2 && low >= 0xdc00 && low < 0xe000 ? text.codePointAt(at - 2) : undefined;
  return pair !== undefined && pair > 0xffff ? pair : low;
}
