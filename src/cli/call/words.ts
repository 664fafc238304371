/** Splits the text of `-c 'SetPolicy json://{"policy_file": "a b"}'` into words, as a shell would. */
import { cliErrors } from '../errors.ts';

/** `json://` takes the rest of the text: JSON has blanks and quotes of its own. */
export function splitCall(text: string): readonly string[] {
  const json = /^\s*(\S+)\s+(json:\/\/[\s\S]*)$/.exec(text);
  if (json !== null) return [json[1] ?? '', json[2] ?? ''];
  const words: string[] = [];
  const pattern = /\s*(?:'([^']*)'|"([^"]*)"|([^\s'"]+))/y;
  while (pattern.lastIndex < text.trimEnd().length) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) throw cliErrors.badCall(text, start);
    words.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return words;
}
