/**
 * Regular expressions of both engines, linear in the text. Compiled patterns are kept in a bounded
 * memory: policies build their patterns at run time and use the same few again and again.
 */
import { LazyDfa } from './dfa.ts';
import { type NativeRegex, toNative } from './native.ts';
import { parseRegex } from './parse.ts';
import { PikeMachine } from './pike.ts';
import { compileProgram, type Program } from './program.ts';
import { type Dialect, type ParsedRegex, RegexError, type RegexNode } from './syntax.ts';

export interface RegexMatch {
  readonly start: number;
  readonly end: number;
  /** Group 0 is the whole match; undefined where a group took no part. */
  readonly groups: readonly (string | undefined)[];
}

export class Regex {
  readonly pattern: string;
  readonly dialect: Dialect;
  readonly groupCount: number;
  readonly names: ReadonlyMap<string, number>;
  readonly #parsed: ParsedRegex;
  readonly #native: NativeRegex | undefined;
  readonly #tester: RegExp | undefined;
  #finder: RegExp | undefined;
  #program: Program | undefined;
  #dfa: LazyDfa | undefined;
  #pike: PikeMachine | undefined;

  constructor(pattern: string, dialect: Dialect, parsed = parseRegex(pattern, dialect)) {
    this.pattern = pattern;
    this.dialect = dialect;
    this.#parsed = parsed;
    this.groupCount = this.#parsed.groupCount;
    this.names = this.#parsed.names;
    this.#native = toNative(this.#parsed.root);
    if (this.#native !== undefined) {
      this.#tester = new RegExp(this.#native.source, this.#native.flags);
    } else this.#compiled();
  }

  /** For other notations that build the tree themselves: globs. */
  static fromNode(root: RegexNode): Regex {
    return new Regex('', 'go', { root, groupCount: 1, names: new Map() });
  }

  #compiled(): Program {
    return (this.#program ??= compileProgram(this.#parsed));
  }

  /** Runs on JavaScript's own engine. */
  get native(): boolean {
    return this.#tester !== undefined;
  }

  /** Steps that a search may take per character, for the budget. */
  get weight(): number {
    return this.#tester === undefined ? 1 + (this.#compiled().code.length >> 6) : 1;
  }

  /** Matches anywhere in the text. */
  test(text: string): boolean {
    if (this.#tester !== undefined) return this.#tester.test(text);
    this.#dfa ??= new LazyDfa(this.#compiled());
    return this.#dfa.test(text);
  }

  /** The leftmost match at or after `from`. */
  exec(text: string, from: number): RegexMatch | undefined {
    if (this.#native?.groupsAgree === true) return this.#execNative(this.#native, text, from);
    this.#pike ??= new PikeMachine(this.#compiled());
    const captures = this.#pike.exec(text, from);
    if (captures === undefined) return undefined;
    const groups: (string | undefined)[] = [];
    for (let i = 0; i < captures.length; i += 2) {
      const [start = -1, end = -1] = [captures[i], captures[i + 1]];
      groups.push(start < 0 || end < 0 ? undefined : text.slice(start, end));
    }
    return { start: captures[0] ?? 0, end: captures[1] ?? 0, groups };
  }

  #execNative(native: NativeRegex, text: string, from: number): RegexMatch | undefined {
    this.#finder ??= new RegExp(native.source, `${native.flags}g`);
    this.#finder.lastIndex = from;
    const found = this.#finder.exec(text);
    if (found === null) return undefined;
    return { start: found.index, end: found.index + found[0].length, groups: found };
  }

  /** Work of the last `exec`, for the budget: a match may have to look far beyond its end. */
  get lastCost(): number {
    return this.#pike === undefined ? 1 : 1 + this.#pike.scanned * this.weight;
  }

  /** All matches from left to right; an empty match right behind the previous one does not count. */
  *matches(text: string): Generator<RegexMatch> {
    let from = 0;
    let previousEnd = -1;
    while (from <= text.length) {
      const found = this.exec(text, from);
      if (found === undefined) return;
      const empty = found.start === found.end;
      if (!empty || found.start !== previousEnd) yield found;
      previousEnd = found.end;
      from = empty ? found.end + ((text.codePointAt(found.end) ?? 0) > 0xffff ? 2 : 1) : found.end;
    }
  }
}

/** Two generations of this many patterns each stay compiled. */
const CACHE_SIZE = 256;
const MAX_CACHED_LENGTH = 1 << 14;

class RegexCache {
  #young = new Map<string, Regex | RegexError>();
  #old = new Map<string, Regex | RegexError>();

  readonly #dialect: Dialect;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  get(pattern: string): Regex | RegexError {
    const hit = this.#young.get(pattern);
    if (hit !== undefined) return hit;
    const regex = this.#old.get(pattern) ?? build(pattern, this.#dialect);
    if (pattern.length <= MAX_CACHED_LENGTH) {
      if (this.#young.size >= CACHE_SIZE) {
        this.#old = this.#young;
        this.#young = new Map();
      }
      this.#young.set(pattern, regex);
    }
    return regex;
  }
}

function build(pattern: string, dialect: Dialect): Regex | RegexError {
  try {
    return new Regex(pattern, dialect);
  } catch (error) {
    if (error instanceof RegexError) return error;
    throw error;
  }
}

const caches = { go: new RegexCache('go'), rust: new RegexCache('rust') } as const;

/** The compiled pattern, or why it is invalid. */
export const regexFor = (pattern: string, dialect: Dialect): Regex | RegexError =>
  caches[dialect].get(pattern);
