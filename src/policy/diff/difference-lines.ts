/** Differences of two documents as lines of text: `OCI.Process.User.UID: 1000 -> 0`. */
import { stringifyJson, type Json } from '#wire';
import type { JsonDifference } from './diff-json.ts';

/** `OCI.Process.User.UID: 1000 -> 0`; a long list of differences is cut. */
export function differenceLines(
  differences: readonly JsonDifference[],
  { most = 4, width = 94 }: { readonly most?: number; readonly width?: number } = {},
): readonly string[] {
  const lines = differences.slice(0, most).map(({ field, before, after }) => {
    const room = Math.max(32, width - field.length - 6);
    const [left, right] = [valueText(before, room), valueText(after, room)];
    if (left.length + right.length <= room) return `${field}: ${left} -> ${right}`;
    const around = aroundDifference(before, after, Math.floor(room / 2));
    if (around !== undefined) return `${field}: ${around[0]} -> ${around[1]}`;
    // The shorter one is shown whole where it leaves the other half of the line.
    const half = Math.floor(room / 2);
    const rest = (other: string): number => room - Math.min(half, other.length);
    return `${field}: ${valueText(before, rest(right))} -> ${valueText(after, rest(left))}`;
  });
  const more = differences.length - lines.length;
  return more > 0 ? [...lines, `and ${more} more fields`] : lines;
}

/** Two long texts that begin alike, each from a little before the place where they part. */
function aroundDifference(
  before: Json | undefined,
  after: Json | undefined,
  width: number,
): readonly [string, string] | undefined {
  if (typeof before !== 'string' || typeof after !== 'string') return undefined;
  const [left, right] = [stringifyJson(before), stringifyJson(after)];
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  const from = Math.max(0, at - Math.floor(width / 3));
  const part = (text: string): string =>
    `${from > 0 ? '…' : ''}${text.slice(from, from + width - 2)}${from + width - 2 < text.length ? '…' : ''}`;
  return [part(left), part(right)];
}

/** JSON, cut in the middle so that both ends are seen. */
export function valueText(value: Json | undefined, width: number): string {
  if (value === undefined) return 'not there';
  const text = stringifyJson(value);
  if (text.length <= width) return text;
  const half = Math.floor((width - 1) / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}
