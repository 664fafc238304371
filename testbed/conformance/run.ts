/**
 * `npm run conformance [-- SUITE... --grep TEXT --limit N]`: runs the suites, prints what fails and
 * the totals, and writes docs/conformance.md when all suites ran in full.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process, { argv, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { readExceptions, review } from './exceptions.ts';
import { documentText, reviewLines, summaryLines } from './report.ts';
import { runSuite } from './suite.ts';
import { suiteLoaders } from './suites.ts';

const { values, positionals } = parseArgs({
  args: argv.slice(2),
  allowPositionals: true,
  options: {
    grep: { type: 'string', short: 'g' },
    limit: { type: 'string', default: '40' },
  },
});

const names = positionals.length === 0 ? Object.keys(suiteLoaders) : positionals;
const suites = names.map((name) => {
  const load = suiteLoaders[name];
  if (load === undefined) {
    throw new Error(`unknown suite ${name}; there are ${Object.keys(suiteLoaders).join(', ')}`);
  }
  const suite = load();
  const grep = values.grep;
  if (grep === undefined) return suite;
  return { ...suite, cases: suite.cases.filter(({ note }) => note.includes(grep)) };
});

const started = performance.now();
const outcomes = suites.flatMap(runSuite);
const seconds = (performance.now() - started) / 1000;
const exceptions = readExceptions();
const findings = review(outcomes, values.grep === undefined ? exceptions : []);
for (const line of reviewLines(findings, Number(values.limit))) stdout.write(`${line}\n`);
for (const line of summaryLines(suites, outcomes)) stdout.write(`${line}\n`);
stdout.write(`${outcomes.length} cases in ${seconds.toFixed(1)} s\n`);

if (
  positionals.length === 0 &&
  values.grep === undefined &&
  suites.every(({ absent }) => !absent)
) {
  const file = join(import.meta.dirname, '..', '..', 'docs', 'conformance.md');
  writeFileSync(file, documentText(suites, outcomes, exceptions));
}
process.exitCode = findings.unexpected.length + findings.stale.length > 0 ? 1 : 0;
