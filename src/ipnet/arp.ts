/** ARP for IPv4 over Ethernet. Source: RFC 826. */
import { readMac, writeMac, type Mac } from './ethernet.ts';
import type { Ipv4 } from './ipv4.ts';

export interface ArpPacket {
  readonly operation: 'request' | 'reply';
  readonly senderMac: Mac;
  readonly senderIp: Ipv4;
  readonly targetMac: Mac;
  readonly targetIp: Ipv4;
}

const LENGTH = 28;
/** Ethernet, IPv4, and the lengths of their addresses. */
const PREAMBLE = [0, 1, 8, 0, 6, 4] as const;
export const ZERO_MAC: Mac = '00:00:00:00:00:00';

/** Undefined for anything but a request or reply for IPv4 over Ethernet. */
export function decodeArp(bytes: Uint8Array): ArpPacket | undefined {
  if (bytes.length < LENGTH || PREAMBLE.some((byte, i) => bytes[i] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const code = view.getUint16(6);
  if (code !== 1 && code !== 2) return undefined;
  return {
    operation: code === 1 ? 'request' : 'reply',
    senderMac: readMac(bytes, 8),
    senderIp: view.getUint32(14),
    targetMac: readMac(bytes, 18),
    targetIp: view.getUint32(24),
  };
}

export function encodeArp(packet: ArpPacket): Uint8Array {
  const bytes = new Uint8Array(LENGTH);
  const view = new DataView(bytes.buffer);
  bytes.set(PREAMBLE);
  view.setUint16(6, packet.operation === 'request' ? 1 : 2);
  writeMac(bytes, 8, packet.senderMac);
  view.setUint32(14, packet.senderIp);
  writeMac(bytes, 18, packet.targetMac);
  view.setUint32(24, packet.targetIp);
  return bytes;
}
