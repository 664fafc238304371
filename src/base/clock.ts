/**
 * Time and randomness as arguments. A seed and a fixed start make two runs equal.
 */
import { randomBytes as cryptoRandomBytes } from 'node:crypto';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Nanoseconds of a monotonic counter, for durations only. */
  monotonicNs(): bigint;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicNs: () => BigInt(Math.round(performance.now() * 1e6)),
};

/** A clock that moves `stepMs` with every reading, from `startMs`. */
export function steppingClock(startMs: number, stepMs = 1): Clock {
  let current = startMs - stepMs;
  let ns = 0n;
  return {
    now: () => (current += stepMs),
    monotonicNs: () => (ns += BigInt(stepMs) * 1_000_000n),
  };
}

export interface Random {
  bytes(length: number): Uint8Array;
}

export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(cryptoRandomBytes(length)),
};

/** Deterministic bytes from a 32-bit seed (xorshift32). For repeatable ids, never for keys. */
export function seededRandom(seed: number): Random {
  let state = seed | 0 || 0x9e3779b9;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  };
  return { bytes: (length) => Uint8Array.from({ length }, next) };
}

/** `length` random bytes as lower-case hex; 32 bytes make a container id as containerd's. */
export function randomHex(random: Random, length: number): string {
  return Buffer.from(random.bytes(length)).toString('hex');
}

/** RFC 4122 version 4. */
export function randomUuid(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
