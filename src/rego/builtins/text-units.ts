/** Strings as sequences of code points, cheap where a string has no surrogates. */

const SURROGATE = /[\ud800-\udfff]/;

/** Every UTF-16 unit is a code point. */
export const isFlat = (text: string): boolean => !SURROGATE.test(text);

export function codePointCount(text: string): number {
  if (isFlat(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Code points `start` up to `end`, or to the end of the text. */
export function codePointSlice(text: string, start: number, end?: number): string {
  if (isFlat(text)) return text.slice(start, end);
  return Array.from(text).slice(start, end).join('');
}

/** Code point indices of all occurrences, overlapping ones included; `limit` 1 finds the first. */
export function occurrences(text: string, needle: string, limit = Infinity): number[] {
  const flat = isFlat(text);
  const found: number[] = [];
  let counted = 0;
  let at = 0;
  for (let hit = text.indexOf(needle); hit >= 0; hit = text.indexOf(needle, hit + 1)) {
    // A needle that starts with a low surrogate must not match inside a pair.
    if (!flat && isInsidePair(text, hit)) continue;
    if (flat) counted = hit;
    else {
      counted += codePointCount(text.slice(at, hit));
      at = hit;
    }
    found.push(counted);
    if (found.length >= limit || hit >= text.length) break;
  }
  return found;
}

const isInsidePair = (text: string, at: number): boolean =>
  at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff;
