/**
 * Case mapping as Go does it: code point by code point, so a letter whose mapping is longer than one
 * stays (`ß`), and no rule looks at its neighbours (final sigma). JavaScript and Rust map fully.
 */

const ONLY_ASCII = /^[\u0000-\u007f]*$/;

function mapRunes(text: string, map: (char: string) => string, exceptions: Exceptions): string {
  if (ONLY_ASCII.test(text)) return map(text);
  let result = '';
  for (const char of text) {
    const mapped = exceptions[char] ?? map(char);
    const single = String.fromCodePoint(mapped.codePointAt(0) ?? 0) === mapped;
    result += single ? mapped : char;
  }
  return result;
}

type Exceptions = Readonly<Record<string, string | undefined>>;

/** Letters whose simple mapping is not the start of their full one. Source: UnicodeData.txt. */
const LOWER: Exceptions = { '\u0130': 'i' };

/** Greek with iota subscript: simple upper case is the title-case letter, eight further on. */
const UPPER: Exceptions = Object.fromEntries([
  ...[0x1f80, 0x1f90, 0x1fa0].flatMap((start) =>
    Array.from({ length: 8 }, (_, i): [string, string] => [
      String.fromCodePoint(start + i),
      String.fromCodePoint(start + i + 8),
    ]),
  ),
  ['\u1fb3', '\u1fbc'],
  ['\u1fc3', '\u1fcc'],
  ['\u1ff3', '\u1ffc'],
]);

export const lowerRunes = (text: string): string =>
  mapRunes(text, (char) => char.toLowerCase(), LOWER);

export const upperRunes = (text: string): string =>
  mapRunes(text, (char) => char.toUpperCase(), UPPER);
