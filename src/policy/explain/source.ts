/**
 * The policy with what one evaluation did to it: lines it went through, where ways ended, and the
 * values seen there. What it never looked at has an empty gutter.
 */
import { CoverageRecorder } from '#rego';
import type { RegoEngine } from '#gate';
import type { Json } from '#wire';
import type { Difference, Explained, Paint } from './explained.ts';
import { cut } from './text.ts';

export interface AnnotateOptions {
  /** The state in which it was decided. */
  readonly state: Json;
  readonly width?: number;
  readonly paint?: Paint;
}

/** A line per line of the policy: `+` gone through, `!` stopped, and a `^` line with the reason. */
export function annotatedSource(
  { policy }: RegoEngine,
  explained: Explained,
  { state, width = 100, paint = (_, text) => text }: AnnotateOptions,
): readonly string[] {
  const { decision, candidates } = explained;
  const coverage = new CoverageRecorder();
  policy.query(`data.agent_policy.${decision.endpoint}`, {
    input: { value: decision.input },
    data: { value: state },
    coverage,
  });
  const hit = new Set<number>();
  for (const { covered } of Object.values(coverage.report(policy.resolved).files)) {
    for (const { start, end } of covered)
      for (let row = start.row; row <= end.row; row++) hit.add(row);
  }
  const stops = stopsOf(candidates[0]?.differences ?? []);
  const [source] = policy.resolved.modules;
  const text = source?.source.package.span.source.text ?? '';
  const rows = text.replace(/\n$/, '').split('\n');
  const digits = String(rows.length).length;
  return rows.flatMap((row, i) => {
    const line = i + 1;
    const reasons = stops.get(line) ?? [];
    const mark =
      reasons.length > 0 ? paint('deny', '!') : hit.has(line) ? paint('allow', '+') : ' ';
    const body = `${mark} ${String(line).padStart(digits)} ${row.replaceAll('\t', '    ')}`;
    const indent = ' '.repeat(digits + 3);
    return [
      body.trimEnd(),
      ...reasons.map(
        (reason) => `${indent}${paint('caret', `^ ${cut(reason, width - digits - 6)}`)}`,
      ),
    ];
  });
}

function stopsOf(differences: readonly Difference[]): ReadonlyMap<number, readonly string[]> {
  const stops = new Map<number, string[]>();
  for (const { place, sentence } of differences) {
    const known = stops.get(place.line);
    if (known === undefined) stops.set(place.line, [sentence]);
    else known.push(sentence);
  }
  return stops;
}
