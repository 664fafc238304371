/**
 * Text that the agent parses with Rust's standard library and the ipnetwork crate: the values, or the
 * words of their errors. Source: core::num, core::net, ipnetwork 0.20.
 */
import { isIPv4, isIPv6 } from 'node:net';

export type Parsed<T> = { readonly value: T } | { readonly error: string };

/** `from_str_radix` of an integer type with the given bounds. */
function parseInteger(
  text: string,
  radix: number,
  bounds: { readonly min: bigint; readonly max: bigint },
): Parsed<number> {
  if (text === '') return { error: 'cannot parse integer from empty string' };
  const sign = bounds.min < 0n ? /^[+-]/ : /^\+/;
  const digits = text.replace(sign, '');
  const valid = radix === 16 ? /^[\da-f]+$/i : radix === 8 ? /^[0-7]+$/ : /^\d+$/;
  if (!valid.test(digits)) return { error: 'invalid digit found in string' };
  const prefix = { 8: '0o', 10: '', 16: '0x' }[radix] ?? '';
  const magnitude = BigInt(prefix + digits);
  const value = text.startsWith('-') ? -magnitude : magnitude;
  if (value > bounds.max) return { error: 'number too large to fit in target type' };
  if (value < bounds.min) return { error: 'number too small to fit in target type' };
  return { value: Number(value) };
}

const U8 = { min: 0n, max: 0xffn };
const ISIZE = { min: -(1n << 63n), max: (1n << 63n) - 1n };

export const parseU8 = (text: string, radix = 10): Parsed<number> => parseInteger(text, radix, U8);
export const parseU32 = (text: string, radix = 10): Parsed<number> =>
  parseInteger(text, radix, { min: 0n, max: 0xffff_ffffn });
export const parseIsize = (text: string, radix = 10): Parsed<number> =>
  parseInteger(text, radix, ISIZE);

/** Rust refuses zone ids, which Node takes. */
export const isAddress = (text: string, family: 4 | 6): boolean =>
  family === 4 ? isIPv4(text) : isIPv6(text) && !text.includes('%');

export interface Network {
  readonly address: string;
  readonly prefix: number;
}

/** `ADDRESS[/PREFIX]`; without prefix it is a host. An IPv4 prefix may be a mask. */
export function parseNetwork(text: string, family: 4 | 6): Parsed<Network> {
  const [address = '', prefixText, ...more] = text.split('/');
  if (more.length > 0) return { error: `invalid cidr format: ${text}` };
  if (!isAddress(address, family)) return { error: `invalid address: ${address}` };
  const max = family === 4 ? 32 : 128;
  if (prefixText === undefined) return { value: { address, prefix: max } };
  const prefix = family === 4 && isIPv4(prefixText) ? maskLength(prefixText) : parseU8(prefixText);
  if ('error' in prefix || prefix.value > max) return { error: 'invalid prefix' };
  return { value: { address, prefix: prefix.value } };
}

function maskLength(mask: string): Parsed<number> {
  const bits = mask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits)
    ? { value: bits.replaceAll('0', '').length }
    : { error: 'invalid prefix' };
}
