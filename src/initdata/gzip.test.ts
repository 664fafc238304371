import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gunzip, type Gunzipped } from './gzip.ts';
import { inflate } from './inflate.ts';

const LIMIT = { maxBytes: 1 << 20 };
const textOf = (result: Gunzipped): string =>
  result.kind === 'ok'
    ? Buffer.from(result.bytes).toString()
    : result.kind === 'bad'
      ? `${result.header ? 'header' : 'body'}: ${result.text}`
      : result.kind;

const hello = gzipSync('hello');
const withFlags = (flags: number, extra: Buffer): Buffer =>
  Buffer.concat([
    hello.subarray(0, 3),
    Buffer.from([flags]),
    hello.subarray(4, 10),
    extra,
    hello.subarray(10),
  ]);
const changed = (at: number, value: number): Buffer => {
  const bytes = Buffer.from(hello);
  bytes[at] = value;
  return bytes;
};

// The right answers are those of Go's compress/gzip.
test.each([
  { note: 'one member', bytes: hello, answer: 'hello' },
  {
    note: 'two members are one stream',
    bytes: Buffer.concat([hello, hello]),
    answer: 'hellohello',
  },
  { note: 'nothing', bytes: Buffer.alloc(0), answer: 'header: EOF' },
  { note: 'half a header', bytes: hello.subarray(0, 5), answer: 'header: unexpected EOF' },
  { note: 'another magic', bytes: changed(0, 0x1e), answer: 'header: gzip: invalid header' },
  { note: 'half the data', bytes: hello.subarray(0, 12), answer: 'body: unexpected EOF' },
  { note: 'no trailer', bytes: hello.subarray(0, -8), answer: 'body: unexpected EOF' },
  {
    note: 'another sum',
    bytes: changed(hello.length - 8, 0),
    answer: 'body: gzip: invalid checksum',
  },
  {
    note: 'another size',
    bytes: changed(hello.length - 4, 9),
    answer: 'body: gzip: invalid checksum',
  },
  {
    note: 'a long rest',
    bytes: Buffer.concat([hello, Buffer.alloc(12)]),
    answer: 'body: gzip: invalid header',
  },
  {
    note: 'a short rest',
    bytes: Buffer.concat([hello, Buffer.from('\n')]),
    answer: 'body: unexpected EOF',
  },
  {
    note: 'a block of the reserved type',
    bytes: changed(10, 7),
    answer: 'body: flate: corrupt input before offset 1',
  },
  { note: 'a name', bytes: withFlags(8, Buffer.from('a.toml\0')), answer: 'hello' },
  {
    note: 'a name without an end',
    bytes: withFlags(8, Buffer.alloc(600, 'a')),
    answer: 'header: gzip: invalid header',
  },
  { note: 'an extra field', bytes: withFlags(4, Buffer.from([2, 0, 1, 1])), answer: 'hello' },
  {
    note: 'a wrong header sum',
    bytes: withFlags(2, Buffer.from([0, 0])),
    answer: 'header: gzip: invalid header',
  },
])('$note: $answer', ({ bytes, answer }) => {
  expect(textOf(gunzip(bytes, LIMIT))).toBe(answer);
});

test('the error of the reader below stands for the end', () => {
  const options = { ...LIMIT, endError: 'illegal base64 data at input byte 4' };
  expect(textOf(gunzip(hello.subarray(0, 12), options))).toBe(`body: ${options.endError}`);
  expect(textOf(gunzip(hello, options))).toBe(`body: ${options.endError}`);
});

test('output is bounded, over all members', () => {
  const bomb = gzipSync(Buffer.alloc(LIMIT.maxBytes));
  expect(gunzip(bomb, LIMIT).kind).toBe('ok');
  expect(gunzip(Buffer.concat([bomb, hello]), LIMIT).kind).toBe('too-large');
});

test.each([
  { note: 'stored', level: 0, strategy: constants.Z_DEFAULT_STRATEGY },
  { note: 'fixed codes', level: 9, strategy: constants.Z_FIXED },
  { note: 'Huffman only', level: 6, strategy: constants.Z_HUFFMAN_ONLY },
  { note: 'dynamic codes', level: 9, strategy: constants.Z_DEFAULT_STRATEGY },
])('whatever zlib deflates is inflated: $note', (options) => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('abc', 'policy', '\n', 'é', '0'), { maxLength: 3000 }),
      (parts) => {
        const text = Buffer.from(parts.join(''));
        const stream = deflateRawSync(text, options);
        const { bytes, end } = inflate(Buffer.concat([stream, Buffer.from('rest')]), 0, 1 << 20);
        expect(Buffer.from(bytes).equals(text)).toBe(true);
        expect(end).toBe(stream.length);
      },
    ),
    { numRuns: 30 },
  );
});
