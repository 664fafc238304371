/**
 * JUnit XML in the dialect that Jenkins and GitLab both read: testsuites > testsuite > testcase, times
 * in seconds, a failure's text inside the element, warnings and notes as output of a passed case.
 */
import type { Report, ReportItem } from './report.ts';

export function junitText({ title, items }: Report): string {
  const suites = new Map<string, ReportItem[]>();
  for (const item of items) {
    const suite = suites.get(item.suite);
    if (suite === undefined) suites.set(item.suite, [item]);
    else suite.push(item);
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes({ name: `katasim ${title}`, ...totals(items) })}>`,
    ...Array.from(suites, ([name, cases]) => suiteLines(name, cases)).flat(),
    '</testsuites>',
    '',
  ].join('\n');
}

function suiteLines(name: string, items: readonly ReportItem[]): readonly string[] {
  return [
    `  <testsuite ${attributes({ name, ...totals(items) })}>`,
    ...items.flatMap(caseLines),
    '  </testsuite>',
  ];
}

function caseLines(item: ReportItem): readonly string[] {
  const { suite, name, ruleId, location, durationMs = 0 } = item;
  const head = attributes({
    // Readers group by class name and show the name below it: a finding's group is its check.
    classname: ruleId === undefined ? suite : `${suite}.${ruleId}`,
    name,
    file: location?.file ?? suite,
    line: location?.line,
    time: seconds(durationMs),
  });
  const inner = innerLine(item);
  if (inner === undefined) return [`    <testcase ${head}/>`];
  return [`    <testcase ${head}>`, `      ${inner}`, `    </testcase>`];
}

function innerLine({
  status,
  message,
  name,
  details = [],
  ruleId,
  location,
}: ReportItem): string | undefined {
  const { file, line, column } = location ?? {};
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const said = [`${place === '' ? '' : `${place}: `}${message ?? name}`, ...details];
  const text = escapeXml(said.join('\n'));
  switch (status) {
    case 'failed':
      return `<failure ${attributes({ type: ruleId ?? 'failed', message: message ?? name })}>${text}</failure>`;
    case 'skipped':
      return `<skipped ${attributes({ message: message ?? 'skipped' })}/>`;
    case 'warning':
    case 'note':
      return `<system-out>${status}: ${text}</system-out>`;
    case 'passed':
      return details.length === 0 ? undefined : `<system-out>${text}</system-out>`;
  }
}

function totals(items: readonly ReportItem[]): Readonly<Record<string, string | number>> {
  const count = (wanted: ReportItem['status']): number =>
    items.filter(({ status }) => status === wanted).length;
  return {
    tests: items.length,
    failures: count('failed'),
    errors: 0,
    skipped: count('skipped'),
    time: seconds(items.reduce((sum, { durationMs = 0 }) => sum + durationMs, 0)),
  };
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

const attributes = (values: Readonly<Record<string, string | number | undefined>>): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${escapeXml(String(value), true)}"`)
    .join(' ');

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/**
 * XML 1.0 has no way to write most control characters, lone surrogates, U+FFFE and U+FFFF: they become
 * `\u001b`, as text. Line breaks and tabs in attributes are written as references, or a parser makes
 * blanks of them.
 */
function escapeXml(text: string, inAttribute = false): string {
  return text
    .replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char)
    .replace(inAttribute ? /[\t\n\r]/g : /\r/g, (char) => `&#${char.charCodeAt(0)};`)
    .replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}
