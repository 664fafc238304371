/** What a check found, and how findings are made from places in the text. */
import type { ErrorLocation } from '#base';
import { opaPosition, type Module, type ResolvedPolicy, type Source, type Span } from '#rego';
import type { KataProfile, PolicyCheck, RegoEngine } from '#gate';
import type { ReportRegion } from '../report/report.ts';
import { checks, type CheckId, type FindingSeverity } from './catalogue.ts';

export interface PolicyFinding {
  readonly id: CheckId;
  readonly severity: FindingSeverity;
  readonly message: string;
  /** As people read it: of an engine's error the engine's own columns, else code points. */
  readonly location: ErrorLocation;
  /** As editors underline it. Absent where the finding is about the whole text. */
  readonly region?: ReportRegion;
  /** Source lines to show below the message. */
  readonly excerpt?: readonly string[];
  /** What to do. */
  readonly hint?: string;
  readonly endpoint?: string;
}

/** What a finding says beside its id and place. */
export interface FindingText {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly endpoint?: string;
  /** Default: that of the check. */
  readonly severity?: FindingSeverity;
}

/** What a check gets to see, and where it puts what it finds. */
export interface CheckContext {
  readonly source: Source;
  readonly kata: KataProfile;
  readonly engine: RegoEngine;
  /** The text as it is written. */
  readonly module: Module;
  /** The same with names settled. */
  readonly policy: ResolvedPolicy;
  /** What the gate knows of each endpoint. */
  readonly endpoints: PolicyCheck;
  readonly report: (id: CheckId, span: Span, text: FindingText) => void;
}

/** A finding at a place of the text, with its line to show. */
export function findingAt(
  id: CheckId,
  span: Span,
  { message, hint, endpoint, severity = checks[id].severity }: FindingText,
): PolicyFinding {
  const { source, start } = span;
  const { row, col } = opaPosition(source, start);
  const region = regionOf(span);
  return {
    id,
    severity,
    message,
    location: { file: source.name, line: row, column: col },
    region,
    excerpt: [shownLine(source, start).line],
    ...(hint !== undefined && { hint }),
    ...(endpoint !== undefined && { endpoint }),
  };
}

/** The part of a span that lies on its first line: what a reader looks at. */
export function regionOf({ source, start, end }: Span): ReportRegion {
  const { text } = source;
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const lineEnd = text.indexOf('\n', start);
  const stop = Math.max(start + 1, Math.min(end, lineEnd < 0 ? text.length : lineEnd));
  const line = opaPosition(source, start).row;
  return {
    startLine: line,
    startColumn: start - lineStart + 1,
    endLine: line,
    endColumn: stop - lineStart + 1,
  };
}

/** Longer lines are cut: a policy may carry 64 KiB of data on one. */
const MAX_EXCERPT = 88;

/** The line of an offset, and the part of it that stands before the offset, both as they are shown. */
export function shownLine(
  { text }: Source,
  offset: number,
): { readonly line: string; readonly before: string } {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  const line = text.slice(start, end < 0 ? text.length : end).trimEnd();
  const column = offset - start;
  if (line.length <= MAX_EXCERPT) return { line, before: line.slice(0, column) };
  const from = Math.max(0, column - MAX_EXCERPT / 2);
  const mark = from > 0 ? '...' : '';
  const rest = line.length > from + MAX_EXCERPT ? '...' : '';
  return {
    line: `${mark}${line.slice(from, from + MAX_EXCERPT)}${rest}`,
    before: mark + line.slice(from, column),
  };
}
