/**
 * Results for other programs to read: one list of items, written as JUnit XML, TAP, SARIF or GitHub
 * workflow commands. Findings of a check and cases of a test are both such items.
 */
import type { ErrorLocation } from '#base';

export type ReportStatus = 'passed' | 'failed' | 'skipped' | 'warning' | 'note';

export interface ReportItem {
  /** What groups items: the policy or the case file. */
  readonly suite: string;
  /** The sentence that should be true, or the finding's message. */
  readonly name: string;
  readonly status: ReportStatus;
  /** Stable id of the check, where it is one; its page is docs/checks/<id>.md. */
  readonly ruleId?: string;
  /** One line for what went wrong. */
  readonly message?: string;
  /** More lines: an explanation, a hint. */
  readonly details?: readonly string[];
  readonly location?: ErrorLocation;
  /** What an editor would underline. Without it, `location` alone says where. */
  readonly region?: ReportRegion;
  /** How long it took, where that was measured. */
  readonly durationMs?: number;
}

/** Lines and columns from 1, columns in UTF-16 units; the end is the place behind the last character. */
export interface ReportRegion {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** What a check is about, for readers that show it beside its findings. */
export interface ReportRule {
  readonly id: string;
  readonly summary: string;
  /** Where its page is. */
  readonly helpUri?: string;
}

export interface Report {
  /** `policy check`, `policy test` */
  readonly title: string;
  readonly items: readonly ReportItem[];
  /** The checks that items name, where there is more to say about them than their id. */
  readonly rules?: readonly ReportRule[];
  /** Version of katasim, for forms that name the tool. */
  readonly toolVersion?: string;
}
