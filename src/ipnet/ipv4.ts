/** IPv4 addresses, prefixes and packets. Source: RFC 791. Fragments are put together in fragments.ts. */
import { ipnetErrors } from './errors.ts';
import { checksum, sum16 } from './checksum.ts';
import type { Ipv4Fragment } from './fragments.ts';

/** An unsigned 32-bit number. */
export type Ipv4 = number;

export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const;
export const IPV4_HEADER_LENGTH = 20;
const TTL = 64;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const OFFSET = 0x1fff;

export function parseIpv4(text: string): Ipv4 {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) throw ipnetErrors.badIpv4(text);
  return parts.reduce((value, part) => value * 256 + part, 0);
}

export const formatIpv4 = (ip: Ipv4): string =>
  `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;

export interface Prefix {
  readonly address: Ipv4;
  readonly length: number;
}

/**
 * `10.244.1.21/24`. Go prints the zero address of a default route as `::ffff:0.0.0.0/0` at times;
 * both spellings are read.
 */
export function parsePrefix(text: string): Prefix {
  const match = /^(?:::ffff:)?([\d.]+)\/(\d{1,2})$/.exec(text);
  const length = Number(match?.[2]);
  if (!match || length > 32) throw ipnetErrors.badPrefix(text);
  return { address: parseIpv4(match[1] ?? ''), length };
}

export const formatPrefix = ({ address, length }: Prefix): string =>
  `${formatIpv4(address)}/${length}`;

const maskOf = (length: number): number => (length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0);

export const contains = (prefix: Prefix, ip: Ipv4): boolean =>
  ((prefix.address ^ ip) & maskOf(prefix.length)) === 0;

export const networkOf = ({ address, length }: Prefix): Prefix => ({
  address: (address & maskOf(length)) >>> 0,
  length,
});

export interface Ipv4Packet {
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly protocol: number;
  readonly payload: Uint8Array;
}

type Ipv4Drop = 'ip-short' | 'ip-version' | 'ip-checksum' | 'ip-ttl';

type Ipv4Decoded =
  | ({ readonly kind: 'packet' } & Ipv4Packet)
  | ({ readonly kind: 'fragment' } & Ipv4Fragment)
  | { readonly kind: 'drop'; readonly reason: Ipv4Drop };

const drop = (reason: Ipv4Drop): Ipv4Decoded => ({ kind: 'drop', reason });

/** Options are skipped; what lies behind the total length is padding. The payload is a view. */
export function decodeIpv4(bytes: Uint8Array): Ipv4Decoded {
  if (bytes.length < IPV4_HEADER_LENGTH) return drop('ip-short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = view.getUint8(0);
  if (first >> 4 !== 4) return drop('ip-version');
  const headerLength = (first & 15) * 4;
  const total = view.getUint16(2);
  if (headerLength < IPV4_HEADER_LENGTH || total < headerLength || total > bytes.length) {
    return drop('ip-short');
  }
  if (checksum(sum16(bytes.subarray(0, headerLength))) !== 0) return drop('ip-checksum');
  if (view.getUint8(8) === 0) return drop('ip-ttl');
  const packet = {
    source: view.getUint32(12),
    destination: view.getUint32(16),
    protocol: view.getUint8(9),
    payload: bytes.subarray(headerLength, total),
  };
  const place = view.getUint16(6);
  if ((place & (MORE_FRAGMENTS | OFFSET)) === 0) return { kind: 'packet', ...packet };
  return {
    kind: 'fragment',
    ...packet,
    identification: view.getUint16(4),
    offset: (place & OFFSET) * 8,
    more: (place & MORE_FRAGMENTS) !== 0,
  };
}

/** Identification stays 0: allowed for packets that may not be fragmented. Source: RFC 6864. */
export const encodeIpv4 = (packet: Ipv4Packet): Uint8Array => encode(packet, 0, DONT_FRAGMENT);

export const encodeIpv4Fragment = (fragment: Ipv4Fragment): Uint8Array =>
  encode(
    fragment,
    fragment.identification,
    fragment.offset / 8 + (fragment.more ? MORE_FRAGMENTS : 0),
  );

function encode(
  { source, destination, protocol, payload }: Ipv4Packet,
  identification: number,
  place: number,
): Uint8Array {
  const bytes = Buffer.allocUnsafe(IPV4_HEADER_LENGTH + payload.length);
  bytes.writeUInt16BE(0x4500, 0);
  bytes.writeUInt16BE(bytes.length, 2);
  bytes.writeUInt16BE(identification, 4);
  bytes.writeUInt16BE(place, 6);
  bytes.writeUInt8(TTL, 8);
  bytes.writeUInt8(protocol, 9);
  bytes.writeUInt16BE(0, 10);
  bytes.writeUInt32BE(source, 12);
  bytes.writeUInt32BE(destination, 16);
  bytes.writeUInt16BE(checksum(sum16(bytes.subarray(0, IPV4_HEADER_LENGTH))), 10);
  bytes.set(payload, IPV4_HEADER_LENGTH);
  return bytes;
}

/** The pseudo header's share of a TCP or UDP checksum. Source: RFC 9293 section 3.1. */
export const pseudoHeaderSum = (
  source: Ipv4,
  destination: Ipv4,
  protocol: number,
  length: number,
): number =>
  (source >>> 16) +
  (source & 0xffff) +
  (destination >>> 16) +
  (destination & 0xffff) +
  protocol +
  length;
