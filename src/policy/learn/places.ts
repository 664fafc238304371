/** Comments of rules: where they come from, and where they allow more than was recorded. */
import type { ErrorLocation } from '#base';
import type { Generalization } from './shape.ts';

const SHOWN = 4;

/** A comment of one line, whatever is in the text: names and file names come from outside. */
export const commentLine = (text: string): string =>
  `# ${text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')}`;

/** `pod.jsonl:12, 14, 20 and 7 more` */
export function placesText(places: readonly ErrorLocation[]): string {
  const shown: string[] = [];
  let file = '';
  const files = [...new Set(places.map((place) => place.file))];
  const sorted = [...places].sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || (a.line ?? 0) - (b.line ?? 0),
  );
  for (const { file: name, line } of sorted.slice(0, SHOWN)) {
    const number = line === undefined ? '' : String(line);
    shown.push(name === file ? number : `${name}${number === '' ? '' : `:${number}`}`);
    file = name;
  }
  const more = places.length - shown.length;
  return `from ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

export const wideningComment = ({ field, values }: Generalization): string =>
  commentLine(
    values === 0
      ? `widened: ${field} is not in every recording`
      : `widened: ${field} had ${values} values`,
  );
