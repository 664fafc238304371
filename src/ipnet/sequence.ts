/** Arithmetic on 32-bit sequence numbers, which wrap. Source: RFC 9293 section 3.4. */
export const add = (a: number, b: number): number => (a + b) >>> 0;
/** Signed distance from `b` to `a`: positive when `a` is later. */
export const distance = (a: number, b: number): number => (a - b) | 0;
export const isAfter = (a: number, b: number): boolean => distance(a, b) > 0;
