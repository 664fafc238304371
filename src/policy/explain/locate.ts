/**
 * The place of a constant in the text of a policy: `policy_data.containers[1].process.args[2]` is a
 * line of the file. Constants are kept as values, without their places; this reads the text again.
 */
import type { CompiledPolicy, OriginKey } from '#rego';
import type { SourcePlace } from './explained.ts';
import { placeOf } from './text.ts';

type Tree = CompiledPolicy['resolved']['tree'];

/** Undefined where the path does not lead to a literal in the text. */
export function locateConstant(
  { resolved }: CompiledPolicy,
  path: readonly OriginKey[],
): SourcePlace | undefined {
  let node: Tree | undefined = resolved.tree;
  for (const [depth, key] of path.entries()) {
    node = typeof key === 'string' ? node.children.get(key) : undefined;
    if (node === undefined) return undefined;
    const value = node.rules[0]?.branches[0]?.value;
    if (value === undefined || node.rules.length > 1) continue;
    const { source, start, end } = value.span;
    const text = source.text.slice(0, end);
    const at = new LiteralReader(text, start).find(path.slice(depth + 1));
    return at && placeOf({ source, ...at });
  }
  return undefined;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

const SPACE = /(?:\s|#[^\n]*)*/y;
const STRING = /"(?:[^"\\]|\\.)*"|`[^`]*`/y;
const WORD = /[^\s,:[\]{}"`#]+/y;

/** Walks over object and array literals. */
class LiteralReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  find(path: readonly OriginKey[]): Range | undefined {
    this.#skip(SPACE);
    const [key, ...rest] = path;
    if (key === undefined) {
      const start = this.#at;
      this.#value();
      return { start, end: this.#at };
    }
    if (this.#text[this.#at] !== (typeof key === 'number' ? '[' : '{')) return undefined;
    this.#at++;
    for (let i = 0; ; i++) {
      const name: OriginKey | undefined = typeof key === 'string' ? this.#key() : i;
      if (name === undefined || this.#isClosing()) return undefined;
      if (name === key) return this.find(rest);
      this.#value();
      this.#skip(SPACE);
      if (this.#text[this.#at] !== ',') return undefined;
      this.#at++;
    }
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #isClosing(): boolean {
    this.#skip(SPACE);
    const next = this.#text[this.#at];
    return next === undefined || next === ']' || next === '}';
  }

  #key(): string | undefined {
    this.#skip(SPACE);
    const text = this.#skip(STRING);
    this.#skip(SPACE);
    if (text === '' || this.#text[this.#at] !== ':') return undefined;
    this.#at++;
    return unquoted(text);
  }

  /** One value, however deep. */
  #value(): void {
    let depth = 0;
    do {
      this.#skip(SPACE);
      const next = this.#text[this.#at];
      if (next === undefined) return;
      if (next === '{' || next === '[') depth++;
      if (next === '}' || next === ']') depth--;
      if (this.#skip(STRING) === '' && this.#skip(WORD) === '') this.#at++;
    } while (depth > 0);
  }
}

function unquoted(text: string): string | undefined {
  if (text.startsWith('`')) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}
