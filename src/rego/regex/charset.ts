/**
 * Sets of code points as flat, sorted, disjoint ranges: [low, high, low, high, ...]. Surrogates are
 * in no named set: Rego strings are sequences of code points.
 */

export type CharSet = readonly number[];

const MAX_CODE_POINT = 0x10ffff;
export const ANY_CHAR: CharSet = [0, MAX_CODE_POINT];
export const EMPTY_SET: CharSet = [];
const NEWLINE: CharSet = [0x0a, 0x0a];

/** From ranges in any order, overlapping or touching. */
export function toCharSet(ranges: readonly (readonly [number, number])[]): CharSet {
  const sorted = ranges.toSorted((a, b) => a[0] - b[0]);
  const set: number[] = [];
  for (const [low, high] of sorted) {
    const last = set.length - 1;
    const previous = set[last];
    if (previous !== undefined && low <= previous + 1) set[last] = Math.max(previous, high);
    else set.push(low, high);
  }
  return set;
}

export function pairs(set: CharSet): (readonly [number, number])[] {
  const result: (readonly [number, number])[] = [];
  for (let i = 0; i + 1 < set.length; i += 2) result.push([set[i] ?? 0, set[i + 1] ?? 0]);
  return result;
}

export function negate(set: CharSet): CharSet {
  const result: number[] = [];
  let next = 0;
  for (const [low, high] of pairs(set)) {
    if (low > next) result.push(next, low - 1);
    next = high + 1;
  }
  if (next <= MAX_CODE_POINT) result.push(next, MAX_CODE_POINT);
  return result;
}

export const union = (...sets: readonly CharSet[]): CharSet => toCharSet(sets.flatMap(pairs));

export const intersect = (a: CharSet, b: CharSet): CharSet => negate(union(negate(a), negate(b)));
export const subtract = (a: CharSet, b: CharSet): CharSet => intersect(a, negate(b));
export const symmetricDifference = (a: CharSet, b: CharSet): CharSet =>
  union(subtract(a, b), subtract(b, a));

export const NOT_NEWLINE: CharSet = negate(NEWLINE);

export function contains(set: CharSet, codePoint: number): boolean {
  let low = 0;
  let high = set.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (codePoint > (set[2 * middle + 1] ?? 0)) low = middle + 1;
    else high = middle;
  }
  return low * 2 < set.length && codePoint >= (set[2 * low] ?? 0);
}

export function disjoint(a: CharSet, b: CharSet): boolean {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if ((a[i + 1] ?? 0) < (b[j] ?? 0)) i += 2;
    else if ((b[j + 1] ?? 0) < (a[i] ?? 0)) j += 2;
    else return false;
  }
  return true;
}

export const isAscii = (set: CharSet): boolean => (set.at(-1) ?? 0) < 0x80;

const ASCII_CLASSES: Readonly<Record<string, CharSet>> = {
  alnum: [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a],
  alpha: [0x41, 0x5a, 0x61, 0x7a],
  ascii: [0, 0x7f],
  blank: [0x09, 0x09, 0x20, 0x20],
  cntrl: [0, 0x1f, 0x7f, 0x7f],
  digit: [0x30, 0x39],
  graph: [0x21, 0x7e],
  lower: [0x61, 0x7a],
  print: [0x20, 0x7e],
  punct: [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e],
  space: [0x09, 0x0d, 0x20, 0x20],
  upper: [0x41, 0x5a],
  word: [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a],
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
};

/** `[:name:]`: ASCII in both dialects. */
export const asciiClass = (name: string): CharSet | undefined =>
  Object.hasOwn(ASCII_CLASSES, name) ? ASCII_CLASSES[name] : undefined;

/** Perl's \d \s \w in ASCII; Go's \s lacks the vertical tab that `[:space:]` and Rust have. */
export const ASCII_DIGIT: CharSet = [0x30, 0x39];
export const ASCII_WORD: CharSet = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
export const GO_SPACE: CharSet = [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20];
export const RUST_ASCII_SPACE: CharSet = [0x09, 0x0d, 0x20, 0x20];
