/**
 * Parses a pattern: one parser, two dialects. Where Go and Rust differ the dialect is asked, so each
 * difference shows where it matters.
 * Source: Go regexp/syntax (Perl flags); Rust regex-syntax 0.8.
 */
import { ANY_CHAR, type CharSet, NOT_NEWLINE } from './charset.ts';
import { parseBracket } from './parse-class.ts';
import { parseEscape } from './parse-escape.ts';
import { foldCase } from './unicode.ts';
import {
  type AssertKind,
  type Dialect,
  type ParsedRegex,
  RegexError,
  type RegexNode,
} from './syntax.ts';

export interface Flags {
  /** i */
  readonly fold: boolean;
  /** m */
  readonly multiline: boolean;
  /** s */
  readonly dotAll: boolean;
  /** U */
  readonly swapGreed: boolean;
  /** u, Rust only */
  readonly unicode: boolean;
  /** x, Rust only */
  readonly verbose: boolean;
}

/** Go refuses more than 1000 levels, Rust more than 250. */
const MAX_DEPTH = { go: 1000, rust: 250 } as const;
/** Source: Go regexp/syntax, maxRepeat. Rust bounds the compiled size instead. */
const GO_MAX_REPEAT = 1000;
const MAX_PATTERN_LENGTH = 1 << 20;

export class RegexParser {
  readonly dialect: Dialect;
  readonly chars: readonly string[];
  at = 0;
  flags: Flags;
  groupCount = 1;
  depth = 0;
  readonly names = new Map<string, number>();

  constructor(pattern: string, dialect: Dialect) {
    if (pattern.length > MAX_PATTERN_LENGTH) throw new RegexError('expression too large');
    this.dialect = dialect;
    this.chars = Array.from(pattern);
    this.flags = {
      fold: false,
      multiline: false,
      dotAll: false,
      swapGreed: false,
      unicode: dialect === 'rust',
      verbose: false,
    };
  }

  /** The character ahead, '' at the end. */
  peek(offset = 0): string {
    return this.chars[this.at + offset] ?? '';
  }

  next(): string {
    return this.chars[this.at++] ?? '';
  }

  looksAt(text: string): boolean {
    return Array.from(text).every((char, i) => this.peek(i) === char);
  }

  accept(text: string): boolean {
    if (!this.looksAt(text)) return false;
    this.at += text.length;
    return true;
  }

  /** Pattern text from `start` up to here. */
  since(start: number): string {
    return this.chars.slice(start, this.at).join('');
  }

  /** A few characters ahead: no construct that is looked for is longer. */
  ahead(): string {
    return this.chars.slice(this.at, this.at + 64).join('');
  }

  rest(start = this.at): string {
    return this.chars.slice(start).join('');
  }

  /** (?x): white space and comments between tokens mean nothing. */
  skipBlanks(): void {
    if (!this.flags.verbose) return;
    while (this.at < this.chars.length) {
      if (/^\p{White_Space}$/u.test(this.peek())) this.at++;
      else if (this.peek() === '#') {
        while (this.at < this.chars.length && this.peek() !== '\n') this.at++;
      } else return;
    }
  }

  set(set: CharSet): RegexNode {
    return { kind: 'set', set: this.flags.fold ? foldCase(set) : set };
  }

  literal(char: string): RegexNode {
    const point = char.codePointAt(0) ?? 0;
    return this.set([point, point]);
  }

  assertion(assert: AssertKind): RegexNode {
    return { kind: 'assert', assert, unicode: this.flags.unicode };
  }
}

export function parseRegex(pattern: string, dialect: Dialect): ParsedRegex {
  const p = new RegexParser(pattern, dialect);
  const root = parseAlternation(p);
  if (p.at < p.chars.length) throw new RegexError('unexpected )', p.rest(0));
  return { root, groupCount: p.groupCount, names: p.names };
}

/** alternation = concat *( "|" concat ) ; flags set inside hold to its end. */
function parseAlternation(p: RegexParser): RegexNode {
  if (++p.depth > MAX_DEPTH[p.dialect])
    throw new RegexError('expression nests too deeply', p.rest(0));
  const outer = p.flags;
  const items = [parseConcat(p)];
  while (p.accept('|')) items.push(parseConcat(p));
  p.flags = outer;
  p.depth--;
  return items.length === 1 && items[0] !== undefined ? items[0] : { kind: 'alternate', items };
}

