/** Decoding of string literals, and texts that are no Unicode. */
import type { Diagnostic, Source } from '../source.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * The value of the text between two quotes. `unpaired` says what half a surrogate pair becomes: OPA
 * (Go's JSON) puts U+FFFD there, regorus has refused the literal before.
 */
export function decodeEscapes(inner: string): string {
  if (!inner.includes('\\')) return inner;
  let out = '';
  let from = 0;
  for (let at = inner.indexOf('\\'); at !== -1; at = inner.indexOf('\\', from)) {
    out += inner.slice(from, at);
    const escape = inner.charAt(at + 1);
    if (escape === 'u') {
      out += String.fromCharCode(parseInt(inner.slice(at + 2, at + 6), 16));
      from = at + 6;
    } else {
      out += ESCAPES[escape] ?? escape;
      from = at + 2;
    }
  }
  out += inner.slice(from);
  return out.replace(LONE_SURROGATE, '\ufffd');
}

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The error of a text that did not come from valid UTF-8: no engine reads one. */
export function illegalUtf8(source: Source): Diagnostic | undefined {
  const { text, invalidUtf8 = false } = source;
  const lone = text.search(LONE_SURROGATE);
  if (!invalidUtf8 && lone === -1) return undefined;
  const start = lone === -1 ? Math.max(0, text.indexOf('\ufffd')) : lone;
  return {
    severity: 'error',
    code: 'rego_parse_error',
    message: 'illegal utf-8 character',
    span: { source, start, end: Math.min(start + 1, text.length) },
    details: [],
    hint: 'Save the policy as UTF-8.',
  };
}
