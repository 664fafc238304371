/**
 * ttrpc frames: ten bytes of header and a payload. Source: containerd/ttrpc PROTOCOL.md.
 * The decoder keeps at most one incomplete frame; the body of an oversized one is counted off and
 * thrown away, so that the connection survives it.
 */
import { wireErrors } from './errors.ts';

/** 4 MiB. Source: containerd/ttrpc channel.go, messageLengthMax. */
export const MAX_FRAME_LENGTH = 4 << 20;
export const FRAME_HEADER_LENGTH = 10;

export const FrameType = { request: 1, response: 2, data: 3 } as const;

interface FrameHeader {
  /** Payload bytes, header excluded. */
  readonly length: number;
  /** Odd for streams the client opened. */
  readonly streamId: number;
  readonly type: number;
  /** 0 for unary calls; 1 remote closed, 2 remote open, 4 no data. */
  readonly flags: number;
}

type FrameKind = Pick<FrameHeader, 'streamId' | 'type'> & Partial<Pick<FrameHeader, 'flags'>>;

export type FrameEvent =
  | {
      readonly kind: 'frame';
      readonly header: FrameHeader;
      readonly payload: Buffer;
      /** Header and payload in one piece, for whoever passes the frame on. */
      readonly bytes: Buffer;
    }
  /** Announced more than MAX_FRAME_LENGTH; reported when its body has gone by. */
  | { readonly kind: 'oversized'; readonly header: FrameHeader };

/** A whole frame. Throws `WIRE_FRAME_TOO_LARGE`. */
export function encodeFrame(header: FrameKind, payload: Uint8Array): Buffer {
  const frame = openFrame(header, payload.length);
  frame.set(payload, FRAME_HEADER_LENGTH);
  return frame;
}

/** A frame whose payload is still to be written behind its header. Throws `WIRE_FRAME_TOO_LARGE`. */
export function openFrame({ streamId, type, flags = 0 }: FrameKind, length: number): Buffer {
  if (length > MAX_FRAME_LENGTH) throw wireErrors.frameTooLarge(length, MAX_FRAME_LENGTH);
  const frame = Buffer.allocUnsafe(FRAME_HEADER_LENGTH + length);
  frame.writeUInt32BE(length, 0);
  frame.writeUInt32BE(streamId, 4);
  frame[8] = type;
  frame[9] = flags;
  return frame;
}

/** Gives a frame to another stream, in place. */
export function restampFrame(frame: Buffer, streamId: number): void {
  frame.writeUInt32BE(streamId, 4);
}

function readHeader(buffer: Buffer, at: number): FrameHeader {
  return {
    length: buffer.readUInt32BE(at),
    streamId: buffer.readUInt32BE(at + 4),
    type: buffer.readUInt8(at + 8),
    flags: buffer.readUInt8(at + 9),
  };
}

/** Pieces of a frame that are this small on average are joined, so that a dribble holds no memory. */
const SMALL_PIECE = 1024;
const MANY_PIECES = 64;

/** Cuts a byte stream into frames, however it was chopped up on the way. */
export class FrameDecoder {
  /** The frame in the making, header included. Grows with what has come, never with what was announced. */
  #pieces: Buffer[] = [];
  #have = 0;
  #header: FrameHeader | undefined;
  /** Payload bytes of an oversized frame still to go by. */
  #discard = 0;

  /** Bytes held for a frame that is not complete yet. */
  get pending(): number {
    return this.#have;
  }

  /** True between frames: the stream may end here without loss. */
  get idle(): boolean {
    return this.#have === 0 && this.#header === undefined;
  }

  /** The frames that `chunk` completes, in order. */
  push(chunk: Buffer): FrameEvent[] {
    const events: FrameEvent[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#discard > 0) at = this.#pass(chunk, at, events);
      else if (this.#have > 0) at = this.#complete(chunk, at, events);
      else at = this.#begin(chunk, at, events);
    }
    return events;
  }

  /** A frame that begins in this chunk, and most often ends in it. */
  #begin(chunk: Buffer, at: number, events: FrameEvent[]): number {
    if (chunk.length - at < FRAME_HEADER_LENGTH) return this.#keep(chunk, at, chunk.length);
    const header = readHeader(chunk, at);
    if (header.length > MAX_FRAME_LENGTH) return this.#refuse(header, at + FRAME_HEADER_LENGTH);
    const end = at + FRAME_HEADER_LENGTH + header.length;
    if (end > chunk.length) {
      this.#header = header;
      return this.#keep(chunk, at, chunk.length);
    }
    events.push(frameEvent(header, chunk.subarray(at, end)));
    return end;
  }

  /** More of a frame that began in an earlier chunk. */
  #complete(chunk: Buffer, at: number, events: FrameEvent[]): number {
    const wanted = FRAME_HEADER_LENGTH + (this.#header?.length ?? 0) - this.#have;
    const end = this.#keep(chunk, at, Math.min(at + wanted, chunk.length));
    if (end - at < wanted) return end;
    this.#header ??= readHeader(this.#joined(), 0);
    if (this.#header.length > MAX_FRAME_LENGTH) return this.#refuse(this.#header, end);
    if (this.#have === FRAME_HEADER_LENGTH + this.#header.length) {
      events.push(frameEvent(this.#header, this.#joined()));
      this.#forget();
    }
    return end;
  }

  /** The body of an oversized frame. */
  #pass(chunk: Buffer, at: number, events: FrameEvent[]): number {
    const size = Math.min(this.#discard, chunk.length - at);
    this.#discard -= size;
    if (this.#discard === 0 && this.#header !== undefined) {
      events.push({ kind: 'oversized', header: this.#header });
      this.#forget();
    }
    return at + size;
  }

  #refuse(header: FrameHeader, at: number): number {
    this.#forget();
    this.#header = header;
    this.#discard = header.length;
    return at;
  }

  #keep(chunk: Buffer, from: number, to: number): number {
    this.#pieces.push(chunk.subarray(from, to));
    this.#have += to - from;
    const { length } = this.#pieces;
    if (length >= MANY_PIECES && this.#have < length * SMALL_PIECE) this.#pieces = [this.#joined()];
    return to;
  }

  #joined(): Buffer {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 && first !== undefined) return first;
    return Buffer.concat(this.#pieces, this.#have);
  }

  #forget(): void {
    this.#header = undefined;
    this.#pieces = [];
    this.#have = 0;
  }
}

const frameEvent = (header: FrameHeader, bytes: Buffer): FrameEvent => ({
  kind: 'frame',
  header,
  bytes,
  payload: bytes.subarray(FRAME_HEADER_LENGTH),
});
