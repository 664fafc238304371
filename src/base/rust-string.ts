/** Strings as Rust's `{:?}` prints them: the agent renders its errors that way. */

/** Escapes of Rust's `impl Debug for str`; anything else unprintable becomes `\u{..}`. */
const NAMED: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\0': '\\0',
};

/** What Rust does not print as it is. Source: core::unicode::printable, by general category. */
const UNPRINTABLE =
  /["\\]|(?! )[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Zs}\p{Grapheme_Extend}]/gu;

/** `say "hi"` -> `"say \"hi\""`. */
export function rustString(text: string): string {
  const escaped = text.replace(
    UNPRINTABLE,
    (char) => NAMED[char] ?? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return `"${escaped}"`;
}
