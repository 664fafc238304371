/**
 * Randomness that follows from a text: the query's seed and what is asked. The same seed gives the
 * same answers whatever order they are asked in. Not for keys.
 */

/** xmur3 of the text seeds sfc32; both are public domain and of ample quality for policies. */
export function randomWords(text: string): () => number {
  let h = 1779033703 ^ text.length;
  const mix = (): number => {
    h = Math.imul(h ^ (h >>> 16), 2246822507);
    h = Math.imul(h ^ (h >>> 13), 3266489909);
    return (h ^= h >>> 16) >>> 0;
  };
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 3432918353);
    h = (h << 13) | (h >>> 19);
  }
  let [a, b, c, d] = [mix(), mix(), mix(), mix()];
  return () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return t >>> 0;
  };
}

/** An integer in [0, limit). */
export function randomBelow(limit: number, text: string): number {
  const next = randomWords(text);
  const unit = (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53;
  return Math.floor(unit * limit);
}

export function randomBytes(length: number, text: string): Uint8Array {
  const next = randomWords(text);
  return Uint8Array.from({ length }, () => next() >>> 24);
}
