/**
 * `# katasim:ignore <id>: reason`, on the line of the finding or above it. A suppression that says no
 * reason, names no check or suppresses nothing is a finding of its own: it would hide the next one.
 */
import { nearest } from '#base';
import { opaPosition, type Source, type Span } from '#rego';
import { checkIds, isCheckId, type CheckId } from './catalogue.ts';
import { findingAt, type PolicyFinding } from './finding.ts';

export interface Suppression {
  /** As written; checked against the table when it is applied. */
  readonly id: string;
  readonly reason: string;
  /** The line whose findings it is about. */
  readonly line: number;
  readonly span: Span;
}

export interface Suppressed {
  readonly finding: PolicyFinding;
  readonly reason: string;
}

/** Found by its own words: the guest's parser keeps no comments, and no policy says this in a string. */
const MARK = /#[ \t]*katasim:ignore\b[ \t]*([\w-]*)[ \t]*:?[ \t]*(.*)$/gm;

export function suppressionsIn(source: Source): readonly Suppression[] {
  const marks = [...source.text.matchAll(MARK)];
  if (marks.length === 0) return [];
  const targets = targetLines(source);
  return marks.map((match): Suppression => {
    const [whole, id = '', reason = ''] = match;
    const span = { source, start: match.index, end: match.index + whole.length };
    const row = opaPosition(source, span.start).row;
    return { id, reason: reason.trim(), line: targets[row - 1] ?? row, span };
  });
}

/**
 * For each line the one that a comment in it is about: the line itself when something stands before
 * the comment, else the next line that is no comment.
 */
function targetLines({ text }: Source): readonly number[] {
  const rows = text.split('\n');
  const targets = new Array<number>(rows.length);
  let next: number | undefined;
  for (let line = rows.length; line >= 1; line--) {
    const row = rows[line - 1]?.trim() ?? '';
    const isCode = row !== '' && !row.startsWith('#');
    if (isCode) next = line;
    targets[line - 1] = next ?? line;
  }
  return targets;
}

/** Findings that are left, those of the suppressions among them. */
export function applySuppressions(
  findings: readonly PolicyFinding[],
  suppressions: readonly Suppression[],
): { readonly findings: readonly PolicyFinding[]; readonly suppressed: readonly Suppressed[] } {
  const used = new Set<Suppression>();
  const suppressed: Suppressed[] = [];
  const byPlace = new Map<string, Suppression>();
  for (const one of suppressions) {
    const place = `${one.id}:${String(one.line)}`;
    if (!byPlace.has(place)) byPlace.set(place, one);
  }
  const left = findings.filter((finding) => {
    const one = byPlace.get(`${finding.id}:${String(finding.location.line ?? 1)}`);
    if (one === undefined) return true;
    used.add(one);
    suppressed.push({ finding, reason: one.reason });
    return false;
  });
  return {
    findings: [...left, ...suppressions.flatMap((one) => complaint(one, used.has(one)))],
    suppressed,
  };
}

function complaint({ id, reason, span }: Suppression, isUsed: boolean): readonly PolicyFinding[] {
  const found = (which: CheckId, message: string, hint: string): readonly PolicyFinding[] => [
    findingAt(which, span, { message, hint }),
  ];
  if (!isCheckId(id)) {
    const near = nearest(id, checkIds);
    return found(
      'suppression-unknown',
      id === '' ? 'the suppression names no check' : `there is no check ${id}`,
      near === undefined
        ? 'Write # katasim:ignore <id>: reason, with the id that stands behind the finding.'
        : `Did you mean ${near}?`,
    );
  }
  if (!isUsed) {
    return found(
      'suppression-unused',
      `nothing here is a finding of ${id}`,
      'Remove the comment, or put it on the line of the finding or above it.',
    );
  }
  if (reason !== '') return [];
  return found(
    'suppression-without-reason',
    `${id} is suppressed without a reason`,
    `Write # katasim:ignore ${id}: the reason, for the next reader.`,
  );
}
