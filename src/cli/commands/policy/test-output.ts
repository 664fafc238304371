/** What `policy test` prints for people, and its JSON. */
import type { TestCounts, TestRow, TestSuite } from '#policy/test';
import type { CommandContext } from '../../command.ts';
import { formatTable } from '../../output.ts';
import { painter, widthOf } from '../../paint.ts';
import type { SuiteResult } from './test-suite.ts';

type Context = Pick<CommandContext, 'options' | 'output'>;

/** Failed rows with their explanation; passed ones by number, or with -v by name. */
export class SuitePrinter {
  readonly #context: Context;
  readonly #isMatrix: boolean;
  /** A case that fails in many releases is explained once. */
  readonly #explained = new Set<string>();

  constructor(context: Context, isMatrix: boolean) {
    this.#context = context;
    this.#isMatrix = isMatrix;
  }

  print({ file, rows, kataVersion }: TestSuite): void {
    const { options, output } = this.#context;
    const failed = rows.filter(({ status }) => status === 'failed');
    const word = failed.length > 0 ? output.style('red', 'FAIL') : output.style('green', 'ok  ');
    const release = this.#isMatrix ? `, Kata ${kataVersion}` : '';
    const cases = `${rows.length} ${rows.length === 1 ? 'case' : 'cases'}${release}`;
    output.line(`${word}  ${file}: ${cases}`);
    for (const row of options.flag('verbose') ? rows : failed) {
      const isKnown = this.#isMatrix && this.#explained.has(keyOf(row));
      printRow(row, { output, explains: !isKnown });
      if (row.status === 'failed') this.#explained.add(keyOf(row));
    }
    if (!options.flag('verbose')) printSkipped(rows, this.#context);
    for (const { warnings = [] } of rows) printWarnings(warnings, this.#context);
  }
}

/** How many for which reason. */
function printSkipped(rows: readonly TestRow[], { output }: Pick<Context, 'output'>): void {
  const skipped = rows.filter(({ status }) => status === 'skipped');
  const counts = new Map<string, number>();
  for (const { reasons } of skipped) {
    const reason = reasons.length === 0 ? 'its name begins with todo_' : reasons.join('; ');
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  for (const [reason, count] of counts) {
    const cases = `${count} ${count === 1 ? 'case' : 'cases'}`;
    output.line(`  ${output.style('yellow', WORDS.skipped)}  ${cases}: ${reason}`);
  }
}

function printWarnings(
  warnings: NonNullable<TestRow['warnings']>,
  { output }: Pick<Context, 'output'>,
): void {
  for (const { message, place } of warnings) {
    const where = output.style('cyan', placeText(place));
    output.line(`  ${output.style('yellow', 'warn')}  ${message}  ${where}`);
  }
}

const placeText = ({ file, line, column }: TestRow['place']): string =>
  [file, line, column].filter((part) => part !== undefined).join(':');

const INDENT = ' '.repeat(6);

function printRow(
  row: TestRow,
  { output, explains }: Pick<Context, 'output'> & { readonly explains: boolean },
): void {
  const style = { passed: 'green', failed: 'red', skipped: 'yellow' } as const;
  const where = row.status === 'failed' ? `  ${output.style('cyan', placeText(row.place))}` : '';
  output.line(`  ${output.style(style[row.status], WORDS[row.status])}  ${row.name}${where}`);
  if (row.status === 'passed') return;
  for (const reason of row.reasons) output.line(`${INDENT}${reason}`);
  for (const path of row.ignored ?? []) output.line(`${INDENT}no such field, left out: ${path}`);
  if (row.status === 'skipped' || !explains) return;
  const width = widthOf(output) - INDENT.length - 2;
  for (const text of row.explain({ width, paint: painter(output) })) {
    output.line(`${INDENT}  ${text}`.trimEnd());
  }
}

export function summaryLine(
  { passed, failed, skipped }: TestCounts,
  files: number,
  elapsedMs: number,
  { output }: Pick<Context, 'output'>,
): string {
  const text = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  const all = `${files} ${files === 1 ? 'file' : 'files'}, ${Math.round(elapsedMs)} ms`;
  return `${output.style(failed > 0 ? 'red' : 'green', text)} (${all})`;
}

/** One row per release, then the cases on which releases differ. */
export function printMatrix(
  suites: readonly TestSuite[],
  versions: readonly string[],
  { output }: Pick<Context, 'output'>,
): void {
  const byVersion = versions.map((version) => ({
    version,
    rows: suites.filter(({ kataVersion }) => kataVersion === version).flatMap(({ rows }) => rows),
  }));
  const count = (rows: readonly TestRow[], status: TestRow['status']): string =>
    String(rows.filter((row) => row.status === status).length);
  output.line();
  output.table(
    ['KATA', 'PASSED', 'FAILED', 'SKIPPED'],
    byVersion.map(({ version, rows }) => [
      version,
      count(rows, 'passed'),
      count(rows, 'failed'),
      count(rows, 'skipped'),
    ]),
  );
  const byKey = new Map(byVersion.flatMap(({ rows }) => rows).map((row) => [keyOf(row), row.name]));
  const differing = [...byKey].flatMap(([key, name]) => {
    const cells = byVersion.map(
      ({ rows }) => WORDS[rows.find((row) => keyOf(row) === key)?.status ?? 'absent'],
    );
    return new Set(cells).size > 1 ? [[...cells, name]] : [];
  });
  if (differing.length === 0) return;
  output.line();
  for (const line of formatTable([...versions, 'CASE'], differing)) output.line(line);
}

const WORDS = { passed: 'pass', failed: 'FAIL', skipped: 'skip', absent: '-' } as const;

const keyOf = ({ name, place }: TestRow): string => `${name} (${place.file}:${place.line ?? 0})`;

/** A suite as JSON: without colours, and with the explanations of what failed. */
export interface SuiteJson {
  readonly file: string;
  readonly policy: string;
  readonly kataVersion: string;
  /** A file of it could not be read. */
  readonly broken: boolean;
  readonly cases: readonly (Omit<TestRow, 'explain' | 'message'> & {
    readonly message?: string | undefined;
    readonly explanation?: readonly string[];
  })[];
}

export function suiteJson({ file, policy, kataVersion, rows, isBroken }: SuiteResult): SuiteJson {
  return {
    file,
    policy,
    kataVersion,
    broken: isBroken,
    // A message holds every print: hundreds of kilobytes that nobody reads where a case passed.
    cases: rows.map(({ explain, message, ...row }) => ({
      ...row,
      ...(row.status === 'failed' && { message, explanation: explain({}) }),
    })),
  };
}
