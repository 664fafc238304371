/**
 * Names that controllers and `generateName` make. The real ones are random; ours follow from the object,
 * so that the same manifest makes the same pods. Source: Kubernetes 1.34, apimachinery pkg/util/rand and
 * apiserver pkg/storage/names.
 */
import { createHash } from 'node:crypto';

/** No vowels, and nothing that is taken for another character. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_BASE = 63 - SUFFIX_LENGTH;

/** Letters and digits that follow from `seed`. */
export function safeSuffix(seed: string, length: number): string {
  const bytes = createHash('sha256').update(seed).digest();
  return [...bytes.subarray(0, length)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** `base`, cut where needed, with five more characters. */
export const generatedName = (base: string, seed: string): string =>
  base.slice(0, MAX_BASE) + safeSuffix(seed, SUFFIX_LENGTH);
