/** Text as Rust's `{:?}` prints it. */
import { expect, test } from 'vitest';
import { RegoObject, RegoSet, valueFromJs } from '#rego';
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

test.each([
  {
    value: valueFromJs({ a: [true, null, 1] }, 'double'),
    text: 'Object({String("a"): Array([Bool(true), Null, Number(1)])})',
  },
  { value: RegoSet.of([1, 'x']), text: 'Set({Number(1), String("x")})' },
  {
    value: RegoObject.of([[[1], 1e30]]),
    text: 'Object({Array([Number(1)]): Number(1000000000000000000000000000000)})',
  },
])('$text nests as the engine’s own types', ({ value, text }) => {
  expect(rustValue(value)).toBe(text);
});
