/**
 * JSON output in which values of the engine keep their own spelling: `1.0`, integers beyond 2^53.
 * Two spaces of indentation and Go's layout, so that the output of `opa` and ours can be compared.
 */

/** JSON text made elsewhere, standing in a tree as it is. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonTree =
  | null
  | boolean
  | number
  | string
  | RawJson
  | readonly JsonTree[]
  | { readonly [key: string]: JsonTree | undefined };

/** Compact text of a tree; members that are undefined are left out. */
export function compactJson(tree: JsonTree): string {
  if (tree instanceof RawJson) return tree.text;
  if (tree === null || typeof tree !== 'object') return JSON.stringify(tree);
  if (Array.isArray(tree)) return `[${(tree as readonly JsonTree[]).map(compactJson).join(',')}]`;
  const members = Object.entries(tree as Readonly<Record<string, JsonTree | undefined>>)
    .filter((entry): entry is [string, JsonTree] => entry[1] !== undefined)
    .map(([key, member]) => `${JSON.stringify(key)}:${compactJson(member)}`);
  return `{${members.join(',')}}`;
}

export const prettyJson = (tree: JsonTree): string => indentJson(compactJson(tree));

/** Lays out compact JSON text. */
export function indentJson(text: string): string {
  let out = '';
  let depth = 0;
  const line = (): string => `\n${'  '.repeat(depth)}`;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i] ?? '';
    if (c === '"') {
      const end = endOfString(text, i);
      out += text.slice(i, end);
      i = end - 1;
    } else if (c === '{' || c === '[') {
      const empty = text[i + 1] === '}' || text[i + 1] === ']';
      if (empty) {
        out += c + (text[i + 1] ?? '');
        i += 1;
      } else {
        depth += 1;
        out += c + line();
      }
    } else if (c === '}' || c === ']') {
      depth -= 1;
      out += line() + c;
    } else if (c === ',') out += c + line();
    else out += c === ':' ? ': ' : c;
  }
  return out;
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i + 1;
}