const EMPTY: RegexNode = { kind: 'empty' };

function parseConcat(p: RegexParser): RegexNode {
  const items: RegexNode[] = [];
  // Rust refuses to repeat a bare flag group; Go repeats what stands before it.
  let repeatable = false;
  let operator = '';
  while (true) {
    p.skipBlanks();
    const char = p.peek();
    if (char === '' || char === '|' || char === ')') break;
    const start = p.at;
    const repeat = parseRepeatOperator(p);
    if (repeat !== undefined) {
      const last = items.pop();
      if (last === undefined || !repeatable) {
        throw new RegexError('missing argument to repetition operator', p.since(start));
      }
      if (operator !== '' && p.dialect === 'go') {
        throw new RegexError('invalid nested repetition operator', operator + p.since(start));
      }
      items.push({ kind: 'repeat', node: last, ...repeat });
      operator = p.since(start);
      checkRepeats(p, items.at(-1), p.since(start));
      continue;
    }
    operator = '';
    if (p.dialect === 'go' && p.accept('\\Q')) {
      parseQuoted(p, items);
      repeatable = items.length > 0;
      continue;
    }
    const node = parseAtom(p);
    if (node !== undefined) items.push(node);
    repeatable = node !== undefined || (p.dialect === 'go' && items.length > 0);
  }
  if (items.length === 0) return EMPTY;
  return items.length === 1 && items[0] !== undefined ? items[0] : { kind: 'concat', items };
}

/** "\Q" text "\E", Go only: one item per character, so that a repeat takes only the last. */
function parseQuoted(p: RegexParser, items: RegexNode[]): void {
  while (p.peek() !== '' && !p.accept('\\E')) items.push(p.literal(p.next()));
}

interface Repeat {
  readonly min: number;
  readonly max: number;
  readonly greedy: boolean;
}

const SIMPLE_REPEATS: Readonly<Record<string, readonly [number, number]>> = {
  '*': [0, Infinity],
  '+': [1, Infinity],
  '?': [0, 1],
};

function parseRepeatOperator(p: RegexParser): Repeat | undefined {
  const char = p.peek();
  const simple = Object.hasOwn(SIMPLE_REPEATS, char) ? SIMPLE_REPEATS[char] : undefined;
  let bounds: readonly [number, number] | undefined = simple;
  if (simple !== undefined) p.at++;
  else if (char === '{') bounds = parseCounted(p);
  if (bounds === undefined) return undefined;
  p.skipBlanks();
  const lazy = p.accept('?');
  return { min: bounds[0], max: bounds[1], greedy: lazy === p.flags.swapGreed };
}

/** "{" n [ "," [ m ] ] "}" ; Go reads anything else as text, Rust refuses it. */
function parseCounted(p: RegexParser): readonly [number, number] | undefined {
  const start = p.at;
  const text = p.ahead();
  const blank = p.flags.verbose ? '\\s*' : '';
  const form = new RegExp(`^\\{${blank}(\\d+)${blank}(?:(,)${blank}(\\d*)${blank})?\\}`).exec(text);
  if (form === null) {
    if (p.dialect === 'go') return undefined;
    throw new RegexError('invalid repeat count', text);
  }
  p.at += form[0].length;
  const min = Number(form[1]);
  const max = form[2] === undefined ? min : form[3] === '' ? Infinity : Number(form[3]);
  const tooMany =
    p.dialect === 'go' && (min > GO_MAX_REPEAT || (max !== Infinity && max > GO_MAX_REPEAT));
  if (tooMany || max < min || min > 0xffffffff) {
    throw new RegexError('invalid repeat count', p.since(start));
  }
  return [min, max];
}

/** Go: counted repeats inside one another multiply, and the product is limited too. */
function checkRepeats(p: RegexParser, node: RegexNode | undefined, operator: string): void {
  if (p.dialect !== 'go' || node?.kind !== 'repeat' || !operator.startsWith('{')) return;
  if (repeatProduct(node) > GO_MAX_REPEAT) throw new RegexError('invalid repeat count', operator);
}

