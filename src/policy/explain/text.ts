/** Values and source in a sentence: short, exact, on one line. */
import {
  type JsonStyle,
  lineText,
  opaPosition,
  type Seen,
  textOf,
  type Value,
  valueToJs,
} from '#rego';
import { stringifyJson, type Json } from '#wire';
import type { SeenPart, SourcePlace } from './explained.ts';

/** As the guest's engine holds values. */
export const STYLE: JsonStyle = { order: 'regorus', numbers: 'double' };

export const jsonOf = (value: Value): Json => valueToJs(value, STYLE) as Json;

/** A value at most so many characters long; what is cut is in the middle. */
export function short(value: Value | undefined, max = 72): string {
  if (value === undefined) return 'undefined';
  return cut(stringifyJson(jsonOf(value)), max);
}

export function cut(text: string, max: number): string {
  const points = Array.from(text);
  if (points.length <= max) return text;
  const tail = Math.floor(max / 3);
  return `${points.slice(0, max - tail - 1).join('')}…${points.slice(-tail).join('')}`;
}

/** A sentence at most so many characters long: its beginning says what it is about. */
export function cutEnd(text: string, max: number): string {
  const points = Array.from(text);
  return points.length <= max ? text : `${points.slice(0, max - 1).join('')}…`;
}

/** The members that a set or array has, as many as fit. */
export function list(value: Value | undefined, max = 72): string {
  return short(value, max);
}

export const codeOf = ({ span }: Pick<Seen, 'span'>): string =>
  textOf(span).replace(/\s+/g, ' ').trim();

type Span = Seen['span'];

export function placeOf({ source, start, end }: Span): SourcePlace {
  const { row, col } = opaPosition(source, start);
  const text = lineText(source, row);
  const lineEnd = source.text.indexOf('\n', start);
  const last = lineEnd < 0 ? end : Math.min(end, lineEnd);
  return {
    file: source.name,
    line: row,
    column: col,
    text,
    width: Math.max(1, Array.from(source.text.slice(start, last)).length),
  };
}

/** The parts of an expression worth showing: those that are no constants of the line itself. */
export function partsOf(seen: Seen): readonly SeenPart[] {
  const parts = new Map<string, Value | undefined>();
  const visit = (part: Seen): void => {
    if (part.op === 'const') return;
    const isOperand = part.op === 'local' || part.op === 'get' || part.op === 'doc';
    if (!isOperand && part.op !== 'comprehension') for (const inner of part.parts) visit(inner);
    if (part !== seen || isOperand) parts.set(codeOf(part), part.value);
  };
  visit(seen);
  return Array.from(parts, ([text, value]) => ({
    text,
    value: value === undefined ? undefined : jsonOf(value),
  }));
}
