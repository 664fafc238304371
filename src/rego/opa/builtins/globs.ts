/**
 * Globs with delimiters: `*` stops at a delimiter, `**` does not. Compiled to our own expression tree,
 * so matching is linear. Source: github.com/gobwas/glob, which OPA uses.
 */
import { ANY_CHAR, type CharSet, negate, toCharSet } from '../../regex/charset.ts';
import { Regex } from '../../regex/regex.ts';
import type { RegexNode } from '../../regex/syntax.ts';
import { typeName, type Value } from '../../value.ts';
import {
  builtinFault,
  type BuiltinFault,
  defineBuiltin,
  operandFault,
} from '../../builtins/define.ts';
import { codePointCount } from '../../builtins/text-units.ts';

const MAX_DEPTH = 100;

class GlobParser {
  readonly #chars: readonly string[];
  readonly #inner: CharSet;
  #at = 0;
  fault: BuiltinFault | undefined;

  constructor(pattern: string, delimiters: readonly string[]) {
    this.#chars = Array.from(pattern);
    this.#inner = negate(
      toCharSet(delimiters.map((char) => [char.codePointAt(0) ?? 0, char.codePointAt(0) ?? 0])),
    );
  }

  #fail(message: string): RegexNode {
    this.fault ??= builtinFault(message);
    this.#at = this.#chars.length;
    return { kind: 'empty' };
  }

  /** Items up to the end, or inside braces up to "," or "}". */
  sequence(depth: number): RegexNode {
    const items: RegexNode[] = [];
    while (this.#at < this.#chars.length) {
      const char = this.#chars[this.#at] ?? '';
      if (depth > 0 && (char === ',' || char === '}')) break;
      this.#at++;
      items.push(this.#item(char, depth));
    }
    return { kind: 'concat', items };
  }

  #item(char: string, depth: number): RegexNode {
    switch (char) {
      case '*':
        if (this.#chars[this.#at] !== '*') return this.#star(this.#inner);
        this.#at++;
        return this.#star(ANY_CHAR);
      case '?':
        return { kind: 'set', set: this.#inner };
      case '[':
        return this.#bracket();
      case '{':
        return this.#braces(depth + 1);
      case '\\': {
        const next = this.#chars[this.#at++];
        // A lone backslash at the end is nothing.
        return next === undefined ? { kind: 'empty' } : literal(next);
      }
      default:
        return literal(char);
    }
  }

  #star(set: CharSet): RegexNode {
    return { kind: 'repeat', node: { kind: 'set', set }, min: 0, max: Infinity, greedy: true };
  }

  /** One range `[a-z]` or one list `[abc]`, either with `!` in front. */
  #bracket(): RegexNode {
    const negated = this.#chars[this.#at] === '!';
    if (negated) this.#at++;
    const [low, dash, high, close] = this.#chars.slice(this.#at, this.#at + 4);
    let set: CharSet;
    if (dash === '-' && low !== undefined) {
      if (high === undefined || close === undefined) return this.#fail('unexpected end of input');
      if (close !== ']') return this.#fail('expected close range character');
      const [from, to] = [low.codePointAt(0) ?? 0, high.codePointAt(0) ?? 0];
      if (from > to) return this.#fail(`hi character '${high}' should be greater than lo '${low}'`);
      set = [from, to];
      this.#at += 4;
    } else {
      const points: number[] = [];
      while (this.#at < this.#chars.length && this.#chars[this.#at] !== ']') {
        if (this.#chars[this.#at] === '\\') this.#at++;
        points.push((this.#chars[this.#at++] ?? '').codePointAt(0) ?? 0);
      }
      if (this.#at >= this.#chars.length) return this.#fail('unexpected end of input');
      if (points.length === 0) return this.#fail('could not parse range');
      this.#at++;
      set = toCharSet(points.map((point) => [point, point]));
    }
    return { kind: 'set', set: negated ? negate(set) : set };
  }

  #braces(depth: number): RegexNode {
    if (depth > MAX_DEPTH) return this.#fail('pattern nests too deeply');
    const items: RegexNode[] = [];
    while (true) {
      items.push(this.sequence(depth));
      const char = this.#chars[this.#at++];
      // Braces that stay open end with the pattern.
      if (char === '}' || char === undefined) return { kind: 'alternate', items };
    }
  }
}

function literal(char: string): RegexNode {
  const point = char.codePointAt(0) ?? 0;
  return { kind: 'set', set: [point, point] };
}

function compile(pattern: string, delimiters: readonly string[]): Regex | BuiltinFault {
  const parser = new GlobParser(pattern, delimiters);
  const body = parser.sequence(0);
  if (parser.fault !== undefined) return parser.fault;
  const edge = (assert: 'text-start' | 'text-end'): RegexNode => ({
    kind: 'assert',
    assert,
    unicode: false,
  });
  return Regex.fromNode({ kind: 'concat', items: [edge('text-start'), body, edge('text-end')] });
}

type Matcher = (text: string) => boolean;

/**
 * Text, a star that stops nowhere, text: OPA's library compares both ends without asking whether they
 * overlap: `ab**bc` matches `abc`.
 */
function affixes(pattern: string, delimiters: readonly string[]): Matcher | undefined {
  const form = /^([^*?[\]{}\\]+)(\*\*?)([^*?[\]{}\\]+)$/u.exec(pattern);
  if (form === null || (form[2] === '*' && delimiters.length > 0)) return undefined;
  const [, prefix = '', , suffix = ''] = form;
  return (text) => text.startsWith(prefix) && text.endsWith(suffix);
}

function matcherOf(pattern: string, delimiters: readonly string[]): Matcher | BuiltinFault {
  const glob = compile(pattern, delimiters);
  if (!(glob instanceof Regex)) return glob;
  return affixes(pattern, delimiters) ?? ((text) => glob.test(text));
}

const CACHE_SIZE = 200;
const cache = new Map<string, Matcher | BuiltinFault>();

function globFor(pattern: string, delimiters: readonly string[]): Matcher | BuiltinFault {
  const key = `${delimiters.join('')}\u0000${pattern}`;
  let glob = cache.get(key);
  if (glob === undefined) {
    glob = matcherOf(pattern, delimiters);
    if (cache.size >= CACHE_SIZE) cache.clear();
    cache.set(key, glob);
  }
  return glob;
}

/** null: none; an empty array: a dot. */
function delimitersOf(delimiters: readonly Value[] | null): readonly string[] | BuiltinFault {
  if (delimiters === null) return [];
  if (delimiters.length === 0) return ['.'];
  for (const text of delimiters) {
    if (typeof text !== 'string' || codePointCount(text) !== 1) {
      return operandFault(2, `must be array of runes but got array containing ${typeName(text)}`);
    }
  }
  return delimiters as readonly string[];
}

export const globs = [
  defineBuiltin({
    name: 'glob.match',
    summary: 'The text matches the glob; * and ? stop at the delimiters.',
    args: ['string', 'any<null, array[string]>', 'string'],
    kinds: { 2: ['array', 'null'] },
    result: 'boolean',
    impl(pattern: string, delimiters: readonly Value[] | null, text: string) {
      const chars = delimitersOf(delimiters);
      if (!Array.isArray(chars)) return chars;
      const glob = globFor(pattern, chars);
      if (typeof glob !== 'function') return glob;
      this.charge(text.length >> 4);
      return glob(text);
    },
  }),
  defineBuiltin({
    name: 'glob.quote_meta',
    summary: 'The text with a backslash before every glob character.',
    args: ['string'],
    result: 'string',
    impl: (text: string) => text.replace(/[*?\\[\]{}]/g, '\\$&'),
  }),
];
