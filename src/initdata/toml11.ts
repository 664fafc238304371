/**
 * Finds syntax that only TOML 1.1 has. Our parser takes it, the parsers in the shim, the adaptor
 * and the agent are TOML 1.0 in most releases, so such a document works here and fails there.
 * A scanner, not a parser: it runs on text that has already parsed.
 * Source: TOML 1.1.0 change log (escapes \e and \xHH, multi-line inline tables, trailing comma in
 * them, times without seconds).
 */
interface Toml11Use {
  readonly what: string;
  readonly line: number;
  readonly column: number;
}

/** A time without seconds that is a whole value: after `=`, `[`, `,` or a date. */
const SHORT_TIME = /(?<=(?:[=[,]|\d[T ])\s*)\d\d:\d\d(?![:\d])/y;

export function findToml11(text: string): Toml11Use[] {
  const uses: Toml11Use[] = [];
  const report = (at: number, what: string): void => {
    const before = text.slice(0, at);
    const line = before.split('\n').length;
    uses.push({ what, line, column: at - before.lastIndexOf('\n') });
  };
  /** Open brackets that hold values; table headers open and close on their own line. */
  const open: string[] = [];
  let lastToken = '';
  for (let i = 0; i < text.length;) {
    const char = text.charAt(i);
    if (char === '#') {
      i = endOf(text, '\n', i) - 1;
      if (text.charAt(i) !== '\n') i = text.length;
      continue;
    }
    if (char === '"' || char === "'") {
      i = scanString(text, i, report);
      lastToken = 'string';
      continue;
    }
    if (char === '{' || char === '[') open.push(char);
    if (char === '}' || char === ']') {
      if (char === '}' && lastToken === ',') report(i, 'a trailing comma in an inline table');
      open.pop();
    }
    if (char === '\n' && open.at(-1) === '{') report(i, 'a line break in an inline table');
    SHORT_TIME.lastIndex = i;
    if (SHORT_TIME.test(text)) report(i, 'a time without seconds');
    if (!/\s/.test(char)) lastToken = char;
    i++;
  }
  return uses;
}

/** Index after the closing `quote`, or the end of the text. */
function endOf(text: string, quote: string, from: number): number {
  const at = text.indexOf(quote, from);
  return at < 0 ? text.length : at + quote.length;
}

function scanString(
  text: string,
  start: number,
  report: (at: number, what: string) => void,
): number {
  const quote = text.charAt(start);
  const triple = text.startsWith(quote.repeat(3), start);
  if (quote === "'") return closeOf(text, triple ? "'''" : "'", start + (triple ? 3 : 1));
  let i = start + (triple ? 3 : 1);
  while (i < text.length) {
    if (text.charAt(i) === '\\') {
      const escape = text.charAt(i + 1);
      if (escape === 'e' || escape === 'x') report(i, `the escape \\${escape}`);
      i += 2;
    } else if (text.startsWith(triple ? '"""' : '"', i)) {
      return closeOf(text, triple ? '"""' : '"', i);
    } else i++;
  }
  return i;
}

/** A closing triple quote may have up to two more quotes before it that belong to the text. */
function closeOf(text: string, quote: string, from: number): number {
  let end = endOf(text, quote, from);
  if (quote.length === 3) while (text.charAt(end) === quote.charAt(0)) end++;
  return end;
}
