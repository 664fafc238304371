/**
 * `regex.globs_match`: whether two globs (characters, `.`, `[a-z]`, each with an optional `*` or `+`)
 * have a non-empty text in common. The library OPA uses decides by a procedure that misses some
 * cases (`a*b*` against `a`), and its verdict is the contract, so the procedure is followed; ours
 * remembers what it has tried, so it takes polynomial time where that one explodes.
 * Source: github.com/yashtewari/glob-intersection.
 */
import { type CharSet, disjoint, toCharSet } from '../regex/charset.ts';
import { builtinFault, type BuiltinFault } from './define.ts';

interface Token {
  /** undefined: any character. */
  readonly set: CharSet | undefined;
  readonly single: boolean;
  readonly flag: '' | '*' | '+';
}

type Charge = (units: number) => void;

export function globsIntersect(
  first: string,
  second: string,
  charge: Charge,
): boolean | BuiltinFault {
  const left = readGlob(first);
  if (!Array.isArray(left)) return left as BuiltinFault;
  const right = readGlob(second);
  if (!Array.isArray(right)) return right as BuiltinFault;
  const trimmed = trim(left as Token[], right as Token[]);
  if (trimmed === undefined) return false;
  charge(trimmed[0].length * trimmed[1].length);
  return new Intersection(trimmed, charge).normal(0, 0);
}

interface Char {
  readonly char: string;
  readonly escaped: boolean;
}

function readChars(glob: string): Char[] | BuiltinFault {
  const raw = Array.from(glob);
  const chars: Char[] = [];
  for (let i = 0; i < raw.length; i++) {
    const char = raw[i] ?? '';
    if (char !== '\\') chars.push({ char, escaped: false });
    else {
      const next = raw[++i];
      if (next === undefined) {
        return invalid(glob, i - 1, 'input ends with a \\ (escape) character');
      }
      chars.push({ char: next, escaped: true });
    }
  }
  return chars;
}

const invalid = (glob: string, at: number, message: string): BuiltinFault =>
  builtinFault(`input:${glob}, pos:${at}, ${message}: the input provided is invalid`);

function readGlob(glob: string): readonly Token[] | BuiltinFault {
  const chars = readChars(glob);
  if (!Array.isArray(chars)) return chars;
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length;) {
    const here = chars[at++];
    if (here === undefined) break;
    let set: CharSet | undefined;
    let single = false;
    if (here.escaped || !'.[]*+'.includes(here.char)) {
      set = pointSet(here.char);
      single = true;
    } else if (here.char === '[') {
      const read = readSet(chars, at, glob);
      if (!('next' in read)) return read;
      ({ set, next: at } = read);
    } else if (here.char !== '.') {
      const text =
        here.char === ']'
          ? "set-close ']' with no preceding '['"
          : `flag '${here.char}' must be preceded by a non-flag`;
      return invalid(glob, at, text);
    }
    const ahead = chars[at];
    const flag =
      ahead?.escaped === false && (ahead.char === '*' || ahead.char === '+') ? ahead.char : '';
    if (flag !== '') at++;
    push(tokens, { set, single, flag });
  }
  return tokens;
}

const pointSet = (char: string): CharSet => {
  const point = char.codePointAt(0) ?? 0;
  return [point, point];
};

/** Flagged neighbours of equal content melt: t*t+ is t+. */
function push(tokens: Token[], token: Token): void {
  const last = tokens.at(-1);
  if (last !== undefined && last.flag !== '' && token.flag !== '' && sameContent(last, token)) {
    const flag = last.flag === '+' || token.flag === '+' ? '+' : '*';
    tokens[tokens.length - 1] = { ...last, flag };
  } else tokens.push(token);
}

const sameContent = (a: Token, b: Token): boolean =>
  a.single === b.single && a.set?.join() === b.set?.join();

