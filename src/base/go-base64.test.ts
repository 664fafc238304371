import { expect, test } from 'vitest';
import { corruptBase64At } from './go-base64.ts';

// By the rules of Go's decodeQuantum; the quirks are its own.
test.each([
  ['', undefined],
  ['QUJD', undefined],
  ['QUI=', undefined],
  ['QQ==', undefined],
  ['QU\nJD\r\n', undefined],
  ['QQ=\n=', undefined],
  ['Q', 0],
  ['QUJDQ', 4],
  ['QUJD\nQU', 5],
  ['QUJD!UJD', 4],
  ['=', 0],
  ['Q===', 1],
  ['QQ=', 3],
  ['QQ=A', 2],
  ['QQ=\nA', 3],
  ['QQ==QUJD', 4],
  ['QUI=QUJD', 4],
  ['QUI==', 4],
  ['äQUJ', 0],
  ['H4sI-___', 4],
])('%j is corrupt at %j', (text, want) => {
  expect(corruptBase64At(text)).toBe(want);
});

test('the URL alphabet has digits of its own', () => {
  expect(corruptBase64At('H4sI-___', 'url')).toBeUndefined();
  expect(corruptBase64At('H4sI+///', 'url')).toBe(4);
});
