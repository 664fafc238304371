/** Cutting off the ends of strings. */
import { type BuiltinSpec, defineBuiltin } from './define.ts';

/** Index of the first and behind the last code point that is not in the cut set. */
function bounds(text: string, cut: string): readonly [number, number] {
  const drop = new Set(cut);
  const chars = Array.from(text);
  let start = 0;
  let end = chars.length;
  let from = 0;
  let to = text.length;
  while (start < end && drop.has(chars[start] ?? '')) from += (chars[start++] ?? '').length;
  while (end > start && drop.has(chars[end - 1] ?? '')) to -= (chars[--end] ?? '').length;
  return [from, to];
}

interface TrimRow {
  readonly name: string;
  readonly summary: string;
  readonly apply: (text: string, cut: string) => string;
}

const rows: readonly TrimRow[] = [
  {
    name: 'trim',
    summary: 'Cuts code points of the second string off both ends of the first.',
    apply: (text, cut) => text.slice(...bounds(text, cut)),
  },
  {
    name: 'trim_left',
    summary: 'Cuts code points of the second string off the start of the first.',
    apply: (text, cut) => text.slice(bounds(text, cut)[0]),
  },
  {
    name: 'trim_right',
    summary: 'Cuts code points of the second string off the end of the first.',
    apply(text, cut) {
      const [from, to] = bounds(text, cut);
      // All of it may go: then `bounds` has cut from the left.
      return from >= to ? '' : text.slice(0, to);
    },
  },
  {
    name: 'trim_prefix',
    summary: 'Cuts one prefix off, if it is there.',
    apply: (text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text),
  },
  {
    name: 'trim_suffix',
    summary: 'Cuts one suffix off, if it is there.',
    apply: (text, suffix) =>
      text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  },
];

export const trims: readonly BuiltinSpec[] = [
  ...rows.map(({ name, summary, apply }) =>
    defineBuiltin({ name, summary, args: ['string', 'string'], result: 'string', impl: apply }),
  ),
  defineBuiltin({
    name: 'trim_space',
    summary: 'Cuts Unicode white space off both ends.',
    args: ['string'],
    result: 'string',
    impl: trimSpace,
  }),
];

/** Unicode White_Space: JavaScript's own trim lacks U+0085 and adds the byte order mark. */
const SPACE = /^\p{White_Space}$/u;

function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACE.test(text.charAt(start))) start++;
  while (end > start && SPACE.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}
