/** Findings of a check as a report: what is bad enough fails, the rest keeps its severity. */
import { checks, type FindingSeverity, type PolicyFinding } from '#policy/check';
import type { Report, ReportItem, ReportStatus } from '#policy/report';
import type { CommandContext } from '../../command.ts';
import { checkPageUri } from '../../report-output.ts';
import type { CheckedFile } from './check-text.ts';

const STATUS: Readonly<Record<FindingSeverity, ReportStatus>> = {
  error: 'failed',
  warning: 'warning',
  info: 'note',
};

export function checkReport(
  files: readonly CheckedFile[],
  failing: readonly FindingSeverity[],
  context: CommandContext,
): Report {
  const item = (file: string, finding: PolicyFinding): ReportItem => ({
    suite: file,
    name: finding.message,
    status: failing.includes(finding.severity) ? 'failed' : STATUS[finding.severity],
    ruleId: finding.id,
    message: finding.message,
    details: finding.hint === undefined ? [] : [finding.hint],
    location: finding.location,
    ...(finding.region !== undefined && { region: finding.region }),
  });
  return {
    title: 'policy check',
    // A file without findings is a case that passed: readers want to see that it was looked at.
    items: files.flatMap(({ file, findings }): readonly ReportItem[] =>
      findings.length === 0
        ? [{ suite: file, name: 'no findings', status: 'passed' }]
        : findings.map((finding) => item(file, finding)),
    ),
    rules: Object.entries(checks).map(([id, { summary }]) => ({
      id,
      summary,
      helpUri: checkPageUri(context, id),
    })),
  };
}
