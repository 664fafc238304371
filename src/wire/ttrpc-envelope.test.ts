/** Requests and answers in their frames: the short way and the schema's codec say the same. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMessage, encodeMessage } from './codec.ts';
import {
  answerFrame,
  decodeRequest,
  decodeResponse,
  relayAnswer,
  requestFrame,
} from './ttrpc-envelope.ts';
import { FRAME_HEADER_LENGTH, FrameDecoder, MAX_FRAME_LENGTH, encodeFrame } from './ttrpc-frame.ts';

const requests = fc.record({
  service: fc.string({ unit: 'binary' }),
  method: fc.string(),
  payload: fc.uint8Array({ maxLength: 300 }),
  timeout_nano: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  metadata: fc.array(fc.record({ key: fc.string(), value: fc.string() }), { maxLength: 3 }),
});
const plain = (message: { payload: Uint8Array }) => ({
  ...message,
  payload: Uint8Array.from(message.payload),
});

test('a request is the bytes that the codec writes, and reads back the same either way', () => {
  fc.assert(
    fc.property(requests, fc.nat(0xffff_ffff), (request, streamId) => {
      const body = Buffer.from(encodeMessage('ttrpc.Request', request));
      expect(requestFrame(streamId, request)).toEqual(encodeFrame({ streamId, type: 1 }, body));
      expect(plain(decodeRequest(body))).toEqual(decodeMessage('ttrpc.Request', body));
    }),
  );
});

test.each([
  { note: 'cut in its payload', hex: '0a01731a05ff' },
  { note: 'a service that is no text', hex: '0a01ff' },
  { note: 'a field number of 0', hex: '0000' },
])('a request with $note is refused as the codec refuses it', ({ hex }) => {
  const bytes = Buffer.from(hex, 'hex');
  const refusal = (decode: () => unknown): unknown => {
    try {
      return decode();
    } catch (error) {
      return error;
    }
  };
  const expected = refusal(() => decodeMessage('ttrpc.Request', bytes));
  expect(expected).toMatchObject({ code: 'WIRE_UNDECODABLE' });
  expect(refusal(() => decodeRequest(bytes))).toEqual(expected);
});

test.each([
  { note: 'the first of two payloads is forgotten', hex: '1a01611a0162' },
  { note: 'an unknown field is skipped', hex: '7a01611a0162' },
  { note: 'a payload that is a number is skipped', hex: '18011a0162' },
])('$note', ({ hex }) => {
  const bytes = Buffer.from(hex, 'hex');
  expect(plain(decodeRequest(bytes))).toEqual(decodeMessage('ttrpc.Request', bytes));
});

describe('an answer', () => {
  test.each([true, false])('with an OK status: %s', (withStatus) => {
    const payload = Buffer.from('abc');
    const status = withStatus ? {} : null;
    const body = encodeMessage('ttrpc.Response', { status, payload });
    const frame = answerFrame(5, payload, withStatus);
    expect(frame).toEqual(encodeFrame({ streamId: 5, type: 2 }, body));
    const decoded = decodeResponse(frame.subarray(FRAME_HEADER_LENGTH));
    expect(plain(decoded)).toEqual({ status: null, payload: Uint8Array.from(payload) });
    expect(() => decodeResponse(frame.subarray(FRAME_HEADER_LENGTH, -1))).toThrow();
  });

  test('with a failure reads as the codec reads it', () => {
    const status = { code: 7, message: 'no', details: [] };
    const body = Buffer.from(encodeMessage('ttrpc.Response', { status }));
    expect(plain(decodeResponse(body))).toEqual(decodeMessage('ttrpc.Response', body));
  });

  test.each([
    {
      note: 'an OK status falls away',
      status: {},
      payload: Buffer.from('abc'),
      want: '1203616263',
    },
    { note: 'an empty answer stays one', status: {}, payload: Buffer.alloc(0), want: '' },
    { note: 'no status stays none', status: null, payload: Buffer.from('a'), want: '120161' },
    {
      note: 'a failure stays whole',
      status: { code: 5 },
      payload: Buffer.alloc(0),
      want: '0a020805',
    },
  ])('relayed: $note', ({ status, payload, want }) => {
    const body = encodeMessage('ttrpc.Response', { status, payload });
    const relayed = relayAnswer(encodeFrame({ streamId: 1, type: 2 }, body), 9);
    expect(relayed).toEqual(encodeFrame({ streamId: 9, type: 2 }, Buffer.from(want, 'hex')));
    expect(new FrameDecoder().push(relayed)).toMatchObject([{ kind: 'frame' }]);
  });
});

test('a frame above the limit is not made', () => {
  const payload = new Uint8Array(MAX_FRAME_LENGTH);
  expect(() => answerFrame(1, payload, false)).toThrow('exceed maximum message size of 4194304');
});
