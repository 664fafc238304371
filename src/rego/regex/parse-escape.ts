/** Backslash escapes outside and inside brackets. */
import {
  ASCII_DIGIT,
  ASCII_WORD,
  type CharSet,
  GO_SPACE,
  negate,
  RUST_ASCII_SPACE,
} from './charset.ts';
import type { RegexParser } from './parse.ts';
import { type AssertKind, RegexError, type RegexNode } from './syntax.ts';
import { unicodeDigit, unicodeSpace, unicodeWord } from './perl-classes.ts';
import { goProperty, rustProperty } from './unicode.ts';

const ASSERTIONS: Readonly<Record<string, AssertKind>> = {
  A: 'text-start',
  z: 'text-end',
  b: 'word-boundary',
  B: 'not-word-boundary',
};

const RUST_BRACED_BOUNDARIES: Readonly<Record<string, AssertKind>> = {
  'b{start}': 'word-start',
  'b{end}': 'word-end',
  'b{start-half}': 'word-start-half',
  'b{end-half}': 'word-end-half',
};

const lookup = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** The parser stands on a backslash. */
export function parseEscape(p: RegexParser): RegexNode {
  if (p.dialect === 'rust') {
    for (const [text, assert] of Object.entries(RUST_BRACED_BOUNDARIES)) {
      if (p.accept(`\\${text}`)) return p.assertion(assert);
    }
    if (p.accept('\\<')) return p.assertion('word-start');
    if (p.accept('\\>')) return p.assertion('word-end');
  }
  const assert = lookup(ASSERTIONS, p.peek(1));
  if (assert !== undefined) {
    p.at += 2;
    return p.assertion(assert);
  }
  const set = parseClassEscape(p);
  if (set !== undefined) return p.set(set);
  const point = parseCharEscape(p);
  return p.set([point, point]);
}

const CLASS_ESCAPES = 'dDsSwW';

/** \d \s \w \p and their negations; undefined: some other escape. */
export function parseClassEscape(p: RegexParser): CharSet | undefined {
  const name = p.peek(1);
  if (name !== '' && CLASS_ESCAPES.includes(name)) {
    p.at += 2;
    const set = perlClass(p, name.toLowerCase());
    return name === name.toLowerCase() ? set : negate(set);
  }
  return name === 'p' || name === 'P' ? parseProperty(p) : undefined;
}

function perlClass(p: RegexParser, name: string): CharSet {
  const unicode = p.flags.unicode;
  switch (name) {
    case 'd':
      return unicode ? unicodeDigit() : ASCII_DIGIT;
    case 's':
      return unicode ? unicodeSpace() : p.dialect === 'go' ? GO_SPACE : RUST_ASCII_SPACE;
    default:
      return unicode ? unicodeWord() : ASCII_WORD;
  }
}

/** \pL \p{Greek} \p{^Greek} \P{Greek}; Rust also \p{sc=Greek} \p{sc!=Greek}. */
function parseProperty(p: RegexParser): CharSet {
  const start = p.at;
  let negated = p.peek(1) === 'P';
  p.at += 2;
  let name = p.next();
  if (name === '{') {
    const from = p.at;
    while (p.peek() !== '' && p.peek() !== '}') p.at++;
    name = p.since(from);
    if (!p.accept('}')) throw new RegexError('invalid character class range', p.rest(start));
  }
  if (p.dialect === 'go' && name.startsWith('^')) {
    negated = !negated;
    name = name.slice(1);
  }
  const set = p.dialect === 'go' ? goProperty(name) : rustNamed(name, () => (negated = !negated));
  if (set === undefined) throw new RegexError('invalid character class range', p.since(start));
  return negated ? negate(set) : set;
}

function rustNamed(text: string, invert: () => void): CharSet | undefined {
  const form = /^([^=:!]+)(!=|=|:)(.+)$/.exec(text);
  if (form === null) return rustProperty(text);
  if (form[2] === '!=') invert();
  return rustProperty(form[3] ?? '', form[1]);
}

const CONTROLS: Readonly<Record<string, number>> = {
  a: 0x07,
  f: 0x0c,
  t: 0x09,
  n: 0x0a,
  r: 0x0d,
  v: 0x0b,
};

/** An escape for one character; the parser stands on the backslash. */
export function parseCharEscape(p: RegexParser): number {
  const start = p.at;
  p.at++;
  const char = p.next();
  if (char === '') throw new RegexError('trailing backslash at end of expression', '');
  const control = lookup(CONTROLS, char);
  if (control !== undefined) return control;
  const point = char.codePointAt(0) ?? 0;
  if (isEscapablePunctuation(p, char, point)) return point;
  if (char === 'x') return parseHex(p, { start, digits: 2 });
  if (p.dialect === 'rust' && char === 'u') return parseHex(p, { start, digits: 4 });
  if (p.dialect === 'rust' && char === 'U') return parseHex(p, { start, digits: 8 });
  if (p.dialect === 'go' && /[0-7]/.test(char)) {
    // A single digit other than 0 would be a back-reference.
    if (char === '0' || /[0-7]/.test(p.peek())) {
      const digits = /^[0-7]{0,2}/.exec(p.ahead())?.[0] ?? '';
      p.at += digits.length;
      return parseInt(char + digits, 8);
    }
  }
  throw new RegexError('invalid escape sequence', p.since(start));
}

function isEscapablePunctuation(p: RegexParser, char: string, point: number): boolean {
  if (point >= 0x80 || /[0-9A-Za-z]/.test(char)) return false;
  return p.dialect === 'go' || (char !== '<' && char !== '>');
}

function parseHex(p: RegexParser, { start, digits }: { start: number; digits: number }): number {
  const braced = /^\{([0-9A-Fa-f]+)\}/.exec(p.ahead());
  const plain = new RegExp(`^[0-9A-Fa-f]{${digits}}`).exec(p.ahead());
  const text = braced?.[1] ?? plain?.[0];
  const point = text === undefined ? NaN : parseInt(text, 16);
  const invalid =
    !(point <= 0x10ffff) || (p.dialect === 'rust' && point >= 0xd800 && point < 0xe000);
  if (text === undefined || invalid) {
    throw new RegexError('invalid escape sequence', p.since(start));
  }
  p.at += braced?.[0].length ?? text.length;
  return point;
}
