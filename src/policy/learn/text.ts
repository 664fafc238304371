/**
 * A learned text: literal pieces, values bound elsewhere (the container's id, the pod's name), and
 * patterns. `"/run/kata-containers/" id "/rootfs"` is one. From several recordings of the same field
 * comes the smallest such text that explains them all.
 */
import { isWhole, quoteRegex, type Pattern } from './patterns.ts';

/** Values that one request fixes and others must repeat. */
export type Bound = 'id' | 'sandbox_id' | 'pod_name' | 'pod_uid' | 'pod_uid_slice';

export type Part =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'bound'; readonly name: Bound }
  | { readonly kind: 'pattern'; readonly pattern: Pattern }
  /** A pattern made for these values alone. */
  | { readonly kind: 'regex'; readonly regex: string };

export interface Text {
  readonly parts: readonly Part[];
  /** What was recorded, each value once. */
  readonly seen: readonly string[];
}

export const literalText = (text: string): Text => ({
  parts: text === '' ? [] : [{ kind: 'literal', text }],
  seen: [text],
});

export const isLiteral = ({ parts }: Text): boolean =>
  parts.every(({ kind }) => kind === 'literal');

export const literalOf = ({ parts }: Text): string =>
  parts.map((part) => (part.kind === 'literal' ? part.text : '')).join('');

/** Neighbouring literals become one. */
export function joinParts(parts: readonly Part[]): readonly Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.kind === 'literal' && last?.kind === 'literal') {
      joined[joined.length - 1] = { kind: 'literal', text: last.text + part.text };
    } else if (part.kind !== 'literal' || part.text !== '') joined.push(part);
  }
  return joined;
}

/** What makes two texts the same; recorded values do not count. */
export const textKey = ({ parts }: Text): string =>
  parts
    .map((part) => {
      switch (part.kind) {
        case 'literal':
          return `"${part.text}"`;
        case 'bound':
          return `$${part.name}`;
        case 'pattern':
          return `/${part.pattern.regex}/`;
        case 'regex':
          return `/${part.regex}/`;
      }
    })
    .join('\u0000');

export interface MergedText {
  readonly text: Text;
  /** It allows more than either did. */
  readonly widened: boolean;
}

/** The smallest text for what both explain. */
export function mergeTexts(a: Text, b: Text): MergedText {
  const seen = [...new Set([...a.seen, ...b.seen])];
  if (textKey(a) === textKey(b)) return { text: { parts: a.parts, seen }, widened: false };
  // The same value both times: that it looked like a bound one in only one of them was chance.
  if (seen.length === 1) return { text: literalText(seen[0] ?? ''), widened: false };
  return { text: { parts: smallest(seen), seen }, widened: true };
}

/** Common start, common end, and in between a class of characters or the values themselves. */
function smallest(values: readonly string[]): readonly Part[] {
  const start = commonStart(values);
  const rests = values.map((value) => value.slice(start.length));
  const end = reversed(commonStart(rests.map(reversed)));
  const middles = rests.map((rest) => rest.slice(0, rest.length - end.length));
  const regex = classOf(middles) ?? `(?:${[...middles].sort().map(quoteRegex).join('|')})`;
  return joinParts([
    { kind: 'literal', text: start },
    { kind: 'regex', regex },
    { kind: 'literal', text: end },
  ]);
}

const reversed = (text: string): string => Array.from(text).reverse().join('');

function commonStart(values: readonly string[]): string {
  const [first = '', ...others] = values.map((value) => Array.from(value));
  let length = 0;
  while (length < first.length && others.every((other) => other[length] === first[length]))
    length++;
  return Array.from(first).slice(0, length).join('');
}

/** Generated values have a shape; words do not, so they are listed. */
const CLASSES: readonly { readonly regex: string; readonly least: number }[] = [
  { regex: '[0-9]', least: 1 },
  { regex: '[0-9a-f]', least: 8 },
  { regex: '[0-9A-F]', least: 8 },
  { regex: '[0-9a-z]', least: 12 },
  { regex: '[0-9A-Za-z]', least: 16 },
  { regex: '[0-9A-Za-z_-]', least: 20 },
];

function classOf(middles: readonly string[]): string | undefined {
  const lengths = middles.map(({ length }) => length);
  const min = Math.min(...lengths);
  const max = Math.max(...lengths);
  for (const { regex, least } of CLASSES) {
    // Random values have one length; only counters grow.
    if (min < least || (least > 1 && min !== max)) continue;
    const count = min === max ? `{${min}}` : `{${min},${max}}`;
    if (middles.every((middle) => isWhole({ name: '', regex: regex + count, summary: '' }, middle)))
      return min === 1 && max === 1 ? regex : regex + count;
  }
  return undefined;
}
