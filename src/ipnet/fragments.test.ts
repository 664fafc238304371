import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutIpv4, FragmentTable, type Ipv4Fragment } from './fragments.ts';
import { decodeIpv4, encodeIpv4Fragment, parseIpv4 } from './ipv4.ts';

const packet = (length: number) => ({
  source: parseIpv4('10.244.1.2'),
  destination: parseIpv4('10.244.1.21'),
  protocol: 1,
  payload: Uint8Array.from({ length }, (_, i) => i * 7),
});
const piece = (offset: number, length: number, more: boolean): Ipv4Fragment => ({
  ...packet(length),
  identification: 9,
  offset,
  more,
});

describe('fragments', () => {
  test('survive their header', () => {
    const [, second] = cutIpv4(packet(3000), 1450, 0xabcd);
    expect(second).toMatchObject({ offset: 1424, more: true, identification: 0xabcd });
    const bytes = Uint8Array.from(encodeIpv4Fragment(second!));
    expect(decodeIpv4(bytes)).toEqual({ kind: 'fragment', ...second });
  });

  test('make the datagram again in any order, twins and strangers between them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1500, max: 65515 }),
        fc.integer({ min: 576, max: 1500 }),
        fc.infiniteStream(fc.nat()),
        (length, mtu, random) => {
          const whole = packet(length);
          const pieces = cutIpv4(whole, mtu, 1)
            .map((fragment) => ({ fragment, order: random.next().value as number }))
            .sort((a, b) => a.order - b.order)
            .map(({ fragment }) => fragment);
          const table = new FragmentTable(() => 0);
          const answers = pieces.map((fragment, i) => {
            if (i === pieces.length - 1) return table.add(fragment);
            expect(table.add(fragment)).toEqual({ kind: 'more' });
            expect(table.add(fragment)).toEqual({ kind: 'more' });
            return table.add({ ...fragment, identification: 2 + (i % 8), offset: i * 8 });
          });
          expect(answers.at(-1)).toEqual({ kind: 'packet', packet: whole });
        },
      ),
      { numRuns: 50 },
    );
  });

  test.each([
    { note: 'a piece over the end', pieces: [piece(8, 8, false), piece(16, 8, true)] },
    { note: 'two ends', pieces: [piece(16, 8, false), piece(24, 8, false)] },
    { note: 'an end before what is there', pieces: [piece(16, 8, true), piece(8, 8, false)] },
    { note: 'half a piece twice', pieces: [piece(0, 16, true), piece(8, 16, true)] },
  ])('$note: the datagram is dropped whole', ({ pieces }) => {
    const table = new FragmentTable(() => 0);
    const answers = pieces.map((fragment) => table.add(fragment).kind);
    expect(answers).toEqual(['more', 'drop']);
    // Nothing of it is left to complete.
    expect(table.add(piece(0, 8, true)).kind).toBe('more');
    expect(table.add(piece(8, 8, false)).kind).toBe('packet');
  });

  test.each([
    { note: 'empty', bad: piece(8, 0, true) },
    { note: 'no multiple of 8', bad: piece(0, 12, true) },
    { note: 'beyond 65535 bytes', bad: piece(65512, 16, false) },
  ])('a piece that is $note is refused', ({ bad }) => {
    expect(new FragmentTable(() => 0).add(bad)).toEqual({
      kind: 'drop',
      reason: 'ip-fragment-bad',
    });
  });

  test('are forgotten after 30 seconds, and the oldest when there are too many', () => {
    let now = 0;
    const table = new FragmentTable(() => now);
    expect(table.add(piece(0, 8, true)).kind).toBe('more');
    now = 30_001;
    expect(table.add(piece(8, 8, false)).kind).toBe('more');
    for (let identification = 100; identification < 164; identification++) {
      table.add({ ...piece(0, 8, true), identification });
    }
    expect(table.add(piece(0, 8, true)).kind).toBe('more');
  });
});
