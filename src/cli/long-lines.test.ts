import { expect, test } from 'vitest';
import { cutLongLines } from './long-lines.ts';

/** What stands over the caret of the second line. */
function atCaret(text: string): string {
  const [line = '', caret = ''] = text.split('\n');
  return line.slice(caret.indexOf('^')).slice(0, 4);
}

const long = (length: number) => 'x'.repeat(length);

test.each([
  { note: 'in the middle', line: `${long(2_000_000)}HERE${long(1_000_000)}` },
  { note: 'at the beginning', line: `HERE${long(5000)}` },
  { note: 'near the beginning', line: `${long(90)}HERE${long(5000)}` },
  { note: 'at the end', line: `${long(5000)}HERE` },
  { note: 'behind a gutter', line: `12 | ${long(5000)}HERE${long(50)}`, gutter: '   | ' },
])('a caret $note of a long line still stands under its place', ({ line, gutter = '' }) => {
  const caret = gutter + ' '.repeat(line.indexOf('HERE') - gutter.length) + '^';
  const cut = cutLongLines(`${line}\n${caret}`);
  expect(atCaret(cut)).toBe('HERE');
  expect(Math.max(...cut.split('\n').map(({ length }) => length))).toBeLessThan(250);
  if (gutter !== '') expect(cut).toMatch(/^12 \| .*\n {3}\| +\^$/);
});

test('shorter lines, and those around, stay as they are', () => {
  const text = `error:\n${'y'.repeat(400)}\n    ^\nend`;
  expect(cutLongLines(text)).toBe(text);
  expect(cutLongLines(`a\n${long(1000)}\nb`)).toBe(`a\n${long(100)}...\nb`);
});
