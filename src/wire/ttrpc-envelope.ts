/**
 * The two messages that ttrpc frames carry, ttrpc.Request and ttrpc.Response, without copying what they
 * carry more than once. What is out of the ordinary goes through the schema's codec, so that the two
 * ways cannot disagree.
 */
import { decodeMessage, encodeMessage } from './codec.ts';
import { BYTES, Reader, VARINT } from './protobuf-reader.ts';
import { FRAME_HEADER_LENGTH, FrameType, openFrame, restampFrame } from './ttrpc-frame.ts';
import type { Init } from './descriptor.ts';
import type { TtrpcRequest, TtrpcResponse } from './generated/messages.ts';

/** Tags of the fields, as the .proto numbers them. */
const REQUEST = {
  service: (1 << 3) | BYTES,
  method: (2 << 3) | BYTES,
  payload: (3 << 3) | BYTES,
  timeout: (4 << 3) | VARINT,
};
const RESPONSE = { status: (1 << 3) | BYTES, payload: (2 << 3) | BYTES };

const NOTHING: Buffer = Buffer.alloc(0);
/** An OK status is an empty message: a tag and a length of 0. */
const OK_STATUS = Buffer.of(RESPONSE.status, 0);

/** As `decodeMessage`, but `payload` is a view into `bytes`. Throws `WIRE_UNDECODABLE`. */
export function decodeRequest(bytes: Buffer): TtrpcRequest {
  return plainRequest(bytes) ?? decodeMessage('ttrpc.Request', bytes);
}

/** As `decodeMessage`, but `payload` is a view into `bytes`. Throws `WIRE_UNDECODABLE`. */
export function decodeResponse(bytes: Buffer): TtrpcResponse {
  const at = startsWithOkStatus(bytes, 0) ? OK_STATUS.length : 0;
  const payload = onlyPayload(bytes, at);
  if (payload === undefined) return decodeMessage('ttrpc.Response', bytes);
  return { status: null, payload };
}

/** Undefined when there is anything but the four fields of a plain call. */
function plainRequest(bytes: Buffer): TtrpcRequest | undefined {
  const reader = new Reader(bytes, 'ttrpc.Request');
  const request = { service: '', method: '', payload: NOTHING, timeout_nano: 0n, metadata: [] };
  try {
    while (!reader.isAtEnd) {
      const tag = reader.varint32();
      if (tag === REQUEST.service) request.service = reader.string();
      else if (tag === REQUEST.method) request.method = reader.string();
      else if (tag === REQUEST.payload) request.payload = reader.view();
      else if (tag === REQUEST.timeout) request.timeout_nano = BigInt.asIntN(64, reader.varint64());
      else return undefined;
    }
    return request;
  } catch {
    // The codec refuses it too, and says where.
    return undefined;
  }
}

/** The payload when nothing else follows `at`. */
function onlyPayload(bytes: Buffer, at: number): Buffer | undefined {
  if (at === bytes.length) return NOTHING;
  const reader = new Reader(bytes, 'ttrpc.Response');
  reader.at = at;
  try {
    if (reader.varint32() !== RESPONSE.payload) return undefined;
    const payload = reader.view();
    return reader.isAtEnd ? payload : undefined;
  } catch {
    return undefined;
  }
}

/** A whole request frame. Throws `WIRE_FRAME_TOO_LARGE`. */
export function requestFrame(
  streamId: number,
  {
    service,
    method,
    payload,
    ...rest
  }: Init<Omit<TtrpcRequest, 'payload'>> & { readonly payload: Uint8Array },
): Buffer {
  return enclose(
    { streamId, type: FrameType.request },
    encodeMessage('ttrpc.Request', { service, method }),
    { tag: REQUEST.payload, payload },
    encodeMessage('ttrpc.Request', rest),
  );
}

/** A whole frame of a success, with an OK status in it or without. Throws `WIRE_FRAME_TOO_LARGE`. */
export function answerFrame(streamId: number, payload: Uint8Array, withStatus: boolean): Buffer {
  return enclose(
    { streamId, type: FrameType.response },
    withStatus ? OK_STATUS : NOTHING,
    { tag: RESPONSE.payload, payload },
    NOTHING,
  );
}

/**
 * An answer as it goes on to `streamId`, in place: an OK status falls away, because a Go server leaves
 * it out. Source: containerd/ttrpc server.go.
 */
export function relayAnswer(frame: Buffer, streamId: number): Buffer {
  restampFrame(frame, streamId);
  if (!startsWithOkStatus(frame, FRAME_HEADER_LENGTH)) return frame;
  frame.copyWithin(OK_STATUS.length, 0, FRAME_HEADER_LENGTH);
  const shorter = frame.subarray(OK_STATUS.length);
  shorter.writeUInt32BE(shorter.length - FRAME_HEADER_LENGTH, 0);
  return shorter;
}

const startsWithOkStatus = (bytes: Buffer, at: number): boolean =>
  bytes[at] === OK_STATUS[0] && bytes[at + 1] === OK_STATUS[1];

/** One frame of `head`, the payload under its tag unless it is empty, and `tail`. */
function enclose(
  frame: { readonly streamId: number; readonly type: number },
  head: Uint8Array,
  { tag, payload }: { readonly tag: number; readonly payload: Uint8Array },
  tail: Uint8Array,
): Buffer {
  const prefix = payload.length === 0 ? NOTHING : [tag, ...varint(payload.length)];
  const parts = [head, prefix, payload, tail];
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = openFrame(frame, length);
  let at = FRAME_HEADER_LENGTH;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
