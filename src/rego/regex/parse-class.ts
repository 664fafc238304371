/**
 * Bracket expressions. Go: POSIX and Perl classes and ranges. Rust: also nested brackets and the set
 * operations `&&`, `--` and `~~`, which bind loosest and from the left.
 */
import {
  asciiClass,
  type CharSet,
  EMPTY_SET,
  intersect,
  negate,
  subtract,
  symmetricDifference,
  union,
} from './charset.ts';
import { parseCharEscape, parseClassEscape } from './parse-escape.ts';
import type { RegexParser } from './parse.ts';
import { RegexError } from './syntax.ts';
import { foldCase } from './unicode.ts';

const OPERATIONS: Readonly<Record<string, (a: CharSet, b: CharSet) => CharSet>> = {
  '&&': intersect,
  '--': subtract,
  '~~': symmetricDifference,
};

const MAX_CLASS_DEPTH = 100;

/** The parser stands on "[". The result is already folded where (?i) asks for it. */
export function parseBracket(p: RegexParser, depth = 0): CharSet {
  if (depth > MAX_CLASS_DEPTH) throw new RegexError('expression nests too deeply', p.rest());
  const start = p.at;
  p.at++;
  skip(p);
  const negated = p.accept('^');
  skip(p);
  let set: CharSet = EMPTY_SET;
  let combine: (a: CharSet, b: CharSet) => CharSet = union;
  let items: CharSet[] = [];
  let first = true;
  while (true) {
    skip(p);
    if (p.peek() === '') throw new RegexError('missing closing ]', p.rest(start));
    if (p.peek() === ']' && !first) break;
    const operator = p.peek() + p.peek(1);
    const operation =
      p.dialect === 'rust' && Object.hasOwn(OPERATIONS, operator)
        ? OPERATIONS[operator]
        : undefined;
    if (operation !== undefined && !(first && operator === '--')) {
      p.at += 2;
      set = combine(set, union(...items));
      items = [];
      combine = operation;
    } else items.push(parseItem(p, { start, depth, first }));
    first = false;
  }
  p.at++;
  set = combine(set, union(...items));
  // Folding comes before negation: (?i)[^k] excludes K and the Kelvin sign.
  if (p.flags.fold) set = foldCase(set);
  return negated ? negate(set) : set;
}

const skip = (p: RegexParser): void => {
  if (p.dialect === 'rust') p.skipBlanks();
};

interface ItemPlace {
  readonly start: number;
  readonly depth: number;
  /** Directly after "[" or "[^", where "]" and "-" are text. */
  readonly first: boolean;
}

function parseItem(p: RegexParser, { start, depth, first }: ItemPlace): CharSet {
  if (p.peek() === '[') {
    const named = parseNamed(p);
    if (named !== undefined) return named;
    if (p.dialect === 'rust' && !(first && p.peek() === ']')) return parseBracket(p, depth + 1);
  }
  if (p.peek() === '\\') {
    const set = parseClassEscape(p);
    if (set !== undefined) {
      if (p.dialect === 'rust' && isRange(p)) {
        throw new RegexError('invalid character class range', p.rest(start));
      }
      return set;
    }
  }
  const from = p.at;
  const low = parseChar(p, start);
  if (!isRange(p)) return [low, low];
  p.at++;
  skip(p);
  const high = parseChar(p, start);
  if (high < low) throw new RegexError('invalid character class range', p.since(from));
  return [low, high];
}

/** "-" begins a range unless it stands last, or (Rust) is the operator "--". */
function isRange(p: RegexParser): boolean {
  if (p.peek() !== '-') return false;
  const after = p.peek(1);
  return after !== ']' && after !== '' && !(p.dialect === 'rust' && after === '-');
}

function parseChar(p: RegexParser, start: number): number {
  if (p.peek() === '') throw new RegexError('missing closing ]', p.rest(start));
  if (p.peek() === '\\') return parseCharEscape(p);
  return p.next().codePointAt(0) ?? 0;
}

/** [:name:] or [:^name:]; undefined: not that form. */
function parseNamed(p: RegexParser): CharSet | undefined {
  const form = /^\[:(\^?)([^\]:]*):\]/.exec(p.ahead());
  if (form === null) return undefined;
  const set = asciiClass(form[2] ?? '');
  if (set === undefined) {
    // Rust then reads a nested class; Go reports the name.
    if (p.dialect === 'rust') return undefined;
    throw new RegexError('invalid character class range', form[0]);
  }
  p.at += form[0].length;
  return form[1] === '^' ? negate(set) : set;
}
