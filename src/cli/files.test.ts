import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readText } from './files.ts';

const stdin = (bytes: Buffer): NodeJS.ReadStream =>
  Readable.from([bytes]) as unknown as NodeJS.ReadStream;

test.each([
  ['a lone continuation byte', Buffer.from([0x61, 0x0a, 0x62, 0x80]), { line: 2, column: 2 }],
  ['a byte of Latin-1', Buffer.from('ab\né', 'latin1'), { line: 2, column: 1 }],
  ['a cut character', Buffer.from('é').subarray(0, 1), { line: 1, column: 1 }],
  ['an overlong form', Buffer.from([0x61, 0xc0, 0xaf]), { line: 1, column: 2 }],
  ['a surrogate', Buffer.from([0xed, 0xa0, 0x80]), { line: 1, column: 1 }],
  [
    'a wrong byte behind a long text',
    Buffer.concat([Buffer.from('é'.repeat(9_000)), Buffer.from([0xff])]),
    { line: 1, column: 18_001 },
  ],
])('%s is located', async (_note, bytes, place) => {
  await expect(readText('-', stdin(bytes))).rejects.toMatchObject({
    code: 'CLI_NOT_UTF8',
    location: { file: '<stdin>', ...place },
  });
});

test('UTF-16 is named', async () => {
  const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('package', 'utf16le')]);
  await expect(readText('-', stdin(bytes))).rejects.toMatchObject({
    message: 'this is not UTF-8 text, it is UTF-16',
  });
});

test('every character of UTF-8 is text', async () => {
  const text = 'a\u00e9\u0800\ud7ff\uffff😀\u{10ffff}';
  expect(await readText('-', stdin(Buffer.from(text)))).toBe(text);
});