function readSet(chars: readonly Char[], start: number, glob: string) {
  const ranges: [number, number][] = [];
  let previous: number | undefined;
  for (let at = start; at < chars.length; at++) {
    const { char, escaped } = chars[at] ?? { char: '', escaped: false };
    if (!escaped && char === ']') return { set: toCharSet(ranges), next: at + 1 };
    const point = char.codePointAt(0) ?? 0;
    if (escaped || char !== '-') {
      ranges.push([point, point]);
      previous = point;
      continue;
    }
    const to = chars[++at];
    if (previous === undefined) {
      return invalid(glob, at, "range character '-' must be preceded by a Unicode character");
    }
    if (to === undefined || at + 1 >= chars.length) {
      return invalid(glob, at, "range character '-' must be followed by a Unicode character");
    }
    if (!to.escaped && (to.char === ']' || to.char === '-')) {
      return invalid(glob, at + 1, "range character '-' cannot be followed by a special symbol");
    }
    const high = to.char.codePointAt(0) ?? 0;
    if (high < previous) {
      const low = String.fromCodePoint(previous);
      const text = `range is out of order: '${to.char}' comes before '${low}' in Unicode`;
      return invalid(glob, at + 1, text);
    }
    ranges.push([previous, high]);
    previous = undefined;
  }
  return invalid(glob, chars.length, 'found [ without matching ]');
}

const matches = (a: Token | undefined, b: Token | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  (a.set === undefined || b.set === undefined || !disjoint(a.set, b.set));

type Pair = readonly [readonly Token[], readonly Token[]];

const plain = (token: Token | undefined): boolean => token?.flag === '';

/** Drops equal ends, all but one token; undefined: they cannot match. */
function trim(a: readonly Token[], b: readonly Token[]): Pair | undefined {
  let start = 0;
  for (; plain(a[start]) && plain(b[start]); start++) {
    if (!matches(a[start], b[start])) return undefined;
  }
  if (start > 0) start--;
  let endA = a.length - 1;
  let endB = b.length - 1;
  for (; endA >= start && endB >= start && plain(a[endA]) && plain(b[endB]); endA--, endB--) {
    if (!matches(a[endA], b[endB])) return undefined;
  }
  if (endA < a.length - 1) {
    endA++;
    endB++;
  }
  return [a.slice(start, endA + 1), b.slice(start, endB + 1)];
}

/** Both globs from positions i and j on; every question is answered once. */
class Intersection {
  readonly #a: readonly Token[];
  readonly #b: readonly Token[];
  readonly #charge: Charge;
  readonly #known = new Map<string, boolean>();

  constructor([a, b]: Pair, charge: Charge) {
    this.#a = a;
    this.#b = b;
    this.#charge = charge;
  }

  normal(i: number, j: number): boolean {
    let [x, y] = [i, j];
    for (; x < this.#a.length && y < this.#b.length; x++, y++) {
      const [s, t] = [this.#a[x], this.#b[y]];
      if (plain(s) && plain(t)) {
        if (!matches(s, t)) return false;
      } else if (plain(s)) return this.#special({ starred: y, other: x, swapped: true });
      else return this.#special({ starred: x, other: y, swapped: false });
    }
    return x === this.#a.length && y === this.#b.length;
  }

  #special(place: Place): boolean {
    const { starred, other, swapped } = place;
    const flagged = (swapped ? this.#b : this.#a)[starred];
    if (flagged?.flag === '*') return this.#star(place);
    const against = (swapped ? this.#a : this.#b)[other];
    if (!matches(flagged, against)) return false;
    if (this.#star({ starred, other: other + 1, swapped })) return true;
    return !plain(against) && this.#resume(starred + 1, other, swapped);
  }

  #resume(starred: number, other: number, swapped: boolean): boolean {
    return swapped ? this.normal(other, starred) : this.normal(starred, other);
  }

  /** The flagged token takes from the other glob until what follows it fits. */
  #star({ starred, other, swapped }: Place): boolean {
    const key = `${starred},${other},${swapped}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#charge(1);
    const result = this.#take({ starred, other, swapped });
    this.#known.set(key, result);
    return result;
  }

  #take({ starred, other, swapped }: Place): boolean {
    const [glob, against] = swapped ? [this.#b, this.#a] : [this.#a, this.#b];
    const next = glob[starred + 1];
    for (let i = other; i < against.length; i++) {
      if (next !== undefined && matches(against[i], next)) {
        if (this.#resume(starred + 1, i, swapped)) return true;
      }
      if (!matches(against[i], glob[starred])) return false;
    }
    return next === undefined;
  }
}

interface Place {
  readonly starred: number;
  readonly other: number;
  /** The starred token belongs to the second glob. */
  readonly swapped: boolean;
}
