import { describe, expect, test } from 'vitest';
import { regorusColumnOverflow, regorusPosition, opaExcerpt, opaPosition } from './position.ts';

/** The offset of `^` in a text, and the text without it. */
function marked(text: string): { source: { name: string; text: string }; offset: number } {
  const offset = text.indexOf('^');
  return { source: { name: 'p', text: text.replace('^', '') }, offset };
}

describe('OPA counts code points', () => {
  test.each([
    ['^x', 1, 1],
    ['a\n\t^b', 2, 2],
    ['é😀^x', 1, 3],
    ['a^\nb', 2, 0],
    ['ab^', 1, 2],
    ['ab\n^', 2, 0],
  ])('%j', (text, row, col) => {
    const { source, offset } = marked(text);
    expect(opaPosition(source, offset)).toEqual({ row, col });
  });
});

describe('the guest moves its column as it scans', () => {
  test.each([
    ['^x', 1, 1],
    ['a\n\t^b', 2, 5],
    ['"é" ^x', 1, 6],
    ['é ^x', 1, 3],
    ['`a\n\tb` ^x', 2, 8],
    ['# "\n^x', 2, 1],
    ['"\\"" ^x', 1, 6],
    ['a\r\n^b', 2, 1],
  ])('%j', (text, row, col) => {
    const { source, offset } = marked(text);
    expect(regorusPosition(source, offset)).toEqual({ row, col });
  });
});

describe('the width of lines', () => {
  test.each([
    ['abc', 4, undefined],
    ['abcd', 4, 0],
    ['a\tb', 5, 1],
    ['a "bcd"', 6, 3],
  ])('%j within %d', (text, columns, offset) => {
    expect(regorusColumnOverflow({ name: 'p', text }, columns)).toBe(offset);
  });
});

test.each([
  ['\t\tx := )', 7, ['x := )', '     ^']],
  ['a\n\n\n', 4, ['a', '^']],
  ['"é" )', 4, ['"é" )', '     ^']],
])('the excerpt of %j', (text, offset, want) => {
  expect(opaExcerpt({ name: 'p', text }, offset)).toEqual(want);
});
