/** The forms of a report that other programs read, one row each. */
import { githubText } from './github.ts';
import { junitText } from './junit.ts';
import type { Report } from './report.ts';
import { sarifText } from './sarif.ts';
import { tapText } from './tap.ts';

const WRITERS = {
  junit: junitText,
  tap: tapText,
  sarif: sarifText,
  github: githubText,
} as const satisfies Readonly<Record<string, (report: Report) => string>>;

export type ReportForm = keyof typeof WRITERS;

/** A report as text that ends with a line break; empty where the form has nothing to say. */
export const writeReport = (report: Report, form: ReportForm): string => WRITERS[form](report);
