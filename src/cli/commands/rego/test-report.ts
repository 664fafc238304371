/** The results of `rego test` in the layout of `opa test`. */
import { prettyJson } from './json-text.ts';
import type { TestResult, TestStatus } from '#rego';

const RULE = '-'.repeat(80);

function duration(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toFixed(3)}µs`;
  return nanoseconds < 1e9
    ? `${(nanoseconds / 1e6).toFixed(3)}ms`
    : `${(nanoseconds / 1e9).toFixed(3)}s`;
}

function resultLines(result: TestResult): string[] {
  const { package: path, name, status, durationNs, prints, error } = result;
  const timed = status === 'SKIPPED' ? status : `${status} (${duration(durationNs)})`;
  const lines = [`${path}.${name}: ${timed}`];
  if (error !== undefined) lines.push(...error.split('\n').map((line) => `  ${line}`));
  if (prints.length > 0) lines.push('', ...prints.map((line) => `  ${line}`), '');
  return lines;
}

/** Passing tests are shown with `verbose` only, grouped by file. */
export function prettyReport(results: readonly TestResult[], verbose: boolean): string[] {
  const lines: string[] = [];
  const shown = verbose ? results : results.filter(({ status }) => status !== 'PASS');
  for (const file of new Set(shown.map((result) => result.file))) {
    lines.push(`${file}:`);
    for (const result of shown) if (result.file === file) lines.push(...resultLines(result));
    lines.push('');
  }
  if (shown.length > 0) {
    lines.pop();
    lines.push(RULE);
  }
  const count = (wanted: TestStatus): number =>
    results.filter(({ status }) => status === wanted).length;
  for (const status of ['PASS', 'FAIL', 'SKIPPED', 'ERROR'] as const) {
    if (status === 'PASS' || count(status) > 0) {
      lines.push(`${status}: ${count(status)}/${results.length}`);
    }
  }
  return lines;
}

export function jsonReport(results: readonly TestResult[]): string {
  return prettyJson(
    results.map(({ package: path, name, file, row, col, status, durationNs, prints, error }) => ({
      location: { file, row, col },
      package: path,
      name,
      fail: status === 'FAIL' ? true : undefined,
      skip: status === 'SKIPPED' ? true : undefined,
      error,
      duration: durationNs,
      output:
        prints.length > 0 ? Buffer.from(`${prints.join('\n')}\n`).toString('base64') : undefined,
    })),
  );
}
