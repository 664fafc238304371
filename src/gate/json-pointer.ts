/** JSON pointers. Source: RFC 6901; words and strictness of the jsonptr crate 0.7.1. */

/** `/a~1b/~0c` -> `a/b`, `~c`; the empty text is the whole document. Undefined when it is malformed. */
export function parsePointer(text: string): readonly string[] | undefined {
  if (text === '') return [];
  if (!text.startsWith('/') || BAD_TILDE.test(text)) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

const BAD_TILDE = /~(?![01])/;

/** Why `text` is no pointer. */
export function pointerError(text: string): string {
  const problem = text.startsWith('/')
    ? `the first token in the partial-pointer starting at offset ${String(badToken(text))} is malformed`
    : "does not start with a slash ('/') and is not empty";
  return `json pointer failed to parse; ${problem}`;
}

/** Bytes in front of the slash of the first malformed token. */
function badToken(text: string): number {
  const upTo = text.slice(0, BAD_TILDE.exec(text)?.index ?? 0);
  return Buffer.byteLength(upTo.slice(0, upTo.lastIndexOf('/')));
}

/** An array index: no sign, no leading zero, at most `max`. */
export function indexOf(part: string, max: number): number | undefined {
  if (!/^(?:0|[1-9]\d{0,9})$/.test(part)) return undefined;
  const index = Number(part);
  return index <= max ? index : undefined;
}
