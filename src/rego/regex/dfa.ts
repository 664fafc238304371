/**
 * A deterministic automaton built while it runs: answers "does it match anywhere" with one table
 * look-up per character. States are sets of instructions; the table is bounded and starts afresh
 * when it is full, so memory stays flat whatever pattern and text are.
 */
import { holds, isWord, NO_CHAR } from './assertions.ts';
import {
  type Instruction,
  OP_ASSERT,
  OP_CHAR,
  OP_MATCH,
  OP_SPLIT,
  type Program,
} from './program.ts';

const MAX_STATES = 1_000;
const MAX_WIDE_EDGES = 4_000;

interface State {
  /** Instructions to enter once the next character is known, sorted. */
  readonly pcs: readonly number[];
  /** Stands for the character before: assertions only ask for its kind. */
  readonly before: number;
  /** Next state by ASCII character. */
  readonly ascii: (State | undefined)[];
  readonly wide: Map<number, State>;
  /** Matches when the text ends here; undefined until asked. */
  atEnd: boolean | undefined;
}

/** One representative per kind of character that an assertion can tell apart. */
function kindOf(point: number): number {
  if (point === NO_CHAR || point === 10) return point;
  if (isWord(point, false)) return 0x61;
  if (point >= 128 && isWord(point, true)) return 0xe9;
  return 0x20;
}

export class LazyDfa {
  readonly #code: readonly Instruction[];
  readonly #states = new Map<string, State>();
  readonly #asserts: boolean;
  /** The program begins with the start of the text: nothing new starts later on. */
  readonly #anchored: boolean;
  #wideEdges = 0;
  /** Reaching it means a match was seen. */
  readonly #matched: State = { pcs: [], before: 0, ascii: [], wide: new Map(), atEnd: true };

  constructor(program: Program) {
    this.#code = program.code;
    this.#asserts = program.code.some((row) => row.op === OP_ASSERT);
    this.#anchored = program.code[1]?.assert === 'text-start';
  }

  test(text: string): boolean {
    let state = this.#state([0], NO_CHAR);
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      let next: State | undefined;
      if (unit < 128) {
        next = state.ascii[unit] ?? this.#advance(state, unit);
      } else {
        const point = text.codePointAt(at) ?? unit;
        if (point > 0xffff) at++;
        next = state.wide.get(point) ?? this.#advance(state, point);
      }
      if (next === this.#matched) return true;
      if (next.pcs.length === 0) return false;
      state = next;
    }
    state.atEnd ??= this.#closure(state, NO_CHAR) === undefined;
    return state.atEnd;
  }

  #state(pcs: readonly number[], before: number): State {
    const kind = this.#asserts ? kindOf(before) : 0;
    const key = `${kind}:${pcs.join(',')}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      if (this.#states.size >= MAX_STATES) this.#forget();
      state = { pcs, before: kind, ascii: [], wide: new Map(), atEnd: undefined };
      this.#states.set(key, state);
    }
    return state;
  }

  #forget(): void {
    this.#states.clear();
    this.#wideEdges = 0;
  }

  #advance(state: State, point: number): State {
    const reached = this.#closure(state, point);
    let next = this.#matched;
    if (reached !== undefined) {
      const pcs = new Set<number>(this.#anchored ? [] : [0]);
      for (const pc of reached) {
        const row = this.#code[pc];
        if (row?.matcher?.matches(point) === true) pcs.add(row.a);
      }
      next = this.#state(
        [...pcs].sort((a, b) => a - b),
        point,
      );
    }
    if (point < 128) state.ascii[point] = next;
    else if (this.#wideEdges < MAX_WIDE_EDGES) {
      this.#wideEdges++;
      state.wide.set(point, next);
    }
    return next;
  }

  /** Consuming instructions reachable without a character; undefined: a match is. */
  #closure(state: State, after: number): readonly number[] | undefined {
    const seen = new Set(state.pcs);
    const result: number[] = [];
    const stack = [...state.pcs];
    const follow = (pc: number) => {
      if (!seen.has(pc)) {
        seen.add(pc);
        stack.push(pc);
      }
    };
    for (let pc = stack.pop(); pc !== undefined; pc = stack.pop()) {
      const row = this.#code[pc];
      if (row === undefined) continue;
      if (row.op === OP_MATCH) return undefined;
      if (row.op === OP_CHAR) {
        result.push(pc);
        continue;
      }
      if (row.op === OP_ASSERT && row.assert !== undefined) {
        const place = { before: state.before, after, unicode: row.unicode };
        if (!holds(row.assert, place)) continue;
      }
      follow(row.a);
      if (row.op === OP_SPLIT) follow(row.b);
    }
    return result;
  }
}
