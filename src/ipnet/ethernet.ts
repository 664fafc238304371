/** Ethernet II frames without FCS, and MAC addresses. Source: IEEE 802.3. */
import { ipnetErrors } from './errors.ts';

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
export const ETHERNET_HEADER_LENGTH = 14;

/** Six bytes as lower-case text, `32:b9:59:6b:f0:d5`: cheap to compare and to key maps with. */
export type Mac = string;
export const BROADCAST_MAC: Mac = 'ff:ff:ff:ff:ff:ff';

interface EthernetFrame {
  readonly destination: Mac;
  readonly source: Mac;
  readonly type: number;
  readonly payload: Uint8Array;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function readMac(bytes: Uint8Array, at: number): Mac {
  const hex = (i: number): string => HEX[bytes[at + i] ?? 0] ?? '';
  return `${hex(0)}:${hex(1)}:${hex(2)}:${hex(3)}:${hex(4)}:${hex(5)}`;
}

export function writeMac(bytes: Uint8Array, at: number, mac: Mac): void {
  bytes.set(macBytes(mac), at);
}

/** A link has two addresses, and a node not many links; strangers may send any number. */
const MAX_KNOWN = 4096;
const known = new Map<Mac, Uint8Array>();

function macBytes(mac: Mac): Uint8Array {
  let bytes = known.get(mac);
  if (bytes === undefined) {
    bytes = Uint8Array.from(mac.split(':'), (hex) => Number.parseInt(hex, 16));
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(mac, bytes);
  }
  return bytes;
}

/** Checks and normalises text from a configuration. */
export function parseMac(text: string): Mac {
  const mac = text.toLowerCase().replaceAll('-', ':');
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) throw ipnetErrors.badMac(text);
  return mac;
}

/** The group bit: broadcast or multicast. */
export const isGroupMac = (mac: Mac): boolean => '13579bdf'.includes(mac.charAt(1));

/** Undefined for what is no frame; the payload is a view. */
export function decodeEthernet(frame: Uint8Array): EthernetFrame | undefined {
  if (frame.length < ETHERNET_HEADER_LENGTH) return undefined;
  return {
    destination: readMac(frame, 0),
    source: readMac(frame, 6),
    type: ((frame[12] ?? 0) << 8) | (frame[13] ?? 0),
    payload: frame.subarray(ETHERNET_HEADER_LENGTH),
  };
}

export function encodeEthernet({ destination, source, type, payload }: EthernetFrame): Uint8Array {
  const frame = Buffer.allocUnsafe(ETHERNET_HEADER_LENGTH + payload.length);
  writeMac(frame, 0, destination);
  writeMac(frame, 6, source);
  frame[12] = type >> 8;
  frame[13] = type & 0xff;
  frame.set(payload, ETHERNET_HEADER_LENGTH);
  return frame;
}
