/** URIs as Go's net/url reads them: lenient about what stands in a path, strict about escapes. */
import { goQuote } from '../../text.ts';
import { RegoObject, type Value } from '../../value.ts';
import {
  builtinFault,
  type BuiltinFault,
  defineBuiltin,
  isBuiltinFault,
} from '../../builtins/define.ts';

interface Parts {
  scheme: string;
  host: string;
  path: string;
  rawPath: string;
  rawQuery: string;
  fragment: string;
}

class UriError extends Error {}

/** Characters that may stand unescaped in a path, so that escaping again gives the same text. */
const PATH_CHARS = /[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]]/;

function unescape(text: string, host = false): string {
  const bad = /%(?![0-9A-Fa-f]{2})/.exec(text);
  if (bad !== null) {
    throw new UriError(
      `invalid URL escape ${JSON.stringify(text.slice(bad.index, bad.index + 3))}`,
    );
  }
  if (host) {
    // Only bytes that are no ASCII may come escaped in a host.
    const ascii = /%(?:[0-7][0-9A-Fa-f])/.exec(text);
    if (ascii !== null && ascii[0] !== '%25')
      throw new UriError(`invalid URL escape ${JSON.stringify(ascii[0])}`);
    const odd = /[^A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%\u0080-\u{10ffff}]/u.exec(text);
    if (odd !== null)
      throw new UriError(`invalid character ${JSON.stringify(odd[0])} in host name`);
  }
  if (!text.includes('%')) return text;
  const bytes = text.replace(
    /%([0-9A-Fa-f]{2})|([^%]+)/g,
    (_, hex: string | undefined, raw: string) =>
      hex === undefined
        ? Buffer.from(raw, 'utf8').toString('latin1')
        : String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Go's default escaping of a path; what is written otherwise is kept as the raw path. */
const escapePath = (path: string): string =>
  Array.from(Buffer.from(path, 'utf8'), (byte) => {
    const char = String.fromCharCode(byte);
    return byte < 0x80 && PATH_CHARS.test(char) && char !== '[' && char !== ']'
      ? char
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');

/** "scheme:rest"; a text that begins with something else has none. */
function splitScheme(text: string): readonly [string, string] {
  const form = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
  if (form !== null) return [(form[1] ?? '').toLowerCase(), text.slice(form[0].length)];
  if (text.startsWith(':')) throw new UriError('missing protocol scheme');
  return ['', text];
}

function parseAuthority(authority: string): string {
  const at = authority.lastIndexOf('@');
  if (at >= 0 && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(authority.slice(0, at))) {
    throw new UriError('net/url: invalid userinfo');
  }
  if (at >= 0) unescape(authority.slice(0, at));
  const host = authority.slice(at + 1);
  const bracket = host.startsWith('[') ? host.lastIndexOf(']') : -1;
  if (host.startsWith('[') && bracket < 0) throw new UriError("missing ']' in host");
  const rest =
    bracket >= 0
      ? host.slice(bracket + 1)
      : host.includes(':')
        ? host.slice(host.lastIndexOf(':'))
        : '';
  if (rest !== '' && !/^:\d*$/.test(rest)) {
    throw new UriError(`invalid port ${JSON.stringify(rest)} after host`);
  }
  return unescape(host, true);
}

function parse(text: string): Parts {
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    throw new UriError('net/url: invalid control character in URL');
  }
  const hash = text.indexOf('#');
  const fragment = hash < 0 ? '' : unescape(text.slice(hash + 1));
  const [scheme, afterScheme] = splitScheme(hash < 0 ? text : text.slice(0, hash));
  const mark = afterScheme.indexOf('?');
  const rawQuery = mark < 0 ? '' : afterScheme.slice(mark + 1);
  let rest = mark < 0 ? afterScheme : afterScheme.slice(0, mark);
  const parts: Parts = { scheme, host: '', path: '', rawPath: '', rawQuery, fragment };
  if (!rest.startsWith('/')) {
    if (scheme !== '') return parts; // opaque: mailto:x
    if (/^[^/]*:/.test(rest)) throw new UriError('first path segment in URL cannot contain colon');
  }
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    parts.host = parseAuthority(slash < 0 ? rest.slice(2) : rest.slice(2, slash));
    rest = slash < 0 ? '' : rest.slice(slash);
  }
  parts.path = unescape(rest);
  parts.rawPath = escapePath(parts.path) === rest ? '' : rest;
  return parts;
}

function splitHost(host: string): { hostname: string; port: string } {
  const form = /^(.*?)(?::(\d*))?$/.exec(host);
  const bracketed = /^\[(.*)\](?::(\d*))?$/.exec(host);
  if (bracketed !== null) return { hostname: bracketed[1] ?? '', port: bracketed[2] ?? '' };
  return { hostname: form?.[1] ?? host, port: form?.[2] ?? '' };
}

function tryParse(text: string): Parts | BuiltinFault {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof UriError)) throw error;
    return builtinFault(`parse ${goQuote(text)}: ${error.message}`);
  }
}

/** Authority, escaped path and query, as a signature needs them. */
export function splitUri(
  text: string,
):
  | { readonly host: string; readonly escapedPath: string; readonly rawQuery: string }
  | BuiltinFault {
  const parts = tryParse(text);
  if (isBuiltinFault(parts)) return parts;
  const { host, path, rawPath, rawQuery } = parts;
  return { host, escapedPath: rawPath || escapePath(path), rawQuery };
}

export const isUri = (text: string): boolean => !isBuiltinFault(tryParse(text));

export const uris = [
  defineBuiltin({
    name: 'uri.parse',
    summary: 'Parts of a URI; those that are empty are left out.',
    args: ['string'],
    result: 'object[string: string]',
    impl(text: string) {
      const parts = tryParse(text);
      if (isBuiltinFault(parts)) return parts;
      const { hostname, port } = splitHost(parts.host);
      const entries: [string, string][] = [
        ['scheme', parts.scheme],
        ['hostname', hostname],
        ['port', port],
        ['path', parts.path],
        ['raw_path', parts.path === '' ? '' : parts.rawPath || parts.path],
        ['raw_query', parts.rawQuery],
        ['fragment', parts.fragment],
      ];
      return RegoObject.of(entries.filter(([, value]) => value !== ''));
    },
  }),
  defineBuiltin({
    name: 'uri.is_valid',
    summary: 'The value is text of a URI, and not empty.',
    args: ['string'],
    result: 'boolean',
    unchecked: true,
    impl: (text: Value) =>
      typeof text === 'string' && text !== '' && !isBuiltinFault(tryParse(text)),
  }),
];
