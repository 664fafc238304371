/**
 * SARIF 2.1.0, as code scanning services take it: one run, a rule per check with its page, a result per
 * finding or failed case. What passed is left out: viewers would list it as a problem.
 */
import type { Report, ReportItem, ReportRule, ReportStatus } from './report.ts';

type Level = 'error' | 'warning' | 'note';

const LEVELS: Readonly<Record<ReportStatus, Level | undefined>> = {
  failed: 'error',
  warning: 'warning',
  note: 'note',
  skipped: undefined,
  passed: undefined,
};

/** A case of a test is no check, and a result must name one. */
const CASE_RULE = 'case-failed';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

export function sarifText(report: Report): string {
  const found = report.items.flatMap((item) => {
    const level = LEVELS[item.status];
    return level === undefined ? [] : [{ item, level }];
  });
  const rules = rulesOf(
    report,
    found.map(({ item }) => item),
  );
  const index = new Map(rules.map(({ id }, i) => [id, i]));
  const document = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'katasim',
            ...(report.toolVersion !== undefined && { semanticVersion: report.toolVersion }),
            rules: rules.map(descriptor),
          },
        },
        automationDetails: { id: `katasim ${report.title}/` },
        columnKind: 'utf16CodeUnits',
        results: found.map(({ item, level }) => result(item, level, index)),
      },
    ],
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** Only those that have a result, in the order in which they first have one. */
function rulesOf({ rules = [] }: Report, items: readonly ReportItem[]): readonly ReportRule[] {
  const known = new Map(rules.map((rule) => [rule.id, rule]));
  const ids = new Set(items.map(({ ruleId = CASE_RULE }) => ruleId));
  return Array.from(
    ids,
    (id) => known.get(id) ?? { id, summary: id === CASE_RULE ? 'A case has another outcome.' : id },
  );
}

const descriptor = ({ id, summary, helpUri }: ReportRule): object => ({
  id,
  shortDescription: { text: summary },
  ...(helpUri !== undefined && { helpUri, help: { text: `${summary} See ${helpUri}` } }),
});

function result(item: ReportItem, level: Level, index: ReadonlyMap<string, number>): object {
  const { ruleId = CASE_RULE, name, message, details = [] } = item;
  const headline = message === undefined || item.ruleId !== undefined ? [] : [name];
  return {
    ruleId,
    ruleIndex: index.get(ruleId) ?? -1,
    level,
    message: { text: [...headline, message ?? name, ...details].join('\n') },
    locations: [{ physicalLocation: physicalLocation(item) }],
  };
}

function physicalLocation({ suite, location, region }: ReportItem): object {
  const { line, column } = location ?? {};
  const start = line === undefined ? undefined : { startLine: line, startColumn: column ?? 1 };
  const where = region ?? start;
  return {
    artifactLocation: { uri: fileUri(location?.file ?? suite) },
    ...(where !== undefined && { region: where }),
  };
}

/** Relative paths stay relative: services resolve them against the checkout. */
function fileUri(path: string): string {
  const encoded = path.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${encoded}` : encoded.replace(/^(?:\.\/)+/, '');
}
