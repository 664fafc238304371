/** The table of docs/conformance.md and of the terminal: per folder, what passed and what did not. */
import type { Exception, Review } from './exceptions.ts';
import type { Outcome, Suite } from './suite.ts';

interface Count {
  passed: number;
  failed: number;
  notApplicable: number;
  readonly reasons: Map<string, number>;
}

const noCount = (): Count => ({ passed: 0, failed: 0, notApplicable: 0, reasons: new Map() });

function add(count: Count, { verdict }: Outcome): void {
  switch (verdict.kind) {
    case 'passed':
      count.passed += 1;
      break;
    case 'failed':
      count.failed += 1;
      break;
    case 'not-applicable':
      count.notApplicable += 1;
      count.reasons.set(verdict.reason, (count.reasons.get(verdict.reason) ?? 0) + 1);
      break;
  }
}

function countBy(
  outcomes: readonly Outcome[],
  key: (outcome: Outcome) => string,
): Map<string, Count> {
  const counts = new Map<string, Count>();
  for (const outcome of outcomes) {
    const name = key(outcome);
    let count = counts.get(name);
    if (count === undefined) counts.set(name, (count = noCount()));
    add(count, outcome);
  }
  return counts;
}

function share({ passed, failed }: Count): string {
  if (passed + failed === 0) return '–';
  // Rounded down, so that 100 % means every one.
  return `${(Math.floor((passed / (passed + failed)) * 10_000) / 100).toFixed(2)} %`;
}

const reasonsText = ({ reasons }: Count): string =>
  [...reasons].map(([reason, times]) => `${reason} (${times})`).join('; ');

export function summaryLines(suites: readonly Suite[], outcomes: readonly Outcome[]): string[] {
  const counts = countBy(outcomes, ({ suite }) => suite);
  return suites.map((suite) => {
    const count = counts.get(suite.name);
    if (count === undefined) return `${suite.name}: skipped, ${suite.absent ?? 'no cases'}`;
    return `${suite.name}: ${count.passed} passed, ${count.failed} failed, ${count.notApplicable} not applicable, ${share(count)}`;
  });
}

function folderTable(outcomes: readonly Outcome[]): string[] {
  const lines = ['| folder | passed | failed | not applicable |', '|---|---:|---:|---|'];
  for (const [folder, count] of countBy(outcomes, (outcome) => outcome.folder)) {
    lines.push(`| ${folder} | ${count.passed} | ${count.failed} | ${reasonsText(count)} |`);
  }
  return lines;
}

function suiteSection(suite: Suite, outcomes: readonly Outcome[]): string[] {
  const own = outcomes.filter((outcome) => outcome.suite === suite.name);
  const lines = ['', `## ${suite.name}`, '', `Source: ${suite.origin}.`, ''];
  if (own.length === 0) return [...lines, `Not run here: ${suite.absent ?? 'no cases'}.`];
  return [...lines, ...folderTable(own)];
}

function exceptionSection(exceptions: readonly Exception[]): string[] {
  const lines = ['', '## Known failures', ''];
  if (exceptions.length === 0) return [...lines, 'None.'];
  lines.push('| suite | case | cause |', '|---|---|---|');
  for (const { suite, note, reason } of exceptions) {
    lines.push(
      `| ${suite} | ${note.replaceAll('|', '\\|')} | ${reason.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`,
    );
  }
  return lines;
}

/** The whole of docs/conformance.md. */
export function documentText(
  suites: readonly Suite[],
  outcomes: readonly Outcome[],
  exceptions: readonly Exception[],
): string {
  const counts = countBy(outcomes, ({ suite }) => suite);
  const lines = [
    '# Conformance of the Rego engine',
    '',
    'Written by `npm run conformance`. A case is *not applicable* when it asks for something katasim leaves',
    'out on purpose; every failure is in the reviewed list at the end (testbed/conformance/exceptions.yaml).',
    '',
    '| suite | passed | failed | not applicable | of the applicable |',
    '|---|---:|---:|---:|---:|',
  ];
  for (const { name } of suites) {
    const count = counts.get(name) ?? noCount();
    lines.push(
      `| ${name} | ${count.passed} | ${count.failed} | ${count.notApplicable} | ${share(count)} |`,
    );
  }
  for (const suite of suites) lines.push(...suiteSection(suite, outcomes));
  return [...lines, ...exceptionSection(exceptions), ''].join('\n');
}

export function reviewLines({ unexpected, stale }: Review, limit: number): string[] {
  const lines = unexpected.slice(0, limit).map(({ suite, note, verdict }) => {
    const reason = verdict.kind === 'failed' ? verdict.reason : '';
    return `FAILED ${suite} ${note}\n  ${reason.replaceAll('\n', '\n  ')}`;
  });
  if (unexpected.length > limit) lines.push(`… and ${unexpected.length - limit} more`);
  for (const { suite, note } of stale) {
    lines.push(`STALE ${suite} ${note}: passes now or is gone; take it out of exceptions.yaml`);
  }
  return lines;
}
