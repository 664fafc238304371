/**
 * Values as Rego text: OPA's term form (print, sprintf, templates, type errors), regorus' print
 * form, and Rust's debug form, which stands in a few of regorus' messages.
 */
import { Decimal } from './decimal.ts';
import { toJson } from './json.ts';
import { opaNumberText, type RegoNumber, regorusNumberText } from './number.ts';
import { RegoObject, RegoSet, type Value } from './value.ts';
import type { ValueOrder } from './order.ts';

interface Style {
  readonly order: ValueOrder;
  readonly number: (value: RegoNumber) => string;
  readonly emptySet: string;
  readonly quote: (text: string) => string;
}

const GO_ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\u000b': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** What Go's strconv.Quote does not print as it is: control, format, unassigned, odd spaces. */
const GO_HIDDEN = /["\\]|[\p{C}\p{Z}]/gu;

function goEscape(c: string): string {
  if (c === ' ') return c;
  const short = GO_ESCAPES[c];
  if (short !== undefined) return short;
  const point = c.codePointAt(0) ?? 0;
  if (point < 0x20 || point === 0x7f) return `\\x${point.toString(16).padStart(2, '0')}`;
  return point > 0xffff
    ? `\\U${point.toString(16).padStart(8, '0')}`
    : `\\u${point.toString(16).padStart(4, '0')}`;
}

/** Go's strconv.Quote. */
export const goQuote = (text: string): string => `"${text.replace(GO_HIDDEN, goEscape)}"`;

function format(value: Value, style: Style): string {
  switch (typeof value) {
    case 'string':
      return style.quote(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
    case 'bigint':
      return style.number(value);
    default:
  }
  if (value === null) return 'null';
  if (value instanceof Decimal) return value.text;
  if (value instanceof RegoObject) {
    const members = value
      .keys(style.order)
      .map((key) => `${format(key, style)}: ${format(value.get(key) as Value, style)}`);
    return `{${members.join(', ')}}`;
  }
  if (value instanceof RegoSet) {
    if (value.size === 0) return style.emptySet;
    return `{${value
      .members(style.order)
      .map((member) => format(member, style))
      .join(', ')}}`;
  }
  return `[${value.map((item) => format(item, style)).join(', ')}]`;
}

const OPA: Style = { order: 'opa', number: opaNumberText, emptySet: 'set()', quote: goQuote };
const GUEST: Style = {
  order: 'regorus',
  number: regorusNumberText,
  emptySet: '{}',
  quote: (text) => JSON.stringify(text),
};

/** OPA's text of a value, as a term. */
export const formatTerm = (value: Value): string => format(value, OPA);

/** regorus' text of a value inside a print line. */
export const formatRegorus = (value: Value): string => format(value, GUEST);

/** A print operand: strings bare, undefined marked. */
export function formatOperand(value: Value | undefined, engine: 'opa' | 'regorus'): string {
  if (value === undefined) return '<undefined>';
  if (typeof value === 'string') return value;
  return engine === 'opa' ? formatTerm(value) : formatRegorus(value);
}

/** JSON as regorus writes it in messages. */
export const regorusJson = (value: Value): string =>
  toJson(value, { order: 'regorus', numbers: 'double' });

/** Rust's `{:?}`: `Set({Number(1), String("a")})`. */
export function regorusDebug(value: Value): string {
  switch (typeof value) {
    case 'string':
      return `String(${JSON.stringify(value)})`;
    case 'boolean':
      return `Bool(${String(value)})`;
    case 'number':
    case 'bigint':
      return `Number(${regorusNumberText(value)})`;
    default:
  }
  if (value === null) return 'Null';
  if (value instanceof Decimal) return `Number(${value.text})`;
  if (value instanceof RegoObject) {
    const members = value
      .keys('regorus')
      .map((key) => `${regorusDebug(key)}: ${regorusDebug(value.get(key) as Value)}`);
    return `Object({${members.join(', ')}})`;
  }
  if (value instanceof RegoSet) {
    return `Set({${value.members('regorus').map(regorusDebug).join(', ')}})`;
  }
  return `Array([${value.map(regorusDebug).join(', ')}])`;
}
