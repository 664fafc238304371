/** The answer of `rego eval` as the JSON document of `opa eval`, and as text. */
import {
  type Diagnostic,
  opaPosition,
  parseQuery,
  type Profile,
  type QueryOutcome,
  type Row,
  stringifyValue,
  type Value,
} from '#rego';
import { type JsonTree, RawJson } from './json-text.ts';

const raw = (value: Value, profile: Profile): RawJson =>
  new RawJson(stringifyValue(value, profile));

interface ExpressionPlace {
  readonly text: string;
  readonly row: number;
  readonly col: number;
}

/** Text and place of each expression of a query; declarations have no value. */
function expressionsOf(query: string, { engine, regoVersion }: Profile): ExpressionPlace[] {
  const source = { name: '', text: query };
  const { body = [] } = parseQuery(source, { engine, regoVersion });
  return body
    .filter(({ kind }) => kind !== 'some')
    .map(({ span }) => ({
      text: query.slice(span.start, span.end),
      ...opaPosition(source, span.start),
    }));
}

export function resultTree(
  outcome: QueryOutcome,
  query: string,
  profile: Profile,
): JsonTree | undefined {
  if (outcome.kind !== 'value') return undefined;
  const places = expressionsOf(query, profile);
  return outcome.rows.map(({ expressions, bindings }): JsonTree => ({
    expressions: expressions.map((value, i) => {
      const { text = query, row = 1, col = 1 } = places[i] ?? {};
      return { value: raw(value, profile), text, location: { row, col } };
    }),
    ...(Object.keys(bindings).length > 0 && { bindings: bindingsTree(bindings, profile) }),
  }));
}

export const bindingsTree = (bindings: Row['bindings'], profile: Profile): JsonTree =>
  Object.fromEntries(
    Object.entries(bindings)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, raw(value, profile)]),
  );

export const valuesTree = (rows: readonly Row[], profile: Profile): JsonTree =>
  rows.map(({ expressions }) => expressions.map((value) => raw(value, profile)));

export function errorTree({ code, message, span }: Diagnostic): JsonTree {
  const { row, col } = opaPosition(span.source, span.start);
  // OPA gives no name to the query.
  const file = span.source.name === '<query>' ? '' : span.source.name;
  return { message, code, location: { file, row, col } };
}

/** Errors of the evaluation itself. */
export function faultTree(fault: Extract<QueryOutcome, { kind: 'fault' }>): JsonTree {
  const { diagnostic } = fault;
  if (diagnostic === undefined) return { message: fault.message, code: fault.code };
  return { ...(errorTree(diagnostic) as Readonly<Record<string, JsonTree>>), code: fault.code };
}

/** Rows as a table with a column per variable, and one per expression that is more than `true`. */
export function tableText(rows: readonly Row[], query: string, profile: Profile): string {
  const places = expressionsOf(query, profile);
  const names = Object.keys(rows[0]?.bindings ?? {}).sort();
  const shown = places
    .map((place, i) => ({ ...place, i }))
    .filter(({ i }) => rows.some(({ expressions }) => expressions[i] !== true));
  const head = [...names, ...shown.map(({ text }) => text)];
  const lines = rows.map(({ bindings, expressions }) => [
    ...names.map((name) => text(bindings[name], profile)),
    ...shown.map(({ i }) => text(expressions[i], profile)),
  ]);
  return boxed([head, ...lines]);
}

const text = (value: Value | undefined, profile: Profile): string =>
  value === undefined ? '' : stringifyValue(value, profile);

function boxed(cells: readonly (readonly string[])[]): string {
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => Array.from(row[column] ?? '').length)),
  );
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  const line = (row: readonly string[]): string =>
    `|${row.map((cell, i) => ` ${cell}${' '.repeat((widths[i] ?? 0) - Array.from(cell).length)} `).join('|')}|`;
  const [head = [], ...rest] = cells;
  return [rule, line(head), rule, ...rest.map(line), rule].join('\n');
}
