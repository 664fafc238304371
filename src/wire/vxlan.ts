/**
 * The VXLAN header: eight bytes before an Ethernet frame in a UDP datagram.
 * Source: RFC 7348 section 5. Decoding follows the Linux kernel, which is stricter than the RFC:
 * a reserved bit that is set drops the frame silently (drivers/net/vxlan of Linux 6.18).
 */
import { wireErrors } from './errors.ts';

const VXLAN_HEADER_LENGTH = 8;
/** 24 bits. */
export const MAX_VNI = 0xffffff;
/** The I flag: the VNI field is valid. */
const FLAG_VNI = 0x08;

/** Why a datagram is dropped, as the kernel would without a word. */
type VxlanDrop = 'short' | 'no-vni-flag' | 'reserved-bits';

type VxlanPacket =
  | { readonly kind: 'frame'; readonly vni: number; readonly frame: Uint8Array }
  | { readonly kind: 'drop'; readonly reason: VxlanDrop };

export function encodeVxlan(vni: number, frame: Uint8Array): Uint8Array {
  if (!Number.isInteger(vni) || vni < 0 || vni > MAX_VNI) throw wireErrors.badVni(vni);
  // From Node's pool: a memory block of its own for each frame costs more than filling it.
  const packet = Buffer.allocUnsafe(VXLAN_HEADER_LENGTH + frame.length);
  packet.writeUInt32BE(FLAG_VNI * 2 ** 24, 0);
  packet.writeUInt32BE(vni * 256, 4);
  packet.set(frame, VXLAN_HEADER_LENGTH);
  return packet;
}

/** The frame is a view of `packet`, not a copy. */
export function decodeVxlan(packet: Uint8Array): VxlanPacket {
  if (packet.length < VXLAN_HEADER_LENGTH) return { kind: 'drop', reason: 'short' };
  const [flags = 0, r1 = 0, r2 = 0, r3 = 0, high = 0, middle = 0, low = 0, r7 = 0] = packet;
  if ((flags & FLAG_VNI) === 0) return { kind: 'drop', reason: 'no-vni-flag' };
  if ((flags & ~FLAG_VNI) !== 0 || (r1 | r2 | r3 | r7) !== 0) {
    return { kind: 'drop', reason: 'reserved-bits' };
  }
  const vni = (high << 16) | (middle << 8) | low;
  return { kind: 'frame', vni, frame: packet.subarray(VXLAN_HEADER_LENGTH) };
}
