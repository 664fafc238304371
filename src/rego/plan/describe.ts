/**
 * The plan of a policy as JSON text, for people and tools that want to see what will be evaluated:
 * per rule its slots and steps, places as `file:row:col`, values as themselves, builtins by name.
 */
import { type JsonStyle, toJson } from '../json.ts';
import { opaPosition } from '../position.ts';
import type { Span } from '../source.ts';
import { RegoObject, RegoSet } from '../value.ts';
import { Decimal } from '../decimal.ts';
import type { PlanRule } from './plan.ts';
import type { RuleIndex } from './rule-index.ts';

/** Members that say nothing to a reader: offsets of regorus' carets and back references. */
const SILENT = new Set(['at', 'rule', 'source', 'module']);

function place({ source, start }: Span): string {
  const { row, col } = opaPosition(source, start);
  return `${source.name}:${row}:${col}`;
}

const isSpan = (value: object): value is Span => 'source' in value && 'start' in value;
const isBuiltin = (value: object): value is { name: string } => 'impl' in value && 'name' in value;

function write(value: unknown, style: JsonStyle): string | undefined {
  switch (typeof value) {
    case 'undefined':
    case 'function':
    case 'symbol':
      return undefined;
    case 'object':
      break;
    default:
      return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  }
  if (value === null) return 'null';
  if (value instanceof RegoObject || value instanceof RegoSet || value instanceof Decimal) {
    return toJson(value, style);
  }
  if (Array.isArray(value))
    return `[${value.map((item) => write(item, style) ?? 'null').join(',')}]`;
  if (isSpan(value)) return JSON.stringify(place(value));
  if (isBuiltin(value)) return JSON.stringify(value.name);
  const members = Object.entries(value).flatMap(([key, member]) => {
    const text = SILENT.has(key) ? undefined : write(member, style);
    return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
  });
  return `{${members.join(',')}}`;
}

/** What tells definitions of one name apart. */
export interface DescribedIndex {
  readonly path: readonly string[];
  /** Of the definitions that the index has by position. */
  readonly ids: readonly number[];
  readonly index: RuleIndex;
}

function writeIndex({ path, ids, index }: DescribedIndex): unknown {
  const named = (positions: readonly number[]): readonly unknown[] =>
    positions.map((position) => ids[position]);
  return {
    path,
    tables: index.tables.map(({ ref, cases }) => ({
      ref: ref.text,
      cases: Array.from(cases, ([value, positions]) => ({ value, rules: named(positions) })),
    })),
    always: named(index.always),
  };
}

/** Compact JSON: `{"rules":[...],"indexes":[...]}`; rules of an index by their id. */
export function describePlan(
  rules: readonly PlanRule[],
  style: JsonStyle,
  indexes: readonly DescribedIndex[] = [],
): string {
  const list = (items: readonly unknown[]): string =>
    items.map((item) => write(item, style) ?? 'null').join(',');
  return `{"rules":[${list(rules)}],"indexes":[${list(indexes.map(writeIndex))}]}`;
}
