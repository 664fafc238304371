import { expect, test } from 'vitest';
import fc from 'fast-check';
import { steppingClock } from '#base';
import { CriLogWriter, logText, parseCriLogLine } from './cri-log.ts';

function written(chunks: readonly Uint8Array[]) {
  const lines: Buffer[] = [];
  const writer = new CriLogWriter('stdout', steppingClock(0), (line) => lines.push(line));
  for (const chunk of chunks) writer.push(chunk);
  writer.flush();
  return lines;
}

test('a line is stamped, and one without a newline is partial', () => {
  expect(written([Buffer.from('a\nb')]).map(String)).toEqual([
    '1970-01-01T00:00:00.000000000Z stdout F a\n',
    '1970-01-01T00:00:00.001000000Z stdout P b\n',
  ]);
});

test('a long line is cut at 16 KiB', () => {
  const lines = written([Buffer.from(`${'x'.repeat(20_000)}\n`)]);
  expect(lines.map((line) => parseCriLogLine(line.subarray(0, -1))?.text.length)).toEqual([
    16_384, 3_616,
  ]);
});

test('what was written comes back byte for byte, however it was cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (chunks) => {
      const texts = written(chunks).map((line) => logText(parseCriLogLine(line.subarray(0, -1))!));
      expect(Buffer.concat(texts)).toEqual(Buffer.concat(chunks));
    }),
  );
});

test.each(['', 'no log line', '2026-01-01T00:00:00Z stdin F x'])('%j is no log line', (text) => {
  expect(parseCriLogLine(Buffer.from(text))).toBeUndefined();
});
