/**
 * TAP version 14: one test point per item, what went wrong as a YAML block below it. Scalars of the
 * block are JSON strings, which every YAML reader takes and which need no rules of their own.
 */
import type { Report, ReportItem } from './report.ts';

export function tapText({ items }: Report): string {
  return [
    'TAP version 14',
    `1..${items.length}`,
    ...items.flatMap((item, i) => pointLines(item, i + 1)),
    '',
  ].join('\n');
}

function pointLines(item: ReportItem, number: number): readonly string[] {
  const { suite, name, status } = item;
  const state = status === 'failed' ? 'not ok' : 'ok';
  const directive = status === 'skipped' ? ` # SKIP ${description(item.message ?? '')}` : '';
  const point = `${state} ${number} - ${description(`${suite}: ${name}`)}${directive}`;
  return [point.trimEnd(), ...(status === 'skipped' ? [] : diagnosticLines(item))];
}

/** `#` starts a directive and `\` escapes it; a line break would end the test point. */
const description = (text: string): string =>
  text.replace(/[\\#]/g, (char) => `\\${char}`).replace(/[\u0000-\u001f\u007f]+/g, ' ');

function diagnosticLines(item: ReportItem): readonly string[] {
  const { status, ruleId, message, location, details = [], durationMs } = item;
  const said = status !== 'passed' || details.length > 0;
  if (!said && durationMs === undefined) return [];
  const rows: (readonly [string, string | number | undefined])[] = [
    ['severity', said && status !== 'passed' ? SEVERITY[status] : undefined],
    ['rule', ruleId],
    ['message', message],
    ['file', location?.file],
    ['line', location?.line],
    ['column', location?.column],
    ['duration_ms', durationMs === undefined ? undefined : Number(durationMs.toFixed(3))],
  ];
  return [
    '  ---',
    ...rows.flatMap(([key, value]) => (value === undefined ? [] : [`  ${key}: ${scalar(value)}`])),
    ...(details.length === 0
      ? []
      : ['  details:', ...details.map((line) => `    - ${scalar(line)}`)]),
    '  ...',
  ];
}

const SEVERITY = {
  failed: 'fail',
  warning: 'warning',
  note: 'comment',
  skipped: 'skip',
} as const satisfies Readonly<Record<Exclude<ReportItem['status'], 'passed'>, string>>;

/** JSON text is YAML, but for characters that YAML wants escaped even in quotes. */
const scalar = (value: string | number): string =>
  JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
