/** IP addresses and ranges as integers, in Go's notation. */
import { isIPv4, isIPv6 } from 'node:net';

export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

export interface Network extends Address {
  readonly prefix: number;
}

const MAPPED = 0xffffn;

/** ::ffff:a.b.c.d is the IPv4 address to Go. */
function unmapped(address: Address): Address {
  if (address.bits === 128 && address.value >> 32n === MAPPED) {
    return { bits: 32, value: address.value & 0xffffffffn };
  }
  return address;
}

const v4Value = (text: string): bigint =>
  text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);

function v6Value(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const low = dotted === null ? 0n : v4Value(dotted[2] ?? '');
  const hex =
    dotted === null
      ? text
      : `${dotted[1] ?? ''}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  const [head = '', tail] = hex.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce(
    (sum, part) => (sum << 16n) | BigInt(`0x${part}`),
    0n,
  );
}

function parseRaw(text: string): Address | undefined {
  if (isIPv4(text)) return { bits: 32, value: v4Value(text) };
  if (isIPv6(text) && !text.includes('%')) return { bits: 128, value: v6Value(text) };
  return undefined;
}

export function parseAddress(text: string): Address | undefined {
  const raw = parseRaw(text);
  return raw === undefined ? undefined : unmapped(raw);
}

/** "10.0.0.0/8"; host bits are cut off. */
export function parseNetwork(text: string): Network | undefined {
  const form = /^([^/]+)\/(\d{1,9})$/.exec(text);
  const raw = form === null ? undefined : parseRaw(form[1] ?? '');
  const prefix = Number(form?.[2]);
  if (raw === undefined || prefix > raw.bits) return undefined;
  const host = BigInt(raw.bits - prefix);
  const cut = { bits: raw.bits, value: (raw.value >> host) << host };
  const plain = unmapped(cut);
  return { ...plain, prefix: plain.bits === raw.bits ? prefix : prefix - 96 };
}

const hostBits = ({ bits, prefix }: Network): bigint => BigInt(bits - prefix);

export const lastOf = (network: Network): bigint =>
  network.value | ((1n << hostBits(network)) - 1n);

export const sizeOf = (network: Network): bigint => 1n << hostBits(network);

export const networkHas = (network: Network, address: Address): boolean =>
  network.bits === address.bits &&
  network.value >> hostBits(network) === address.value >> hostBits(network);

/** RFC 5952: the longest run of zero groups, from two on, as "::". */
export function addressText({ bits, value }: Address): string {
  if (bits === 32) {
    return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
  }
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((value >> BigInt(16 * (7 - i))) & 0xffffn).toString(16),
  );
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  if (best.start < 0) return groups.join(':');
  const head = groups.slice(0, best.start).join(':');
  return `${head}::${groups.slice(best.start + best.length).join(':')}`;
}

export const networkText = (network: Network): string =>
  `${addressText(network)}/${network.prefix}`;
