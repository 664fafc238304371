/** Source lines in errors, cut to what stands around the caret: a policy may be one line of megabytes. */

const MAX_LENGTH = 400;
/** To each side of the caret. */
const KEPT = 100;
const DOTS = '...';
/** The line number in front of a source line, and the bar below it. */
const GUTTER = /^\s*\d* *\| /;
const CARET_LINE = /^[\s|]*\^/;

/** Leaves shorter lines as they are. */
export function cutLongLines(text: string): string {
  const shown: string[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (line.length <= MAX_LENGTH) {
      shown.push(line);
      continue;
    }
    const below = lines[index + 1] ?? '';
    const hasCaret = CARET_LINE.test(below);
    const caret = hasCaret ? below.indexOf('^') : 0;
    const gutter = GUTTER.exec(line)?.[0].length ?? 0;
    const from = caret - KEPT <= gutter + DOTS.length ? gutter : caret - KEPT;
    const to = Math.min(line.length, Math.max(caret, from) + KEPT);
    const before = line.slice(0, gutter) + (from > gutter ? DOTS : '');
    shown.push(before + line.slice(from, to) + (to < line.length ? DOTS : ''));
    if (!hasCaret) continue;
    const bar = below.slice(0, gutter);
    shown.push(bar + ' '.repeat(before.length - gutter + caret - from) + below.slice(caret, to));
    index++;
  }
  return shown.join('\n');
}
