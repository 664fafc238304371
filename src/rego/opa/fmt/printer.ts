/**
 * The page the formatter writes on: lines, indentation, and the comments that still have to come out.
 *
 * Comments are placed by source row: those above a node go on lines of their own before it, one on the
 * node's row waits for the end of the line. Where a comment has no such place (inside an operator
 * expression, say) `Unplaceable` is thrown and a caller prints the source text of the node instead.
 */
import type { Comment } from '../../ast.ts';
import { rowOf } from '../../position.ts';
import type { Source, Span } from '../../source.ts';

/** A comment stands where the canonical form has no line for it. */
export class Unplaceable extends Error {}

interface PlacedComment {
  readonly text: string;
  readonly row: number;
  readonly start: number;
}

/** A piece of the source. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** What `restore` goes back to. */
export interface Snapshot {
  readonly text: string;
  readonly level: number;
  readonly open: boolean;
  readonly next: number;
  readonly trailing: PlacedComment | undefined;
  readonly reached: number;
}

/** Keywords say nothing about what has been written. */
const WORDS = /#[^\n]*|\b(?:if|else|contains|some|every|in|not|with|as|default)\b/g;

export class Printer {
  readonly source: Source;
  #text = '';
  #level = 0;
  #reached = 0;
  /** The current line has been begun. */
  #open = false;
  readonly #comments: readonly PlacedComment[];
  #next = 0;
  /** Waits for the end of the line. */
  #trailing: PlacedComment | undefined;

  constructor(source: Source, comments: readonly Comment[]) {
    this.source = source;
    this.#comments = comments.map(({ text, span }) => ({
      text: `#${text}`.trimEnd(),
      row: rowOf(source, span.start),
      start: span.start,
    }));
  }

  get text(): string {
    return this.#text;
  }

  row(offset: number): number {
    return rowOf(this.source, offset);
  }

  write(text: string): void {
    if (!this.#open) {
      this.#text += '\t'.repeat(this.#level);
      this.#open = true;
    }
    this.#text += text;
  }

  endLine(): void {
    if (this.#trailing !== undefined && !this.#isAhead(this.#trailing.start)) {
      const { text } = this.#trailing;
      this.#trailing = undefined;
      this.write(this.#open ? ` ${text}` : text);
    }
    this.#text += '\n';
    this.#open = false;
  }

  /** Something between what has been written and the comment is still to come. */
  #isAhead(start: number): boolean {
    const between = this.source.text.slice(this.#reached, start).replace(WORDS, '');
    return /[\w"`$-]|\[\s*\]|\{\s*\}/.test(between);
  }

  /** Everything up to this offset of the source has been written. */
  reach(offset: number): void {
    if (offset > this.#reached) this.#reached = offset;
  }

  /** One empty line, however many are asked for. */
  blankLine(): void {
    if (this.#open) this.endLine();
    if (this.#text !== '' && !this.#text.endsWith('\n\n')) this.#text += '\n';
  }

  up(): void {
    this.#level += 1;
  }

  down(): void {
    this.#level -= 1;
  }

  snapshot(): Snapshot {
    const text = this.#text;
    return {
      text,
      level: this.#level,
      open: this.#open,
      next: this.#next,
      trailing: this.#trailing,
      reached: this.#reached,
    };
  }

  restore({ text, level, open, next, trailing, reached }: Snapshot): void {
    this.#reached = reached;
    this.#text = text;
    this.#level = level;
    this.#open = open;
    this.#next = next;
    this.#trailing = trailing;
  }

  // Comments.

  /** There are comments between two offsets that have not come out yet. */
  hasCommentsIn({ start, end }: Place): boolean {
    const first = Math.max(this.#firstFrom(start), this.#next);
    return (this.#comments[first]?.start ?? Infinity) < end;
  }

  /** Refuses comments inside `place` that are inside none of `parts`. */
  refuseComments({ start, end }: Place, parts: readonly Place[]): void {
    for (let i = this.#firstFrom(start); ; i += 1) {
      const at = this.#comments[i]?.start ?? Infinity;
      if (at >= end) return;
      if (!parts.some((part) => at >= part.start && at < part.end)) throw new Unplaceable();
    }
  }

  /** The index of the first comment at or behind an offset. */
  #firstFrom(offset: number): number {
    let low = 0;
    let high = this.#comments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#comments[middle]?.start ?? Infinity) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Writes the comments above `row` on lines of their own and keeps the one on it for the line's end. */
  flushTo(row: number): void {
    let last: PlacedComment | undefined;
    for (let next = this.#comments[this.#next]; next !== undefined && next.row < row;) {
      if (this.#open) throw new Unplaceable();
      if (last !== undefined && next.row > last.row + 1) this.blankLine();
      else if (last !== undefined && isMetadata(next) && last.text.startsWith('#')) {
        this.#separateMetadata(last);
      }
      this.write(next.text);
      this.endLine();
      last = next;
      this.#next += 1;
      next = this.#comments[this.#next];
    }
    if (last !== undefined && row - last.row > 1) this.blankLine();
    this.#takeTrailing(row);
  }

  /** A METADATA block ends where the next begins. */
  #separateMetadata(last: PlacedComment): void {
    const from = this.#comments.lastIndexOf(last);
    for (let i = from; i >= 0; i -= 1) {
      const comment = this.#comments[i];
      if (comment?.row !== last.row - (from - i)) return;
      if (isMetadata(comment)) {
        this.blankLine();
        return;
      }
    }
  }

  #takeTrailing(row: number): void {
    const next = this.#comments[this.#next];
    if (next?.row !== row) return;
    if (this.#trailing !== undefined) throw new Unplaceable();
    this.#trailing = next;
    this.#next += 1;
  }

  /** Takes a comment that stands behind the end of a node. */
  trailAt(offset: number): void {
    const next = this.#comments[this.#next];
    if (next !== undefined && next.start >= offset) this.#takeTrailing(this.row(offset));
  }

  /** Drops the comment behind a node: the caller has written it. */
  skipTrailing(offset: number): void {
    const row = this.row(offset);
    if (this.#trailing?.row === row) this.#trailing = undefined;
    const next = this.#comments[this.#next];
    if (next?.row === row && next.start >= offset) this.#next += 1;
  }

  /** Writes everything that is left. */
  flushAll(): void {
    const first = this.#comments[this.#next];
    if (first === undefined) return;
    if (this.#open) this.endLine();
    this.flushTo(Infinity);
  }

  /** Writes source text as it stands, with the comments in it. */
  verbatim(span: Span): void {
    // A trailing comment inside the text comes out with it.
    const waiting = this.#trailing?.start ?? -1;
    if (waiting >= span.start && waiting < span.end) this.#trailing = undefined;
    this.write(this.source.text.slice(span.start, span.end));
    this.reach(span.end);
    while ((this.#comments[this.#next]?.start ?? Infinity) < span.end) this.#next += 1;
  }
}

const isMetadata = ({ text }: PlacedComment): boolean =>
  text.slice(1).trim().startsWith('METADATA');
