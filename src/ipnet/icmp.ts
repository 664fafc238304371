/** The ICMP messages a host needs: echo and destination unreachable. Source: RFC 792. */
import { checksum, sum16 } from './checksum.ts';

export const ICMP = { echoReply: 0, unreachable: 3, echoRequest: 8 } as const;
/** Code of `unreachable`. */
export const PORT_UNREACHABLE = 3;
const HEADER = 8;

interface IcmpMessage {
  readonly type: number;
  readonly code: number;
  /** Identifier and sequence of an echo; unused otherwise. */
  readonly rest: number;
  readonly data: Uint8Array;
}

/** Undefined when short or damaged. */
export function decodeIcmp(bytes: Uint8Array): IcmpMessage | undefined {
  if (bytes.length < HEADER || checksum(sum16(bytes)) !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    type: view.getUint8(0),
    code: view.getUint8(1),
    rest: view.getUint32(4),
    data: bytes.subarray(HEADER),
  };
}

export function encodeIcmp({ type, code, rest, data }: IcmpMessage): Uint8Array {
  const bytes = new Uint8Array(HEADER + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, type);
  view.setUint8(1, code);
  view.setUint32(4, rest);
  bytes.set(data, HEADER);
  view.setUint16(2, checksum(sum16(bytes)));
  return bytes;
}
