/** Changed verdicts as items for other programs. */
import { explanationLines } from '../explain/lines.ts';
import type { Report, ReportItem } from '../report/report.ts';
import type { PolicyDiff } from './diff-policies.ts';

/** An item per change, and one that passes when there is none. */
export function diffReport({ changes, requests }: PolicyDiff, suite: string): Report {
  const items = changes.map(({ entry, before, after, explained }): ReportItem => {
    return {
      suite,
      name: `${entry.endpoint} keeps its verdict: ${entry.note}`,
      status: 'failed',
      message: `${before.verdict} -> ${after.verdict}`,
      details: explained === undefined ? [] : explanationLines(explained),
      location: entry.place,
    };
  });
  const none: ReportItem = {
    suite,
    name: `${requests} requests have the same verdict`,
    status: 'passed',
  };
  return { title: 'policy diff', items: items.length > 0 ? items : [none] };
}
