/** TCP segments as bytes. Source: RFC 9293 section 3.1. Of the options, only MSS is used. */
import { checksum, sum16 } from './checksum.ts';
import { PROTOCOL, pseudoHeaderSum, type Ipv4 } from './ipv4.ts';

const TCP_HEADER_LENGTH = 20;
export const FLAG = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly window: number;
  /** Maximum segment size, on SYN only. */
  readonly mss?: number | undefined;
  readonly data: Uint8Array;
}

interface Addresses {
  readonly source: Ipv4;
  readonly destination: Ipv4;
}

const OPTION = { end: 0, none: 1, mss: 2 } as const;

/**
 * Undefined when short or damaged; the data is a view.
 *
 * A kernel on the same machine (veth, loopback) leaves the checksum to network hardware that is not
 * there: the field then holds the pseudo header's sum alone, which counts as good, as it does for
 * the kernel's own receivers.
 */
export function decodeTcp(
  bytes: Uint8Array,
  { source, destination }: Addresses,
): TcpSegment | undefined {
  if (bytes.length < TCP_HEADER_LENGTH) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = (view.getUint8(12) >> 4) * 4;
  if (headerLength < TCP_HEADER_LENGTH || headerLength > bytes.length) return undefined;
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOL.tcp, bytes.length);
  const isOffloaded = view.getUint16(16) === (~checksum(pseudo) & 0xffff);
  if (!isOffloaded && checksum(sum16(bytes, pseudo)) !== 0) return undefined;
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    sequence: view.getUint32(4),
    acknowledgment: view.getUint32(8),
    flags: view.getUint8(13) & 0x3f,
    window: view.getUint16(14),
    mss: readMss(bytes.subarray(TCP_HEADER_LENGTH, headerLength)),
    data: bytes.subarray(headerLength),
  };
}

function readMss(options: Uint8Array): number | undefined {
  for (let i = 0; i < options.length;) {
    const kind = options[i];
    if (kind === OPTION.end) return undefined;
    if (kind === OPTION.none) {
      i++;
      continue;
    }
    const length = options[i + 1] ?? 0;
    if (length < 2) return undefined;
    if (kind === OPTION.mss && length === 4)
      return ((options[i + 2] ?? 0) << 8) | (options[i + 3] ?? 0);
    i += length;
  }
  return undefined;
}

export function encodeTcp(segment: TcpSegment, { source, destination }: Addresses): Uint8Array {
  const headerLength = TCP_HEADER_LENGTH + (segment.mss === undefined ? 0 : 4);
  const bytes = Buffer.allocUnsafe(headerLength + segment.data.length);
  bytes.writeUInt16BE(segment.sourcePort, 0);
  bytes.writeUInt16BE(segment.destinationPort, 2);
  bytes.writeUInt32BE(segment.sequence, 4);
  bytes.writeUInt32BE(segment.acknowledgment, 8);
  bytes.writeUInt8((headerLength / 4) << 4, 12);
  bytes.writeUInt8(segment.flags, 13);
  bytes.writeUInt16BE(segment.window, 14);
  // Checksum and urgent pointer.
  bytes.writeUInt32BE(0, 16);
  if (segment.mss !== undefined) {
    bytes.writeUInt16BE((OPTION.mss << 8) | 4, 20);
    bytes.writeUInt16BE(segment.mss, 22);
  }
  bytes.set(segment.data, headerLength);
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOL.tcp, bytes.length);
  bytes.writeUInt16BE(checksum(sum16(bytes, pseudo)), 16);
  return bytes;
}
