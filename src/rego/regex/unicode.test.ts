import { expect, test } from 'vitest';
import { contains } from './charset.ts';
import { foldCase, goProperty, rustProperty } from './unicode.ts';

const point = (char: string): number => char.codePointAt(0) ?? 0;

test.each([
  ['Greek', 'α', true],
  ['Greek', 'a', false],
  ['L', 'é', true],
  ['Lu', 'é', false],
  ['Any', '\u{10ffff}', true],
  ['ASCII', 'é', false],
])('\\p{%s} holds %s: %s', (name, char, want) => {
  for (const property of [goProperty(name), rustProperty(name)]) {
    expect(property && contains(property, point(char))).toBe(want);
  }
});

test('binary properties and kinds are known to Rust only', () => {
  expect(goProperty('Alphabetic')).toBeUndefined();
  expect(rustProperty('Alphabetic')).toBeDefined();
  expect(rustProperty('Greek', 'sc')).toEqual(rustProperty('Greek'));
  expect(rustProperty('Greek', 'nope')).toBeUndefined();
  expect(goProperty('Nope')).toBeUndefined();
});

test.each([
  ['k', ['k', 'K', '\u212a']],
  ['s', ['s', 'S', '\u017f']],
  ['é', ['é', 'É']],
  ['1', ['1']],
])('%s folds to %j', (char, members) => {
  const folded = foldCase([point(char), point(char)]);
  for (const member of members) expect(contains(folded, point(member))).toBe(true);
  expect(contains(folded, point('x'))).toBe(false);
});
