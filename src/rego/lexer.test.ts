import { describe, expect, test } from 'vitest';
import { keywordKind, Tok, type TokenKind } from './lexer.ts';
import { RegorusLexer } from './parse/regorus/lexer.ts';

const names = new Map(Object.entries(Tok).map(([name, kind]) => [kind, name]));
const nameOf = (kind: TokenKind): string => names.get(kind) ?? '?';

function open(text: string): RegorusLexer {
  const lexer = new RegorusLexer({ name: 'p', text }, 1024);
  lexer.next();
  return lexer;
}

/** `Kind` or `Kind(text)` of every token. */
function tokens(text: string): string {
  const found: string[] = [];
  const lexer = open(text);
  while (lexer.tok !== Tok.Eof) {
    const isWord = lexer.tok === Tok.Ident || lexer.tok === Tok.Number;
    found.push(nameOf(lexer.tok) + (isWord ? `(${lexer.lit()})` : ''));
    lexer.next();
  }
  return found.join(' ');
}

test.each([
  ['', ''],
  ['a _b c1', 'Ident(a) Ident(_b) Ident(c1)'],
  ['[]{}()', 'LBrack RBrack LBrace RBrace LParen RParen'],
  [', : ; . | &', 'Comma Colon Semicolon Dot Or And'],
  [':= = == != < <= > >=', 'Assign Unify Equal Neq Lt Lte Gt Gte'],
  ['+ - * / %', 'Add Sub Mul Quo Rem'],
  ['a:=b==c', 'Ident(a) Assign Ident(b) Equal Ident(c)'],
  ['a<=b>c', 'Ident(a) Lte Ident(b) Gt Ident(c)'],
  ['"a" `b`', 'String RawString'],
  ['x # y\nz', 'Ident(x) Ident(z)'],
  ['12 a.b', 'Number(12) Ident(a) Dot Ident(b)'],
])('%j is %s', (text, want) => {
  expect(tokens(text)).toBe(want);
});

test.each([
  ['package', 'Package'],
  ['import', 'Import'],
  ['as', 'As'],
  ['default', 'Default'],
  ['else', 'Else'],
  ['not', 'Not'],
  ['some', 'Some'],
  ['with', 'With'],
  ['null', 'Null'],
  ['true', 'True'],
  ['false', 'False'],
  ['every', 'Every'],
  ['contains', 'Contains'],
  ['if', 'If'],
  ['in', 'In'],
  ['nots', 'Ident'],
  ['If', 'Ident'],
  ['asa', 'Ident'],
])('%s spells %s', (word, want) => {
  expect(nameOf(keywordKind(word, 0, word.length))).toBe(want);
});

test('infix operators are contiguous, loosest first', () => {
  const loosest = [Tok.Assign, Tok.Unify, Tok.In, Tok.Equal, Tok.Or, Tok.And, Tok.Add, Tok.Mul];
  expect(loosest).toEqual(loosest.toSorted((a, b) => a - b));
});

describe('the place of a token', () => {
  test('blanks and line breaks before it are known', () => {
    const lexer = open('a b\n.c');
    expect([lexer.start, lexer.end, lexer.spaced]).toEqual([0, 1, false]);
    lexer.next();
    expect([lexer.start, lexer.spaced, lexer.newline]).toEqual([2, true, false]);
    lexer.next();
    expect([lexer.start, lexer.spaced, lexer.newline]).toEqual([4, true, true]);
    lexer.next();
    expect([lexer.start, lexer.spaced, lexer.newline]).toEqual([5, false, false]);
  });

  test('comments are kept by their offsets, and given back when the lexer goes back', () => {
    const lexer = open('a #1\n#two\nb');
    const mark = lexer.mark();
    lexer.next();
    expect(lexer.comments).toEqual([2, 4, 5, 9]);
    lexer.reset(mark);
    expect([lexer.comments, lexer.lit()]).toEqual([[], 'a']);
    lexer.next();
    expect([lexer.comments, lexer.lit()]).toEqual([[2, 4, 5, 9], 'b']);
  });

  test('the end of the text is a token of its own, without width', () => {
    const lexer = open('a');
    lexer.next();
    lexer.next();
    expect([lexer.tok, lexer.start, lexer.end]).toEqual([Tok.Eof, 1, 1]);
  });
});
