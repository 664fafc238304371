import { expect, test } from 'vitest';
import { Tok } from '../../lexer.ts';
import { RegorusLexer } from './lexer.ts';
import { errorOf, rulesOf, termOf } from './testing.ts';

test.each([
  ['1.', '2:7 invalid number'],
  ['1_000', '2:7 invalid number'],
  ['1e400', '2:6 invalid number. serde_json cannot parse number: out of range'],
  ['.5', '2:6 invalid number. serde_json cannot parse number: expected value'],
  [
    '1e',
    '2:6 invalid number. serde_json cannot parse number: EOF while parsing a value at line 1 column 2',
  ],
  ['"a', '2:6 unmatched "'],
  ['`a', '2:7 unmatched `'],
  ['"é\\q"', '2:9 invalid escape sequence'],
  ['"\\u12g4"', '2:11 invalid hex escape sequence'],
  ['"a\tb"', '2:8 invalid character in string'],
  ["'a'", '2:6 invalid character'],
  ['"é" )', '2:11 expecting identifier. Failed to parse rule-ref.'],
])('x := %s is refused at its place', (text, want) => {
  expect(errorOf(`package a\nx := ${text}`)).toBe(want);
});

test('a carriage return wants its line feed', () => {
  expect(errorOf('package a\rx := 1')).toBe('1:10 \\r must be followed by \\n');
  expect(errorOf('package a\r\nx := 1')).toBeUndefined();
});

test.each([
  ['"\\ud83d"', 'unexpected end of hex escape'],
  ['"\\udc00"', 'lone leading surrogate in hex escape'],
])('%s is half a pair', (text, words) => {
  expect(errorOf(`package a\nx := ${text}`)).toContain(words);
});

test.each([
  ['-1', { kind: 'number', text: '-1' }],
  ['1.5e-3', { kind: 'number', text: '1.5e-3' }],
  ['"\\ud83d\\ude00\\n\\/"', { kind: 'string', value: '😀\n/' }],
  ['`a\\n`', { kind: 'string', value: 'a\\n', raw: true }],
  ['set()', { kind: 'constant', shape: 'set' }],
  ['set( # none\n)', { kind: 'constant', shape: 'set' }],
  ['set(1)', { kind: 'call', name: 'set' }],
])('%j is one token or more', (text, want) => {
  expect(termOf(text)).toMatchObject(want);
});

test('a NUL ends the text', () => {
  expect(rulesOf('x := 1\0 ( garbage')).toHaveLength(1);
});

test('a line break inside a raw string counts as one before the next token', () => {
  const lexer = new RegorusLexer({ name: 'p', text: '`a\nb` c' }, 1024);
  lexer.next();
  expect(lexer.tok).toBe(Tok.RawString);
  lexer.next();
  expect([lexer.lit(), lexer.newline]).toEqual(['c', true]);
});

test('a line is too long once a token reaches beyond its bound', () => {
  const lexer = new RegorusLexer({ name: 'p', text: 'ab\ncdef' }, 3);
  lexer.next();
  expect(() => {
    lexer.next();
  }).toThrow('line exceeds maximum column width of 3');
});
