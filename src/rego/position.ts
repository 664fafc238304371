/**
 * Lines, columns and excerpts of a source, worked out when somebody reads an error.
 *
 * The two engines count differently. OPA counts code points from the line start. regorus
 * moves its column while it scans: a tab is four columns, a string literal moves it by its UTF-8
 * bytes, a comment not at all, and a NUL ends the text. Its rule needs the scan from the start of the
 * text, because a line may begin inside a raw string.
 */
import type { Position, Source, Span } from './source.ts';

const TAB = 9;
const LF = 10;
const CR = 13;
const QUOTE = 34;
const HASH = 35;
const BACKSLASH = 92;
const BACKQUOTE = 96;

const lineTables = new WeakMap<Source, readonly number[]>();

/** Offsets at which lines start; the first is 0. Kept as long as the source lives. */
export function lineStarts(source: Source): readonly number[] {
  let table = lineTables.get(source);
  if (table === undefined) {
    const starts = [0];
    const { text } = source;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
      starts.push(at + 1);
    }
    table = starts;
    lineTables.set(source, table);
  }
  return table;
}

/** Line number of an offset, from 1. */
export function rowOf(source: Source, offset: number): number {
  const starts = lineStarts(source);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

/** The text of a line without its line break. */
export function lineText(source: Source, row: number): string {
  const starts = lineStarts(source);
  const start = starts[row - 1];
  if (start === undefined) return '';
  const next = starts[row];
  let end = next === undefined ? source.text.length : next - 1;
  if (end > start && next !== undefined && source.text.charCodeAt(end - 1) === CR) end -= 1;
  return source.text.slice(start, end);
}

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;

function codePoints(text: string, start: number, end: number): number {
  let count = end - start;
  for (let i = start; i < end; i += 1) if (isLowSurrogate(text.charCodeAt(i))) count -= 1;
  return count;
}

/** UTF-8 length of a piece of text. */
export function utf8Length(text: string, start: number, end: number): number {
  let bytes = 0;
  for (let i = start; i < end; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if (code >= 0xd800 && code <= 0xdbff && isLowSurrogate(text.charCodeAt(i + 1))) {
      bytes += 4;
      i += 1;
    } else bytes += 3;
  }
  return bytes;
}

/**
 * OPA's position: row and column in code points, both from 1. Its scanner counts a line break as
 * column 0 of the next line, and the end of the text as the last character.
 */
export function opaPosition(source: Source, offset: number): Position {
  const { text } = source;
  const row = rowOf(source, offset);
  if (text.charCodeAt(offset) === LF) return { row: row + 1, col: 0 };
  const start = lineStarts(source)[row - 1] ?? 0;
  const col = codePoints(text, start, offset) + 1;
  return { row, col: offset >= text.length && text.length > 0 ? col - 1 : col };
}

/** regorus' position of the token or character at `offset`. */
export function regorusPosition(source: Source, offset: number): Position {
  const walk = new RegorusColumns(source.text);
  walk.advance(offset);
  return { row: walk.row, col: walk.col };
}

const isWordUnit = (code: number): boolean =>
  (code >= 48 && code <= 57) ||
  (code >= 65 && code <= 90) ||
  (code >= 97 && code <= 122) ||
  code === 95;

/** regorus' scan, reduced to its line and column counters. */
class RegorusColumns {
  row = 1;
  col = 1;
  /** Offset reached. */
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Moves to `target`; stops early where one step would pass `maxColumns`, and says so. */
  advance(target: number, maxColumns = Infinity): boolean {
    const text = this.#text;
    while (this.at < target) {
      const code = text.charCodeAt(this.at);
      switch (code) {
        case LF:
          this.row += 1;
          this.col = 1;
          this.at += 1;
          break;
        case CR:
          this.at += 1;
          break;
        case HASH: {
          const end = text.indexOf('\n', this.at);
          this.at = end === -1 ? text.length : end;
          break;
        }
        case QUOTE:
          if (!this.#string(target, maxColumns)) return false;
          break;
        case BACKQUOTE:
          if (!this.#rawString(target, maxColumns)) return false;
          break;
        default:
          if (!this.#plain(code, target, maxColumns)) return false;
      }
    }
    return true;
  }

  /** A name or number, at once; any other character alone. */
  #plain(code: number, target: number, maxColumns: number): boolean {
    const text = this.#text;
    let end = this.at + (isLowSurrogate(text.charCodeAt(this.at + 1)) ? 2 : 1);
    if (isWordUnit(code)) while (end < target && isWordUnit(text.charCodeAt(end))) end += 1;
    const width = code === TAB ? 4 : codePoints(text, this.at, end);
    if (this.col + width > maxColumns) return false;
    this.col += width;
    this.at = end;
    return true;
  }

  #string(target: number, maxColumns: number): boolean {
    const text = this.#text;
    const start = this.at;
    let end = start + 1;
    while (end < text.length) {
      const code = text.charCodeAt(end);
      if (code === QUOTE || code === LF) break;
      end += code === BACKSLASH ? 2 : 1;
    }
    end = Math.min(end + 1, text.length);
    // The quote first, then everything else at once.
    if (this.col + 1 > maxColumns) return false;
    this.col += 1;
    this.at = start + 1;
    const width = utf8Length(text, start + 1, Math.min(end, target));
    if (this.col + width > maxColumns) return false;
    this.col += width;
    this.at = Math.min(end, target);
    // Positions inside a string are asked for only by its own errors; the scan need not resume there.
    if (this.at === target && target < end) this.at = target;
    return true;
  }

  #rawString(target: number, maxColumns: number): boolean {
    const text = this.#text;
    this.at += 1;
    this.col += 1;
    while (this.at < target) {
      const code = text.charCodeAt(this.at);
      const width = code === TAB ? 4 : 1;
      if (code === LF) {
        this.row += 1;
        this.col = 1;
      } else {
        if (this.col + width > maxColumns) return false;
        this.col += width;
      }
      this.at += isLowSurrogate(text.charCodeAt(this.at + 1)) ? 2 : 1;
      if (code === BACKQUOTE) break;
    }
    return true;
  }
}

/**
 * Where a line first passes `maxColumns`, by regorus' count, or `undefined`. Lines that cannot
 * (four columns or bytes per unit at most) are not scanned at all.
 */
export function regorusColumnOverflow(source: Source, maxColumns: number): number | undefined {
  const starts = lineStarts(source);
  const longest = starts.reduce(
    (most, start, i) => Math.max(most, (starts[i + 1] ?? source.text.length + 1) - 1 - start),
    0,
  );
  if (longest * 4 < maxColumns) return undefined;
  const walk = new RegorusColumns(source.text);
  const nul = source.text.indexOf('\0');
  if (walk.advance(nul === -1 ? source.text.length : nul, maxColumns)) return undefined;
  return walk.at;
}

/** regorus' message: blank line, arrow, gutter, source line, caret, text. */
export function regorusMessage(
  source: Source,
  position: Position,
  kind: string,
  text: string,
): string {
  const { row, col } = position;
  const gutter = ' '.repeat(String(row).length + 1);
  const caret = `${' '.repeat(Math.max(0, col - 1))}^`;
  return (
    `\n--> ${source.name}:${row}:${col}\n${gutter}|\n` +
    `${row} | ${lineText(source, row)}\n${gutter}| ${caret}\n${kind}: ${text}`
  );
}

/** An error text of regorus at one place. */
export function regorusError(source: Source, offset: number, text: string): string {
  return regorusMessage(source, regorusPosition(source, offset), 'error', text);
}

/** OPA's two detail lines: the source line without leading tabs, and a caret under the byte. */
export function opaExcerpt(source: Source, offset: number): readonly string[] {
  const { text } = source;
  let at = Math.min(offset, text.length - 1);
  while (at > 0 && /\s/.test(text.charAt(at))) at -= 1;
  let begin = Math.max(at, 0);
  while (begin > 0 && !isBreak(text.charCodeAt(begin))) begin -= 1;
  if (isBreak(text.charCodeAt(begin))) begin += 1;
  let end = Math.max(at, 0);
  while (end < text.length && !isBreak(text.charCodeAt(end))) end += 1;
  begin = Math.min(begin, end);
  const line = text.slice(begin, end);
  const shown = line.replace(/^\t+/, '');
  const tabs = line.length - shown.length;
  const indent = Math.max(0, utf8Length(text, begin, at) - tabs);
  return [shown, `${' '.repeat(indent)}^`];
}

const isBreak = (code: number): boolean => code === LF || code === CR;

export function textOf(span: Span): string {
  return span.source.text.slice(span.start, span.end);
}
