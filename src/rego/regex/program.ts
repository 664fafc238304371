/**
 * Compiles a parsed pattern into instructions for the automata: consume a character, split, assert,
 * save a position. Counted repeats are written out, so the program size is bounded.
 */
import { type CharSet, contains } from './charset.ts';
import { type AssertKind, type ParsedRegex, RegexError, type RegexNode } from './syntax.ts';

export const OP_CHAR = 0;
export const OP_SPLIT = 1;
export const OP_JUMP = 2;
export const OP_SAVE = 3;
export const OP_ASSERT = 4;
export const OP_MATCH = 5;

/** One row of a program. `a` is the next or preferred target (SAVE: also `b`, the slot). */
export interface Instruction {
  readonly op: number;
  a: number;
  b: number;
  readonly matcher: CharMatcher | undefined;
  readonly assert: AssertKind | undefined;
  readonly unicode: boolean;
}

export interface Program {
  readonly code: readonly Instruction[];
  readonly slots: number;
}

/** A character class: a bitmap below U+0080, binary search above. */
export class CharMatcher {
  readonly set: CharSet;
  readonly #ascii = new Uint8Array(128);

  constructor(set: CharSet) {
    this.set = set;
    for (let point = 0; point < 128; point++) if (contains(set, point)) this.#ascii[point] = 1;
  }

  matches(point: number): boolean {
    return point < 128 ? this.#ascii[point] === 1 : contains(this.set, point);
  }
}

/** Rust's default limit is 10 MB of compiled program; this is of that order. */
const MAX_INSTRUCTIONS = 200_000;

class Compiler {
  readonly code: Instruction[] = [];
  readonly #matchers = new Map<CharSet, CharMatcher>();

  emit(op: number, fields: Partial<Instruction> = {}): number {
    if (this.code.length >= MAX_INSTRUCTIONS) throw new RegexError('expression too large');
    this.code.push({
      op,
      a: fields.a ?? this.code.length + 1,
      b: fields.b ?? -1,
      matcher: fields.matcher,
      assert: fields.assert,
      unicode: fields.unicode ?? false,
    });
    return this.code.length - 1;
  }

  matcher(set: CharSet): CharMatcher {
    let matcher = this.#matchers.get(set);
    if (matcher === undefined) {
      matcher = new CharMatcher(set);
      this.#matchers.set(set, matcher);
    }
    return matcher;
  }

  /** Points a split at `body` and `after`, the preferred one first. */
  aim(
    split: number,
    { body, after, greedy }: { body: number; after: number; greedy: boolean },
  ): void {
    const row = this.code[split];
    if (row === undefined) return;
    row.a = greedy ? body : after;
    row.b = greedy ? after : body;
  }

  node(node: RegexNode): void {
    switch (node.kind) {
      case 'empty':
        return;
      case 'set':
        this.emit(OP_CHAR, { matcher: this.matcher(node.set) });
        return;
      case 'assert':
        this.emit(OP_ASSERT, { assert: node.assert, unicode: node.unicode });
        return;
      case 'concat':
        for (const item of node.items) this.node(item);
        return;
      case 'group':
        this.emit(OP_SAVE, { b: 2 * node.index });
        this.node(node.node);
        this.emit(OP_SAVE, { b: 2 * node.index + 1 });
        return;
      case 'alternate':
        this.alternate(node.items);
        return;
      case 'repeat':
        this.repeat(node);
    }
  }

  alternate(items: readonly RegexNode[]): void {
    const ends: number[] = [];
    items.forEach((item, i) => {
      if (i === items.length - 1) {
        this.node(item);
        return;
      }
      const split = this.emit(OP_SPLIT);
      const body = this.code.length;
      this.node(item);
      ends.push(this.emit(OP_JUMP));
      this.aim(split, { body, after: this.code.length, greedy: true });
    });
    for (const end of ends) {
      const row = this.code[end];
      if (row !== undefined) row.a = this.code.length;
    }
  }

  repeat({ node, min, max, greedy }: Extract<RegexNode, { kind: 'repeat' }>): void {
    if (max !== Infinity) {
      for (let i = 0; i < min; i++) this.node(node);
      const splits: number[] = [];
      for (let i = min; i < max; i++) {
        splits.push(this.emit(OP_SPLIT));
        this.node(node);
      }
      for (const split of splits) {
        this.aim(split, { body: split + 1, after: this.code.length, greedy });
      }
      return;
    }
    // x* of an x that can be empty is (x+)?: the empty iteration is tried once, as in Go and Rust.
    if (min === 0 && !canBeEmpty(node)) {
      const split = this.emit(OP_SPLIT);
      this.node(node);
      this.emit(OP_JUMP, { a: split });
      this.aim(split, { body: split + 1, after: this.code.length, greedy });
      return;
    }
    const optional = min === 0 ? this.emit(OP_SPLIT) : undefined;
    for (let i = 1; i < min; i++) this.node(node);
    const body = this.code.length;
    this.node(node);
    const split = this.emit(OP_SPLIT);
    this.aim(split, { body, after: this.code.length, greedy });
    if (optional !== undefined) {
      this.aim(optional, { body: optional + 1, after: this.code.length, greedy });
    }
  }
}

export function canBeEmpty(node: RegexNode): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'concat':
      return node.items.every(canBeEmpty);
    case 'alternate':
      return node.items.some(canBeEmpty);
    case 'repeat':
      return node.min === 0 || canBeEmpty(node.node);
    case 'group':
      return canBeEmpty(node.node);
    default:
      return true;
  }
}

export function compileProgram({ root, groupCount }: ParsedRegex): Program {
  const compiler = new Compiler();
  compiler.emit(OP_SAVE, { b: 0 });
  compiler.node(root);
  compiler.emit(OP_SAVE, { b: 1 });
  compiler.emit(OP_MATCH);
  return { code: compiler.code, slots: 2 * groupCount };
}
