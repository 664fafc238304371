/**
 * IPv4 fragments: cutting what does not fit the link, and putting together what came in pieces.
 * Source: RFC 791 section 3.2, RFC 1858; time and overlaps as Linux does it (net/ipv4/ip_fragment.c):
 * 30 seconds for all pieces, and a datagram whose pieces overlap is dropped whole.
 * Time is looked at when something arrives; the tables are bounded, so nothing needs a timer.
 */
import { IPV4_HEADER_LENGTH, type Ipv4, type Ipv4Packet } from './ipv4.ts';

export interface Ipv4Fragment extends Ipv4Packet {
  readonly identification: number;
  /** Of the payload, in bytes. */
  readonly offset: number;
  /** Others come behind it. */
  readonly more: boolean;
}

const REASSEMBLY_MS = 30_000;
/** Datagrams under way; Linux bounds the memory, 4 MiB by default. */
const MAX_DATAGRAMS = 64;
/** The largest datagram over the smallest MTU, 68 bytes, has 1,365. */
const MAX_PIECES = 1500;
const MAX_PAYLOAD = 0xffff - IPV4_HEADER_LENGTH;

/** Offsets count in units of 8 bytes. */
export function cutIpv4(packet: Ipv4Packet, mtu: number, identification: number): Ipv4Fragment[] {
  const step = (mtu - IPV4_HEADER_LENGTH) & ~7;
  const count = Math.ceil(packet.payload.length / step);
  return Array.from({ length: count }, (_, i) => ({
    ...packet,
    identification,
    offset: i * step,
    more: i < count - 1,
    payload: packet.payload.subarray(i * step, (i + 1) * step),
  }));
}

interface Datagram {
  readonly since: number;
  readonly pieces: Ipv4Fragment[];
  /** Known once the last piece is there. */
  length: number | undefined;
}

type Reassembled =
  | { readonly kind: 'packet'; readonly packet: Ipv4Packet }
  | { readonly kind: 'more' }
  | { readonly kind: 'drop'; readonly reason: 'ip-fragment-bad' | 'ip-fragment-overlap' };

export class FragmentTable {
  readonly #datagrams = new Map<string, Datagram>();
  readonly #now: () => number;

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(fragment: Ipv4Fragment): Reassembled {
    const end = fragment.offset + fragment.payload.length;
    // Only the last piece may be no multiple of 8, and none may be empty.
    const odd = fragment.more && fragment.payload.length % 8 !== 0;
    if (odd || fragment.payload.length === 0 || end > MAX_PAYLOAD) {
      return { kind: 'drop', reason: 'ip-fragment-bad' };
    }
    this.#expire();
    const key = keyOf(fragment);
    const datagram = this.#datagrams.get(key) ?? this.#begin(key);
    if (datagram.pieces.some((piece) => isSame(piece, fragment))) return { kind: 'more' };
    if (!fits(datagram, fragment, end) || datagram.pieces.length >= MAX_PIECES) {
      this.#datagrams.delete(key);
      return { kind: 'drop', reason: 'ip-fragment-overlap' };
    }
    datagram.pieces.push(fragment);
    if (!fragment.more) datagram.length = end;
    const payload = join(datagram);
    if (payload === undefined) return { kind: 'more' };
    this.#datagrams.delete(key);
    const { source, destination, protocol } = fragment;
    return { kind: 'packet', packet: { source, destination, protocol, payload } };
  }

  #begin(key: string): Datagram {
    if (this.#datagrams.size >= MAX_DATAGRAMS) {
      const [oldest] = this.#datagrams.keys();
      if (oldest !== undefined) this.#datagrams.delete(oldest);
    }
    const datagram: Datagram = { since: this.#now(), pieces: [], length: undefined };
    this.#datagrams.set(key, datagram);
    return datagram;
  }

  /** The map keeps the order of arrival, oldest first. */
  #expire(): void {
    const oldest = this.#now() - REASSEMBLY_MS;
    for (const [key, { since }] of this.#datagrams) {
      if (since > oldest) return;
      this.#datagrams.delete(key);
    }
  }
}

const keyOf = ({ source, destination, protocol, identification }: Ipv4Fragment): string =>
  [source satisfies Ipv4, destination, protocol, identification].join(' ');

const isSame = (one: Ipv4Fragment, other: Ipv4Fragment): boolean =>
  one.offset === other.offset && one.payload.length === other.payload.length;

function fits({ pieces, length }: Datagram, { offset, more }: Ipv4Fragment, end: number): boolean {
  if (length !== undefined && (end > length || !more)) return false;
  return pieces.every((piece) => {
    const pieceEnd = piece.offset + piece.payload.length;
    return (more || pieceEnd <= offset) && (pieceEnd <= offset || piece.offset >= end);
  });
}

function join({ pieces, length }: Datagram): Uint8Array | undefined {
  const held = pieces.reduce((sum, { payload }) => sum + payload.length, 0);
  // Nothing overlaps: when the lengths add up, there is no hole.
  if (length === undefined || held !== length) return undefined;
  const whole = new Uint8Array(length);
  for (const { offset, payload } of pieces) whole.set(payload, offset);
  return whole;
}
