/** An explanation as lines of text. */
import type { Explained, Paint } from './explained.ts';

export interface LineOptions {
  /** Everything; default is what fits a screen. */
  readonly full?: boolean;
  /** Default 100. */
  readonly width?: number;
  /** Default: plain text. */
  readonly paint?: Paint;
}

export function explanationLines(
  { decision, decidedBy, candidates }: Explained,
  { paint = (_, text) => text }: LineOptions = {},
): readonly string[] {
  const lines = [
    `${paint(decision.verdict === 'allow' ? 'allow' : 'deny', decision.verdict)} ${decision.endpoint}`,
  ];
  const [nearest] = candidates;
  const [first] = nearest?.differences ?? [];
  if (first !== undefined) lines.push(first.sentence);
  else if (decidedBy !== undefined)
    lines.push(`decided by ${decidedBy.file}:${String(decidedBy.line)}: ${decidedBy.text.trim()}`);
  return lines;
}
