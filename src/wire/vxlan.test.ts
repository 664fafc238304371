import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeVxlan, encodeVxlan } from './vxlan.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

test.each([
  { vni: 555000, bytes: '08 00 00 00 08 77 f8 00' },
  { vni: 555001, bytes: '08 00 00 00 08 77 f9 00' },
  { vni: 0xffffff, bytes: '08 00 00 00 ff ff ff 00' },
  { vni: 0, bytes: '08 00 00 00 00 00 00 00' },
])('VNI $vni is $bytes', ({ vni, bytes }) => {
  expect(Buffer.from(encodeVxlan(vni, new Uint8Array())).equals(hex(bytes))).toBe(true);
  expect(decodeVxlan(hex(bytes))).toMatchObject({ kind: 'frame', vni });
});

test.each([
  { note: 'nothing', bytes: '', reason: 'short' },
  { note: 'seven bytes', bytes: '08000000 0877f8', reason: 'short' },
  { note: 'I flag clear', bytes: '00000000 0877f800', reason: 'no-vni-flag' },
  { note: 'another flag set', bytes: '88000000 0877f800', reason: 'reserved-bits' },
  { note: 'reserved byte 1', bytes: '08010000 0877f800', reason: 'reserved-bits' },
  { note: 'reserved byte 3', bytes: '08000001 0877f800', reason: 'reserved-bits' },
  { note: 'reserved byte 7', bytes: '08000000 0877f801', reason: 'reserved-bits' },
])('$note: dropped, $reason', ({ bytes, reason }) => {
  expect(decodeVxlan(hex(bytes))).toEqual({ kind: 'drop', reason });
});

test.each([-1, 16777216, 1.5])('VNI %s is refused', (vni) => {
  expect(() => encodeVxlan(vni, new Uint8Array())).toThrow(/not a VXLAN network identifier/);
});

test('what is encoded decodes to itself', () => {
  fc.assert(
    fc.property(fc.nat(0xffffff), fc.uint8Array({ maxLength: 1600 }), (vni, frame) => {
      const packet = decodeVxlan(encodeVxlan(vni, frame));
      expect(packet.kind === 'frame' && packet.vni === vni).toBe(true);
      expect(packet.kind === 'frame' && Buffer.from(packet.frame).equals(Buffer.from(frame))).toBe(
        true,
      );
    }),
  );
});