function repeatProduct(node: RegexNode): number {
  switch (node.kind) {
    case 'repeat': {
      const count = node.max === Infinity ? node.min : node.max;
      return Math.max(count, 1) * repeatProduct(node.node);
    }
    case 'concat':
    case 'alternate':
      return node.items.reduce((most, item) => Math.max(most, repeatProduct(item)), 1);
    case 'group':
      return repeatProduct(node.node);
    default:
      return 1;
  }
}

/** undefined: a flag group such as (?i), which stands for nothing itself. */
function parseAtom(p: RegexParser): RegexNode | undefined {
  const char = p.peek();
  switch (char) {
    case '(':
      return parseGroup(p);
    case '[':
      return p.set(parseBracket(p));
    case '\\':
      return parseEscape(p);
    case '.':
      p.at++;
      return { kind: 'set', set: p.flags.dotAll ? ANY_CHAR : NOT_NEWLINE };
    case '^':
      p.at++;
      return p.assertion(p.flags.multiline ? 'line-start' : 'text-start');
    case '$':
      p.at++;
      return p.assertion(p.flags.multiline ? 'line-end' : 'text-end');
    default:
      p.at++;
      return p.literal(char);
  }
}

/** group = "(" [ "?:" | "?P<name>" | "?<name>" | "?flags:" ] alternation ")" | "(?flags)" ; */
function parseGroup(p: RegexParser): RegexNode | undefined {
  const start = p.at;
  p.at++;
  if (p.accept('?P<') || p.accept('?<')) {
    const index = nameGroup(p, start);
    return { kind: 'group', index, node: parseGroupBody(p, start) };
  }
  if (p.accept('?')) return parseFlagGroup(p, start);
  const index = p.groupCount++;
  return { kind: 'group', index, node: parseGroupBody(p, start) };
}

function parseGroupBody(p: RegexParser, start: number): RegexNode {
  const node = parseAlternation(p);
  if (!p.accept(')'))
    throw new RegexError('missing closing )', p.rest(p.dialect === 'go' ? 0 : start));
  return node;
}

const GROUP_NAMES = {
  go: /^[A-Za-z0-9_]+$/,
  rust: /^[\p{Alphabetic}_][\p{Alphabetic}\p{Nd}\p{M}_.[\]]*$/u,
} as const;

function nameGroup(p: RegexParser, start: number): number {
  const from = p.at;
  while (p.peek() !== '' && p.peek() !== '>') p.at++;
  const name = p.since(from);
  if (!p.accept('>')) throw new RegexError('invalid named capture', p.rest(start));
  if (!GROUP_NAMES[p.dialect].test(name)) {
    throw new RegexError('invalid named capture', p.since(start));
  }
  if (p.names.has(name) && p.dialect === 'rust')
    throw new RegexError('duplicate capture group name', name);
  const index = p.groupCount++;
  if (!p.names.has(name)) p.names.set(name, index);
  return index;
}

const FLAG_NAMES: Readonly<Record<string, keyof Flags>> = {
  i: 'fold',
  m: 'multiline',
  s: 'dotAll',
  U: 'swapGreed',
  u: 'unicode',
  x: 'verbose',
};
const DIALECT_FLAGS = { go: 'imsU', rust: 'imsUuxR' } as const;

function parseFlagGroup(p: RegexParser, start: number): RegexNode | undefined {
  const flags: { -readonly [K in keyof Flags]: Flags[K] } = { ...p.flags };
  let value = true;
  let seen = false;
  const invalid = () => new RegexError('invalid or unsupported Perl syntax', p.since(start));
  while (true) {
    const char = p.next();
    if (char === ')' || char === ':') {
      if ((!value && !seen) || (p.dialect === 'rust' && !seen && char === ')')) throw invalid();
      if (char === ')') {
        p.flags = flags;
        return undefined;
      }
      const outer = p.flags;
      p.flags = flags;
      const node = parseGroupBody(p, start);
      p.flags = outer;
      // Wrapped, so that a repeat after it takes all of it.
      return node.kind === 'empty' ? { kind: 'concat', items: [] } : node;
    }
    if (char === '-' && value) {
      value = false;
      seen = false;
    } else if (char !== '' && DIALECT_FLAGS[p.dialect].includes(char)) {
      const name = FLAG_NAMES[char];
      if (name !== undefined) flags[name] = value;
      seen = true;
    } else throw invalid();
  }
}
