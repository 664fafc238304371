/** The bracket that a text ends inside of: parsers see only that the text is over. */
import { opaPosition, type Source } from '#rego';

const CLOSES: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

/** Strings and comments are stepped over whole, else a bracket. An unclosed string ends with its line. */
const TOKEN = /"(?:[^"\\\n]|\\.)*"?|`[^`]*`?|#.*|[{}[\]()]/g;

export interface OpenBracket {
  readonly bracket: string;
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** The innermost bracket that nothing closes. */
export function unclosedBracket(source: Source): OpenBracket | undefined {
  const open: { readonly bracket: string; readonly offset: number }[] = [];
  for (const { 0: token, index } of source.text.matchAll(TOKEN)) {
    if (Object.hasOwn(CLOSES, token)) open.push({ bracket: token, offset: index });
    else if (CLOSES[open.at(-1)?.bracket ?? ''] === token) open.pop();
  }
  const last = open.at(-1);
  if (last === undefined) return undefined;
  const { row, col } = opaPosition(source, last.offset);
  return { ...last, line: row, column: col };
}

/** `The "{" in line 5, column 23 is not closed.` */
export const unclosedText = ({ bracket, line, column }: OpenBracket): string =>
  `The "${bracket}" in line ${line}, column ${column} is not closed.`;

/** Whether a place is behind everything that is written. */
export const isAtEnd = ({ text }: Source, offset: number): boolean =>
  text.slice(Math.max(0, offset)).trim() === '';
