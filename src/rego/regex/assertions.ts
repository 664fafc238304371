/** Zero-width assertions, decided from the characters before and after a position. */
import { CharMatcher } from './program.ts';
import type { AssertKind } from './syntax.ts';
import { unicodeWord } from './perl-classes.ts';

/** No character: the start or the end of the text. */
export const NO_CHAR = -1;

let unicodeWordMatcher: CharMatcher | undefined;

export function isWord(point: number, unicode: boolean): boolean {
  if (point < 128) {
    return (
      (point >= 48 && point <= 57) ||
      (point >= 65 && point <= 90) ||
      point === 95 ||
      (point >= 97 && point <= 122)
    );
  }
  if (!unicode) return false;
  unicodeWordMatcher ??= new CharMatcher(unicodeWord());
  return unicodeWordMatcher.matches(point);
}

export interface Place {
  readonly before: number;
  readonly after: number;
  readonly unicode: boolean;
}

export function holds(kind: AssertKind, { before, after, unicode }: Place): boolean {
  switch (kind) {
    case 'text-start':
      return before === NO_CHAR;
    case 'text-end':
      return after === NO_CHAR;
    case 'line-start':
      return before === NO_CHAR || before === 10;
    case 'line-end':
      return after === NO_CHAR || after === 10;
    case 'word-boundary':
      return isWord(before, unicode) !== isWord(after, unicode);
    case 'not-word-boundary':
      return isWord(before, unicode) === isWord(after, unicode);
    case 'word-start':
      return !isWord(before, unicode) && isWord(after, unicode);
    case 'word-end':
      return isWord(before, unicode) && !isWord(after, unicode);
    case 'word-start-half':
      return !isWord(before, unicode);
    case 'word-end-half':
      return !isWord(after, unicode);
  }
}
