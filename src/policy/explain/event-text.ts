/**
 * Text as programs quote it inside other text: Go's %q, Rust's Debug and JSON, once or several times
 * over. The agent quotes its message once; each runtime, log and event on the way adds its own layer.
 */

export interface Quoted {
  /** How many layers were taken off. */
  readonly layers: number;
  readonly text: string;
  /** The closing quote is missing: the text was cut. */
  readonly open: boolean;
}

/** More layers than any path has; a bound for text that is nothing but backslashes. */
const MAX_LAYERS = 6;

/**
 * The quoted text that starts at `from`, just behind its opening quote. A quote under n layers has
 * 2^(n-1)-1 backslashes in front; one inside the text has more.
 */
export function readQuoted(text: string, from: number): Quoted {
  const layers = layersAt(text, from);
  if (layers === 0) {
    const end = text.indexOf('\n', from);
    return { layers, text: text.slice(from, end < 0 ? undefined : end), open: false };
  }
  const end = closingQuote(text, from, layers);
  let body = text.slice(from, end?.at);
  for (let i = 0; i < layers; i++) body = unescape(body);
  return { layers, text: body, open: end === undefined };
}

/** Layers of the quote in front of a place; 0 when there is none. */
function layersAt(text: string, from: number): number {
  if (text[from - 1] !== '"') return 0;
  const count = backslashesBefore(text, from - 1);
  for (let layers = 1; layers <= MAX_LAYERS; layers++) {
    if (count === 2 ** (layers - 1) - 1) return layers;
  }
  return 1;
}

function backslashesBefore(text: string, at: number): number {
  let count = 0;
  while (text[at - 1 - count] === '\\') count++;
  return count;
}

function closingQuote(text: string, from: number, layers: number): { at: number } | undefined {
  const period = 2 ** layers;
  const own = 2 ** (layers - 1) - 1;
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    const count = Math.min(backslashesBefore(text, at), at - from);
    if (count % period === own) return { at: at - own };
  }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
  '0': '\0',
};

const ESCAPE =
  /\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([\s\S]))/g;

/** One layer off. What is no escape stays as it is. */
function unescape(text: string): string {
  return text.replace(
    ESCAPE,
    (whole, braced?: string, four?: string, eight?: string, byte?: string, one?: string) => {
      const hex = braced ?? four ?? eight ?? byte;
      if (hex !== undefined) {
        const point = Number.parseInt(hex, 16);
        return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
      }
      return one === undefined ? whole : (ESCAPES[one] ?? one);
    },
  );
}
