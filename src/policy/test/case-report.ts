/** Results of cases and of test rules as one list for people and programs. */
import type { ErrorLocation } from '#base';
import type { RecordedVerdict } from '../corpus/entry.ts';
import { explanationLines } from '../explain/lines.ts';
import type { Paint } from '../explain/explained.ts';
import type { Report, ReportItem } from '../report/report.ts';
import type { CaseResult, CaseStatus } from './run-cases.ts';
import type { RowWarning, RuleResult } from './run-rules.ts';

/** One row of a test run, whatever it was written in. */
export interface TestRow {
  readonly name: string;
  readonly status: CaseStatus;
  readonly reasons: readonly string[];
  readonly place: ErrorLocation;
  readonly durationMs: number;
  /** Of a request; absent for a rule. */
  readonly endpoint?: string;
  readonly expected?: RecordedVerdict | undefined;
  readonly verdict?: RecordedVerdict | undefined;
  /** The sentence that an agent would answer. */
  readonly message?: string | undefined;
  /** What is wrong with the test itself, however it went. */
  readonly warnings?: readonly RowWarning[];
  /** Fields of the request that no message has. */
  readonly ignored?: readonly string[];
  /** The lines that tell why, for a failed row. */
  readonly explain: (options: {
    readonly width?: number;
    readonly paint?: Paint;
  }) => readonly string[];
}

/** What one file of cases gave under one policy and one release. */
export interface TestSuite {
  readonly file: string;
  readonly policy: string;
  readonly kataVersion: string;
  readonly rows: readonly TestRow[];
}

const EXPLAIN = 'policy explain --full';

export function rowOfCase(result: CaseResult): TestRow {
  const { entry, decision, explained, skippedFor } = result;
  const texts = result.unmet.map(({ text }) => text);
  return {
    name: entry.note,
    status: result.status,
    reasons: skippedFor === undefined ? texts : [skippedFor],
    place: entry.place,
    durationMs: result.durationMs,
    endpoint: entry.endpoint,
    expected: entry.recorded,
    verdict: decision?.verdict,
    ...(decision !== undefined && { message: decision.reason }),
    ...(entry.ignored !== undefined && { ignored: entry.ignored }),
    explain: (options) =>
      explained === undefined
        ? []
        : explanationLines(explained, { ...options, fullOption: EXPLAIN }),
  };
}

export function rowOfRule(result: RuleResult): TestRow {
  const { name, status, reasons, place, durationMs, prints, warnings } = result;
  const warned = warnings.length > 0 && { warnings };
  return { name, status, reasons, place, durationMs, ...warned, explain: () => prints };
}

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function countRows(suites: readonly TestSuite[]): TestCounts {
  const count = (status: CaseStatus): number =>
    suites.reduce((sum, { rows }) => sum + rows.filter((row) => row.status === status).length, 0);
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

/** `several`: more than one release was asked for, so that suites are named with theirs. */
export function testReport(suites: readonly TestSuite[]): Report {
  const several = new Set(suites.map(({ kataVersion }) => kataVersion)).size > 1;
  const items = suites.flatMap(({ file, kataVersion, rows }) => {
    const suite = several ? `${file} (Kata ${kataVersion})` : file;
    return rows.flatMap((row) => [itemOf(row, suite), ...warningItems(row, suite)]);
  });
  return { title: 'policy test', items };
}

function itemOf(row: TestRow, suite: string): ReportItem {
  const [message] = row.reasons;
  const details = [...row.reasons.slice(1), ...(row.status === 'failed' ? row.explain({}) : [])];
  return {
    suite,
    name: row.name,
    status: row.status,
    location: row.place,
    durationMs: row.durationMs,
    ...(message !== undefined && { message }),
    ...(details.length > 0 && { details }),
  };
}

const warningItems = ({ name, warnings = [] }: TestRow, suite: string): readonly ReportItem[] =>
  warnings.map(({ message, place }) => ({
    suite,
    name,
    status: 'warning',
    location: place,
    message,
  }));
