/**
 * The policy with a gutter: how often each line was reached, and a mark where something is missing.
 * `!` never reached, `~` always held, `-` never held; nothing to the left of a line that has no code.
 */
import type { PolicyCoverage } from './coverage.ts';

export type LineMark = 'never' | 'always held' | 'never held' | 'covered' | 'no code';

export interface AnnotatedLine {
  readonly hits: number | undefined;
  readonly mark: LineMark;
  readonly text: string;
}

const SIGNS: Readonly<Record<LineMark, string>> = {
  never: '!',
  'always held': '~',
  'never held': '-',
  covered: ' ',
  'no code': ' ',
};

/** One per line of the source. */
export function annotatedLines(coverage: PolicyCoverage, text: string): readonly AnnotatedLine[] {
  const held = new Map<number, { always: boolean; never: boolean }>();
  for (const { line, tried, held: count, decides } of coverage.expressionRows) {
    if (!decides || tried === 0) continue;
    const known = held.get(line) ?? { always: false, never: false };
    known.always ||= count === tried;
    known.never ||= count === 0;
    held.set(line, known);
  }
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line, index) => {
      const hits = coverage.lineHits.get(index + 1);
      const { always = false, never = false } = held.get(index + 1) ?? {};
      const reached: LineMark = never ? 'never held' : always ? 'always held' : 'covered';
      const mark = hits === undefined ? 'no code' : hits === 0 ? 'never' : reached;
      return { hits, mark, text: line.replace(/\r$/, '') };
    });
}

/** As text: seven columns of gutter, a bar, the source. */
export const annotatedText = ({ hits, mark, text }: AnnotatedLine): string =>
  `${(hits === undefined ? '' : String(hits)).padStart(6)}${SIGNS[mark]}| ${text}`.trimEnd();
