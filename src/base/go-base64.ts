/**
 * Where Go's encoding/base64 gives up on a text. Its decoders name that byte in their errors, and what
 * speaks Go's words needs the same number. Source: Go encoding/base64, decodeQuantum.
 */

export type Base64Alphabet = 'standard' | 'url';

const digits: Readonly<Record<Base64Alphabet, RegExp>> = {
  standard: /[A-Za-z0-9+/]/,
  url: /[A-Za-z0-9_-]/,
};

const isLineEnd = (byte: number | undefined): boolean => byte === 0x0a || byte === 0x0d;
const PAD = 0x3d;

/** The offset in `illegal base64 data at input byte N`; undefined when the text is well formed. */
export function corruptBase64At(
  text: string,
  alphabet: Base64Alphabet = 'standard',
): number | undefined {
  const bytes = Buffer.from(text);
  const digit = digits[alphabet];
  const pastLineEnds = (from: number): number => {
    let at = from;
    while (isLineEnd(bytes[at])) at++;
    return at;
  };
  let place = 0;
  for (let at = pastLineEnds(0); at < bytes.length; at = pastLineEnds(at + 1)) {
    const byte = bytes[at] ?? 0;
    if (digit.test(String.fromCharCode(byte))) {
      place = (place + 1) % 4;
      continue;
    }
    if (byte !== PAD || place < 2) return at;
    // Two digits want two signs. A missing one is reported at the byte before what stands there.
    const second = place === 2 ? pastLineEnds(at + 1) : at;
    if (second === bytes.length) return bytes.length;
    if (bytes[second] !== PAD) return second - 1;
    const rest = pastLineEnds(second + 1);
    return rest < bytes.length ? rest : undefined;
  }
  // A group that ends too early is reported where it would have begun, line ends not counted.
  return place === 0 ? undefined : bytes.length - place;
}
