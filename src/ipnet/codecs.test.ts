import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeVxlan } from '#wire';
import { decodeArp, encodeArp, ZERO_MAC } from './arp.ts';
import { BROADCAST_MAC, decodeEthernet, encodeEthernet, ETHERTYPE, parseMac } from './ethernet.ts';
import { decodeIcmp, encodeIcmp, ICMP } from './icmp.ts';
import {
  contains,
  decodeIpv4,
  encodeIpv4,
  formatIpv4,
  formatPrefix,
  networkOf,
  parseIpv4,
  parsePrefix,
} from './ipv4.ts';
import { decodeTcp, encodeTcp, FLAG } from './tcp-segment.ts';

const hex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const POD = parseIpv4('10.244.1.21');
const GATEWAY = parseIpv4('10.244.1.1');
const MAC = '32:b9:59:6b:f0:d5';

describe('golden bytes', () => {
  test('the ARP request of the reference, whole UDP payload of 50 bytes', () => {
    const payload = encodeArp({
      operation: 'request',
      senderMac: MAC,
      senderIp: POD,
      targetMac: ZERO_MAC,
      targetIp: GATEWAY,
    });
    const frame = encodeEthernet({
      destination: BROADCAST_MAC,
      source: MAC,
      type: ETHERTYPE.arp,
      payload,
    });
    const packet = encodeVxlan(555000, frame);
    expect(packet.length).toBe(50);
    expect(toHex(packet)).toBe(
      '080000000877f800ffffffffffff32b9596bf0d50806000108000604000132b9596bf0d50af401150000000000000af40101',
    );
    expect(decodeArp(decodeEthernet(frame)!.payload)).toMatchObject({
      operation: 'request',
      targetIp: GATEWAY,
    });
  });

  test('an echo request with 56 data bytes is a UDP payload of 106', () => {
    const icmp = encodeIcmp({ type: ICMP.echoRequest, code: 0, rest: 1, data: new Uint8Array(56) });
    const payload = encodeIpv4({ source: GATEWAY, destination: POD, protocol: 1, payload: icmp });
    const frame = encodeEthernet({ destination: MAC, source: MAC, type: ETHERTYPE.ipv4, payload });
    expect(encodeVxlan(555000, frame).length).toBe(106);
  });

  test('an IPv4 header with its checksum (RFC 1071 worked example)', () => {
    const header = hex('45000073000040004011b861c0a80001c0a800c7');
    const packet = decodeIpv4(new Uint8Array([...header, ...new Uint8Array(0x73 - 20)]));
    expect(packet).toMatchObject({
      kind: 'packet',
      source: parseIpv4('192.168.0.1'),
      protocol: 17,
    });
  });
});

describe('what is damaged is dropped', () => {
  const ip = encodeIpv4({
    source: POD,
    destination: GATEWAY,
    protocol: 6,
    payload: new Uint8Array(4),
  });
  const change = (at: number, value: number): Uint8Array => {
    const copy = Uint8Array.from(ip);
    copy[at] = value;
    return copy;
  };
  test.each([
    { note: 'nothing', bytes: new Uint8Array(), reason: 'ip-short' },
    { note: 'cut header', bytes: ip.subarray(0, 19), reason: 'ip-short' },
    { note: 'cut payload', bytes: ip.subarray(0, 22), reason: 'ip-short' },
    { note: 'IPv6', bytes: change(0, 0x65), reason: 'ip-version' },
    { note: 'header length 4', bytes: change(0, 0x41), reason: 'ip-short' },
    { note: 'flipped address', bytes: change(12, 11), reason: 'ip-checksum' },
  ])('$note: $reason', ({ bytes, reason }) => {
    expect(decodeIpv4(bytes)).toEqual({ kind: 'drop', reason });
  });

  test('no bytes make a decoder throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        decodeEthernet(bytes);
        decodeArp(bytes);
        decodeIpv4(bytes);
        decodeIcmp(bytes);
        decodeTcp(bytes, { source: 1, destination: 2 });
      }),
    );
  });

  test('every flipped bit of a segment is noticed', () => {
    const addresses = { source: POD, destination: GATEWAY };
    const bytes = encodeTcp(
      {
        sourcePort: 1,
        destinationPort: 2,
        sequence: 3,
        acknowledgment: 4,
        flags: FLAG.ack,
        window: 5,
        mss: 1410,
        data: hex('616263'),
      },
      addresses,
    );
    expect(decodeTcp(Uint8Array.from(bytes), addresses)).toMatchObject({
      mss: 1410,
      data: hex('616263'),
    });
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const bad = Uint8Array.from(bytes);
      bad[bit >> 3]! ^= 1 << (bit & 7);
      expect(decodeTcp(bad, addresses)).toBeUndefined();
    }
  });
});

test('addresses and prefixes', () => {
  expect(formatIpv4(parseIpv4('255.255.255.255'))).toBe('255.255.255.255');
  expect(parsePrefix('::ffff:0.0.0.0/0')).toEqual({ address: 0, length: 0 });
  expect(formatPrefix(networkOf(parsePrefix('10.244.1.21/24')))).toBe('10.244.1.0/24');
  expect(contains(parsePrefix('10.244.1.0/24'), POD)).toBe(true);
  expect(contains(parsePrefix('10.244.2.0/24'), POD)).toBe(false);
  expect(contains(parsePrefix('0.0.0.0/0'), POD)).toBe(true);
  expect(parseMac('32-B9-59-6B-F0-D5')).toBe(MAC);
  for (const bad of ['10.244.1', '256.0.0.1', 'x']) expect(() => parseIpv4(bad)).toThrow(/IPv4/);
  for (const bad of ['10.0.0.0', '10.0.0.0/33']) expect(() => parsePrefix(bad)).toThrow(/prefix/);
  expect(() => parseMac('32:b9')).toThrow(/MAC/);
});
