/** Rego as text: paths, JSON values, lists, broken into lines as the formatter keeps them. */
import { stringifyJson, type Json } from '#wire';
import { isObject } from '../corpus/complete-input.ts';

/** A Rego path: `input.OCI.Process`, `input.a["b-c"]`. */
export const memberPath = (path: string, name: string): string =>
  /^[A-Za-z_][0-9A-Za-z_]*$/.test(name) && !KEYWORDS.has(name)
    ? `${path}.${name}`
    : `${path}[${JSON.stringify(name)}]`;

const KEYWORDS = new Set(
  'as default else every false if import in contains not null package some true with'.split(' '),
);

/** A line of Rego is broken when it is longer: one item per line. */
export const WIDE = 90;

/** The guest refuses lines of 65,536 columns; a text this long is put together from parts. */
const MAX_LITERAL = 8_000;

export function chunks(text: string): readonly string[] {
  const points = Array.from(text);
  const count = Math.ceil(points.length / MAX_LITERAL);
  return Array.from({ length: count }, (_, i) =>
    points.slice(i * MAX_LITERAL, (i + 1) * MAX_LITERAL).join(''),
  );
}

/** JSON as a Rego term. */
export function jsonTerm(value: Json): string {
  if (typeof value === 'string' && value.length > MAX_LITERAL)
    return `concat("", ${broken(
      '[',
      ']',
      chunks(value).map((text) => JSON.stringify(text)),
    )})`;
  const text = spaced(value);
  if (text.length <= WIDE) return text;
  if (Array.isArray(value)) return broken('[', ']', (value as readonly Json[]).map(jsonTerm));
  if (isObject(value))
    return broken(
      '{',
      '}',
      Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${jsonTerm(member)}`),
    );
  return text;
}

export const broken = (open: string, close: string, items: readonly string[]): string =>
  `${open}\n${items.map((item) => `${item},\n`).join('')}${close}`;

export function spaced(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(spaced).join(', ')}]`;
  if (!isObject(value)) return stringifyJson(value);
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}: ${spaced(member)}`,
  );
  return `{${members.join(', ')}}`;
}

/** Terms in brackets, on one line when they fit. */
export function listTerm(open: string, close: string, items: readonly string[]): string {
  const line = `${open}${items.join(', ')}${close}`;
  return line.length <= WIDE && !line.includes('\n') ? line : broken(open, close, items);
}
