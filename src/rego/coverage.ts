/**
 * Which lines of a policy were evaluated: a literal when it was tried, a rule head when the rule gave
 * a value. One recorder may watch many queries. The report has the shape of OPA's.
 */
import type { Literal } from './ast.ts';
import type { Policy } from './compile/policy.ts';
import type { Observer } from './eval/observer.ts';
import type { PlanLiteral, PlanRule } from './plan/plan.ts';
import { rowOf } from './position.ts';
import type { Span } from './source.ts';

export interface LineRange {
  readonly start: { readonly row: number };
  readonly end: { readonly row: number };
}

export interface FileCoverage {
  readonly covered: readonly LineRange[];
  readonly not_covered: readonly LineRange[];
  readonly covered_lines: number;
  readonly not_covered_lines: number;
  /** Percent, two decimals. */
  readonly coverage: number;
}

export interface CoverageReport {
  readonly files: Readonly<Record<string, FileCoverage>>;
  readonly covered_lines: number;
  readonly not_covered_lines: number;
  readonly coverage: number;
}

type Rows = Map<string, Set<number>>;

function addRow(rows: Rows, { source, start }: Span): void {
  const known = rows.get(source.name);
  const row = rowOf(source, start);
  if (known === undefined) rows.set(source.name, new Set([row]));
  else known.add(row);
}

export class CoverageRecorder implements Observer {
  readonly #spans = new Set<Span>();

  passRule(rule: PlanRule): void {
    this.#spans.add(rule.headSpan);
  }

  enterLiteral(literal: PlanLiteral): void {
    this.#spans.add(literal.span);
  }

  report(policy: Policy): CoverageReport {
    const covered: Rows = new Map();
    for (const span of this.#spans) addRow(covered, span);
    const all: Rows = new Map();
    for (const rule of policy.rules) {
      addRow(all, rule.source.head.span);
      for (const { body } of rule.branches) {
        for (const literal of body ?? []) addLiteral(all, literal);
      }
    }
    const files: Record<string, FileCoverage> = {};
    for (const [name, rows] of all)
      files[name] = fileCoverage(rows, covered.get(name) ?? new Set());
    const sum = (pick: (file: FileCoverage) => number): number =>
      Object.values(files).reduce((total, file) => total + pick(file), 0);
    const hit = sum((file) => file.covered_lines);
    const missed = sum((file) => file.not_covered_lines);
    return { files, covered_lines: hit, not_covered_lines: missed, coverage: percent(hit, missed) };
  }
}

function addLiteral(rows: Rows, literal: Literal): void {
  if (literal.kind === 'some') return;
  addRow(rows, literal.span);
  if (literal.kind === 'every' || literal.kind === 'not-body') {
    for (const inner of literal.body) addLiteral(rows, inner);
  }
}

function fileCoverage(all: ReadonlySet<number>, hit: ReadonlySet<number>): FileCoverage {
  const rows = [...all].sort((a, b) => a - b);
  const covered = rows.filter((row) => hit.has(row));
  const missed = rows.filter((row) => !hit.has(row));
  return {
    covered: ranges(covered),
    not_covered: ranges(missed),
    covered_lines: covered.length,
    not_covered_lines: missed.length,
    coverage: percent(covered.length, missed.length),
  };
}

const percent = (hit: number, missed: number): number =>
  hit + missed === 0 ? 0 : Math.round((hit / (hit + missed)) * 10_000) / 100;

/** Consecutive rows as ranges. */
function ranges(rows: readonly number[]): readonly LineRange[] {
  const result: { start: { row: number }; end: { row: number } }[] = [];
  for (const row of rows) {
    const last = result.at(-1);
    if (last?.end.row === row - 1) last.end.row = row;
    else result.push({ start: { row }, end: { row } });
  }
  return result;
}
