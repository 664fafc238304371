/** Places in a text, and the text around them, for people. */
import type { ErrorLocation } from '#base';

/** Line and column of an offset, from 1; columns count characters. `firstLine`: what line 1 is. */
export function placeIn(
  text: string,
  offset: number,
  { file, firstLine = 1 }: { readonly file: string; readonly firstLine?: number },
): Required<ErrorLocation> {
  let line = 0;
  let start = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', start)) {
    line++;
    start = at + 1;
  }
  const column = Array.from(text.slice(start, offset)).length + 1;
  return { file, line: firstLine + line, column };
}

/** Characters shown on either side of the place that is wrong. */
const AROUND = 36;

/** The text around an offset with a caret under it: a line of a log can be a megabyte. */
export function excerptAt(text: string, offset: number): readonly string[] {
  const lineStart = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
  const found = text.indexOf('\n', offset);
  const lineEnd = found < 0 ? text.length : found;
  const from = Math.max(lineStart, offset - AROUND);
  const to = Math.min(lineEnd, offset + AROUND);
  const head = from > lineStart ? '...' : '';
  const tail = to < lineEnd ? '...' : '';
  // Tabs and the like would move the caret.
  const shown = text.slice(from, to).replace(/[\u0000-\u001f\u007f]/g, ' ');
  const caret = ' '.repeat(head.length + Array.from(text.slice(from, offset)).length);
  return [`${head}${shown}${tail}`, `${caret}^`];
}
