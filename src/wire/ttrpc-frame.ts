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

export interface FrameHeader {
  /** Payload bytes, header excluded. */
  readonly length: number;
  /** Odd for streams the client opened. */
  readonly streamId: number;
  readonly type: number;
  /** 0 for unary calls; 1 remote closed, 2 remote open, 4 no data. */
  readonly flags: number;
}

export type FrameEvent =
  | { readonly kind: 'frame'; readonly header: FrameHeader; readonly payload: Buffer }
  /** Announced more than MAX_FRAME_LENGTH; reported when its body has gone by. */
  | { readonly kind: 'oversized'; readonly header: FrameHeader };

/** A whole frame. Throws `WIRE_FRAME_TOO_LARGE`. */
export function encodeFrame(
  { streamId, type, flags = 0 }: { streamId: number; type: number; flags?: number },
  payload: Uint8Array,
): Buffer {
  if (payload.length > MAX_FRAME_LENGTH)
    throw wireErrors.frameTooLarge(payload.length, MAX_FRAME_LENGTH);
  const frame = Buffer.allocUnsafe(FRAME_HEADER_LENGTH + payload.length);
  frame.writeUInt32BE(payload.length, 0);
  frame.writeUInt32BE(streamId, 4);
  frame[8] = type;
  frame[9] = flags;
  frame.set(payload, FRAME_HEADER_LENGTH);
  return frame;
}

function readHeader(buffer: Buffer, at: number): FrameHeader {
  return {
    length: buffer.readUInt32BE(at),
    streamId: buffer.readUInt32BE(at + 4),
    type: buffer.readUInt8(at + 8),
    flags: buffer.readUInt8(at + 9),
  };
}

/** Cuts a byte stream into frames, however it was chopped up on the way. */
export class FrameDecoder {
  /** The frame in the making. Grows with what has come, never with what was announced. */
  #buffer = Buffer.alloc(0);
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
    while (at < chunk.length || (this.#header !== undefined && this.#wanted() === 0)) {
      at =
        this.#header === undefined
          ? this.#takeHeader(chunk, at)
          : this.#takeBody(chunk, at, events);
    }
    return events;
  }

  #wanted(): number {
    return this.#discard > 0 ? this.#discard : (this.#header?.length ?? 0) - this.#have;
  }

  #takeHeader(chunk: Buffer, at: number): number {
    const needed = FRAME_HEADER_LENGTH - this.#have;
    if (chunk.length - at < needed) {
      this.#keep(chunk.subarray(at));
      return chunk.length;
    }
    if (this.#have === 0) this.#header = readHeader(chunk, at);
    else {
      this.#keep(chunk.subarray(at, at + needed));
      this.#header = readHeader(this.#take(), 0);
    }
    if (this.#header.length > MAX_FRAME_LENGTH) this.#discard = this.#header.length;
    return at + needed;
  }

  #takeBody(chunk: Buffer, at: number, events: FrameEvent[]): number {
    const header = this.#header;
    if (header === undefined) return at;
    const size = Math.min(this.#wanted(), chunk.length - at);
    const end = at + size;
    if (header.length > MAX_FRAME_LENGTH) {
      this.#discard -= size;
      if (this.#discard === 0) this.#emit({ kind: 'oversized', header }, events);
      return end;
    }
    if (this.#have === 0 && size === header.length) {
      this.#emit({ kind: 'frame', header, payload: chunk.subarray(at, end) }, events);
      return end;
    }
    this.#keep(chunk.subarray(at, end));
    if (this.#have === header.length)
      this.#emit({ kind: 'frame', header, payload: this.#take() }, events);
    return end;
  }

  #emit(event: FrameEvent, events: FrameEvent[]): void {
    this.#header = undefined;
    events.push(event);
  }

  #keep(part: Buffer): void {
    const needed = this.#have + part.length;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length, 64));
      this.#buffer.copy(grown, 0, 0, this.#have);
      this.#buffer = grown;
    }
    part.copy(this.#buffer, this.#have);
    this.#have = needed;
  }

  /** Hands the collected bytes over; the next frame gets a buffer of its own. */
  #take(): Buffer {
    const whole = this.#buffer.subarray(0, this.#have);
    this.#buffer = Buffer.alloc(0);
    this.#have = 0;
    return whole;
  }
}
