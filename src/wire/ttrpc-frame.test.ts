/** Frames: whatever way the bytes are chopped up, the same frames come out. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FRAME_HEADER_LENGTH, FrameDecoder, MAX_FRAME_LENGTH, encodeFrame } from './ttrpc-frame.ts';

test.each([
  {
    note: 'a request',
    frame: { streamId: 1, type: 1 },
    payload: '0a',
    hex: '0000000100000001' + '0100' + '0a',
  },
  {
    note: 'an empty data frame',
    frame: { streamId: 0x01020304, type: 3, flags: 5 },
    payload: '',
    hex: '0000000001020304' + '0305',
  },
])('$note is laid out as PROTOCOL.md says', ({ frame, payload, hex }) => {
  expect(encodeFrame(frame, Buffer.from(payload, 'hex')).toString('hex')).toBe(hex);
});

const frames = fc.array(
  fc.record({
    streamId: fc.nat(0xffff_ffff),
    type: fc.nat(255),
    flags: fc.nat(255),
    payload: fc.uint8Array({ maxLength: 40 }),
  }),
  { minLength: 1, maxLength: 4 },
);

const decodeAll = (decoder: FrameDecoder, chunks: readonly Buffer[]) =>
  chunks
    .flatMap((chunk) => decoder.push(chunk))
    .map((event) => ({
      streamId: event.header.streamId,
      type: event.header.type,
      flags: event.header.flags,
      payload: event.kind === 'frame' ? Uint8Array.from(event.payload) : undefined,
    }));

describe('a stream of frames', () => {
  test('comes out the same when cut at any one byte', () => {
    fc.assert(
      fc.property(frames, (sent) => {
        const bytes = Buffer.concat(sent.map((frame) => encodeFrame(frame, frame.payload)));
        for (let cut = 0; cut <= bytes.length; cut++) {
          const decoder = new FrameDecoder();
          const got = decodeAll(decoder, [bytes.subarray(0, cut), bytes.subarray(cut)]);
          expect(got).toEqual(sent);
          expect(decoder.idle).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('comes out the same byte by byte', () => {
    fc.assert(
      fc.property(frames, (sent) => {
        const bytes = Buffer.concat(sent.map((frame) => encodeFrame(frame, frame.payload)));
        const single = Array.from(bytes, (byte) => Buffer.of(byte));
        expect(decodeAll(new FrameDecoder(), single)).toEqual(sent);
      }),
      { numRuns: 30 },
    );
  });

  test('asks for more until the last byte is there', () => {
    const frame = encodeFrame({ streamId: 1, type: 1 }, Buffer.from('abc'));
    for (let end = 0; end < frame.length; end++) {
      const decoder = new FrameDecoder();
      expect(decoder.push(frame.subarray(0, end))).toEqual([]);
      expect(decoder.idle).toBe(end === 0);
    }
  });
});

describe('a frame above the limit', () => {
  const header = (length: number): Buffer => {
    const bytes = Buffer.alloc(FRAME_HEADER_LENGTH);
    bytes.writeUInt32BE(length, 0);
    bytes.writeUInt32BE(7, 4);
    bytes[8] = 1;
    return bytes;
  };

  test('is not made', () => {
    expect(() =>
      encodeFrame({ streamId: 1, type: 1 }, new Uint8Array(MAX_FRAME_LENGTH + 1)),
    ).toThrow('message length 4194305 exceed maximum message size of 4194304');
  });

  test('is reported once its body has gone by, holds no memory, and the next frame is read', () => {
    const decoder = new FrameDecoder();
    const chunk = Buffer.alloc(65_536);
    const total = MAX_FRAME_LENGTH + 1000;
    expect(decoder.push(header(total))).toEqual([]);
    let left = total;
    while (left > chunk.length) {
      expect(decoder.push(chunk)).toEqual([]);
      expect(decoder.pending).toBe(0);
      left -= chunk.length;
    }
    const next = encodeFrame({ streamId: 9, type: 1 }, Buffer.from('x'));
    const events = decoder.push(Buffer.concat([chunk.subarray(0, left), next]));
    expect(events.map(({ kind, header: h }) => [kind, h.streamId])).toEqual([
      ['oversized', 7],
      ['frame', 9],
    ]);
  });

  test('of exactly 4 MiB is a frame', () => {
    const bytes = encodeFrame({ streamId: 1, type: 1 }, new Uint8Array(MAX_FRAME_LENGTH));
    expect(new FrameDecoder().push(bytes)).toMatchObject([{ kind: 'frame' }]);
  });
});

test('announcing a large frame reserves nothing', () => {
  const decoder = new FrameDecoder();
  const bytes = Buffer.alloc(FRAME_HEADER_LENGTH + 1);
  bytes.writeUInt32BE(MAX_FRAME_LENGTH, 0);
  decoder.push(bytes);
  expect(decoder.pending).toBe(bytes.length);
});

test('a frame that dribbles in is held in few pieces and comes out whole', () => {
  const payload = Buffer.from(Array.from({ length: 5000 }, (_, i) => i & 0xff));
  const whole = encodeFrame({ streamId: 3, type: 2 }, payload);
  const decoder = new FrameDecoder();
  const events = Array.from(whole, (byte) => decoder.push(Buffer.of(byte))).flat();
  expect(events).toMatchObject([{ kind: 'frame', bytes: whole, payload }]);
});
