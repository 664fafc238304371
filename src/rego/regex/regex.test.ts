import { expect, test } from 'vitest';
import { contains } from './charset.ts';
import { unicodeDigit, unicodeSpace, unicodeWord } from './perl-classes.ts';
import { Regex, regexFor } from './regex.ts';

/** Answers of both dialects to the same questions are recorded in builtins/testdata/regexes.json. */

test.each([
  { note: 'fixed width, anchored', pattern: '^[a-z0-9]{64}$', native: true },
  {
    note: 'loops told apart by their first character',
    pattern: '^/run/[a-z]+-[0-9]+$',
    native: true,
  },
  {
    note: 'one loop that may give back, short tail',
    pattern: '^[a-z0-9-]+-resolv\\.conf$',
    native: true,
  },
  { note: 'a literal anywhere', pattern: 'resolv\\.conf', native: true },
  { note: 'nested loops', pattern: '^(a+)+$', native: false },
  { note: 'two loops over the same characters', pattern: '^a*a*b$', native: false },
  { note: 'a loop without an anchor', pattern: '[a-z]+@', native: false },
  { note: 'choice inside a loop', pattern: '^(?:a|ab)*c$', native: false },
  { note: 'optional items that pile up', pattern: '^(?:a?){30}a{30}$', native: false },
])('$note: JavaScript runs it: $native', ({ pattern, native }) => {
  expect(new Regex(pattern, 'go').native).toBe(native);
});

test.each([
  '^(a+)+$',
  '(x+x+)+y',
  '(.*)(.*)(.*)(.*)(.*)[^x]',
  '^(a|aa)+$',
  '(a?){50}a{50}b',
  '^(?:.*a){12}b',
  '[a-z]+[a-z]+[a-z]+[a-z]+1',
])('%s takes linear time on 100,000 characters', (pattern) => {
  const regex = new Regex(pattern, 'go');
  expect(regex.test('a'.repeat(100_000) + '!')).toBe(pattern.includes('.*)['));
});

test('native and automata agree', () => {
  const patterns = ['a(b|c)?d', '^x[0-9]{1,3}y?$', 'k(?:ab|cd)e', '\\bfoo\\b', '(?m)^b$', 'é[^x]'];
  const texts = ['', 'abd', 'acdacd', 'x12y', 'kcde', 'a foo b', 'afoo', 'a\nb\nc', 'aéy', '😀é😀'];
  for (const pattern of patterns) {
    const native = new Regex(pattern, 'go');
    // An alternative that never matches takes the loop-free form away from JavaScript.
    const automata = new Regex(`(?:${pattern})|[a-z]*\\x00[a-z]*\\x00`, 'go');
    expect([native.native, automata.native], pattern).toEqual([true, false]);
    for (const text of texts) {
      expect(automata.test(text), `${pattern} on ${text}`).toBe(native.test(text));
      expect(Array.from(automata.matches(text), (m) => [m.start, m.end])).toEqual(
        Array.from(native.matches(text), (m) => [m.start, m.end]),
      );
    }
  }
});

test('a pattern that is not valid is remembered as such', () => {
  const error = regexFor('a(', 'go');
  expect(error).not.toBeInstanceOf(Regex);
  expect(regexFor('a(', 'go')).toBe(error);
});

test('source text of a pattern never reaches JavaScript unescaped', () => {
  const tricky = '^[\\]\\\\^-]{1}/\\*\\u{2028}$'.replace('\\u{2028}', '\u2028');
  const regex = new Regex(tricky, 'go');
  expect(regex.native).toBe(true);
  expect(regex.test(']/*\u2028')).toBe(true);
});

test.each([
  { note: 'digits', set: unicodeDigit(), property: /\p{Nd}/u },
  { note: 'white space', set: unicodeSpace(), property: /\p{White_Space}/u },
  {
    note: 'word characters',
    set: unicodeWord(),
    property: /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u,
  },
])(
  'the table of $note is that of Unicode, up to Latin, Greek and Indic scripts',
  ({ set, property }) => {
    // Further blocks grow with every Unicode release, and so with the Node.js that runs this.
    for (let point = 0; point < 0x0b00; point++) {
      if (!/\p{Cn}/u.test(String.fromCodePoint(point))) {
        expect(contains(set, point), point.toString(16)).toBe(
          property.test(String.fromCodePoint(point)),
        );
      }
    }
  },
);
