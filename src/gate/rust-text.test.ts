/** Text as Rust's `{:?}` prints it. */
import { expect, test } from 'vitest';
import { rustString, rustValue } from './rust-text.ts';

test.each([
  { text: 'plain', want: '"plain"' },
  { text: 'say "hi"', want: String.raw`"say \"hi\""` },
  { text: 'a\\b\nc\td\re\0', want: String.raw`"a\\b\nc\td\re\0"` },
  { text: "it's é 漢 🙂", want: `"it's é 漢 🙂"` },
  { text: '\u001b[31m\u200b\u00a0\u2028', want: String.raw`"\u{1b}[31m\u{200b}\u{a0}\u{2028}"` },
  { text: 'e\u0301', want: String.raw`"e\u{301}"` },
])('$want', ({ text, want }) => {
  expect(rustString(text)).toBe(want);
});

test('values nest as the engine’s own types', () => {
  expect(rustValue({ a: [true, null, 1] })).toBe(
    'Object({String("a"): Array([Bool(true), Null, Number(1)])})',
  );
});
