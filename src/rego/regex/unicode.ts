/**
 * Unicode properties and simple case folding, read from the JavaScript engine's own tables the first
 * time a pattern asks for them: no table of ours to ship or to age.
 */
import { type CharSet, contains, isAscii, toCharSet, union } from './charset.ts';

const propertySets = new Map<string, CharSet | undefined>();

/** Code points `from` up to `to` as text. The caller keeps surrogates out. */
function characters(from: number, to: number): string {
  const wide = from > 0xffff;
  const units = new Uint16Array((to - from + 1) * (wide ? 2 : 1));
  for (let point = from, at = 0; point <= to; point++) {
    if (wide) units[at++] = 0xd7c0 + (point >> 10);
    units[at++] = wide ? 0xdc00 | (point & 0x3ff) : point;
  }
  return Buffer.from(units.buffer).toString('utf16le');
}

/** Blocks with assigned characters, read one by one. */
const SCANNED: readonly (readonly [number, number])[] = [
  [0, 0xd7ff],
  [0xe000, 0xffff],
  [0x10000, 0x3ffff],
  [0xe0000, 0xe0fff],
];
/** Blocks whose code points are all alike (unassigned, private use): one stands for all. */
const UNIFORM: readonly (readonly [number, number])[] = [
  [0x40000, 0xdffff],
  [0xe1000, 0xeffff],
  [0xf0000, 0xffffd],
  [0xffffe, 0xfffff],
  [0x100000, 0x10fffd],
  [0x10fffe, 0x10ffff],
];

function scan(expression: string): CharSet | undefined {
  let runs: RegExp;
  try {
    runs = new RegExp(`${expression}+`, 'gu');
  } catch {
    return undefined;
  }
  const ranges: [number, number][] = [];
  for (const [from, to] of SCANNED) {
    const width = from > 0xffff ? 2 : 1;
    for (const { 0: run, index } of characters(from, to).matchAll(runs)) {
      ranges.push([from + index / width, from + (index + run.length) / width - 1]);
    }
  }
  for (const [from, to] of UNIFORM) {
    if (characters(from, from).search(runs) >= 0) ranges.push([from, to]);
  }
  return toCharSet(ranges);
}

/** Code points of a JavaScript property expression such as `\p{Script=Greek}`; undefined: unknown. */
export function scanProperty(expression: string): CharSet | undefined {
  if (!propertySets.has(expression)) propertySets.set(expression, scan(expression));
  return propertySets.get(expression);
}

const titleCase = (name: string): string =>
  name
    .split(/[_\s-]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('_');

/** Spellings to try for a name: as it is, and as Unicode writes it. */
const spellings = (name: string): string[] =>
  name.length <= 2
    ? [name, name.charAt(0).toUpperCase() + name.slice(1).toLowerCase()]
    : [name, titleCase(name)];

const NAME = /^[A-Za-z][A-Za-z0-9_ -]*$/;

function firstKnown(kinds: readonly string[], name: string): CharSet | undefined {
  if (!NAME.test(name)) return undefined;
  for (const kind of kinds) {
    for (const spelling of spellings(name)) {
      const set = scanProperty(`\\p{${kind}${spelling}}`);
      if (set !== undefined) return set;
    }
  }
  return undefined;
}

const EVERYTHING: Readonly<Record<string, CharSet>> = {
  any: [0, 0x10ffff],
  ascii: [0, 0x7f],
};

const special = (name: string): CharSet | undefined => {
  const key = name.toLowerCase();
  return Object.hasOwn(EVERYTHING, key) ? EVERYTHING[key] : undefined;
};

/** `\p{name}` in Go: a general category, a script, Any, ASCII or Assigned. */
export const goProperty = (name: string): CharSet | undefined =>
  special(name) ?? firstKnown(['gc=', 'sc='], name);

const RUST_KINDS: Readonly<Record<string, string>> = {
  gc: 'gc=',
  general_category: 'gc=',
  generalcategory: 'gc=',
  sc: 'sc=',
  script: 'sc=',
  scx: 'scx=',
  script_extensions: 'scx=',
  scriptextensions: 'scx=',
};

/** `\p{name}` or `\p{kind=name}` in Rust: also binary properties and script extensions. */
export function rustProperty(name: string, kind?: string): CharSet | undefined {
  if (kind === undefined) return special(name) ?? firstKnown(['gc=', 'sc=', ''], name);
  const key = kind.toLowerCase();
  const prefix = Object.hasOwn(RUST_KINDS, key) ? RUST_KINDS[key] : undefined;
  return prefix === undefined ? undefined : firstKnown([prefix], name);
}

let orbits: ReadonlyMap<number, readonly number[]> | undefined;

const single = (text: string): number | undefined => {
  const point = text.codePointAt(0);
  return point !== undefined && String.fromCodePoint(point) === text ? point : undefined;
};

/** Code points that fold together. U+0130 and U+0131 fold only in Turkish, so not here. */
function caseOrbits(): ReadonlyMap<number, readonly number[]> {
  if (orbits !== undefined) return orbits;
  const byPoint = new Map<number, Set<number>>();
  const cased = scanProperty('\\p{Changes_When_Casemapped}') ?? [];
  for (let i = 0; i + 1 < cased.length; i += 2) {
    for (let point = cased[i] ?? 0; point <= (cased[i + 1] ?? 0); point++) {
      if (point === 0x130 || point === 0x131) continue;
      const text = String.fromCodePoint(point);
      for (const other of [single(text.toLowerCase()), single(text.toUpperCase())]) {
        if (other !== undefined && other !== point) join(byPoint, point, other);
      }
    }
  }
  orbits = new Map(Array.from(byPoint, ([point, group]) => [point, [...group]]));
  return orbits;
}

function join(groups: Map<number, Set<number>>, a: number, b: number): void {
  const merged = new Set([a, b, ...(groups.get(a) ?? []), ...(groups.get(b) ?? [])]);
  for (const member of merged) groups.set(member, merged);
}

/** Kelvin sign and long s: the only folds from outside into ASCII letters. */
const ASCII_STRANGERS: readonly (readonly [number, number])[] = [
  [0x6b, 0x212a],
  [0x73, 0x17f],
];

function foldAscii(set: CharSet): CharSet {
  const extra: [number, number][] = [];
  for (let lower = 0x61; lower <= 0x7a; lower++) {
    const upper = lower - 32;
    if (!contains(set, lower) && !contains(set, upper)) continue;
    extra.push([lower, lower], [upper, upper]);
    for (const [letter, other] of ASCII_STRANGERS) if (letter === lower) extra.push([other, other]);
  }
  return union(set, toCharSet(extra));
}

/** The set with everything that its members fold to. */
export function foldCase(set: CharSet): CharSet {
  if (isAscii(set)) return foldAscii(set);
  const extra: [number, number][] = [];
  for (const [point, group] of caseOrbits()) {
    if (contains(set, point)) for (const other of group) extra.push([other, other]);
  }
  return union(set, toCharSet(extra));
}
