/** Base64, hexadecimal and URL query encoding. */
import { corruptBase64At, type Base64Alphabet } from '#base';
import { compareStrings } from '../order.ts';
import { RegoObject, RegoSet, type Value } from '../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinFault,
  defineBuiltin,
  isBuiltinFault,
  operandFault,
} from './define.ts';
import { elementsOf } from './operands.ts';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

const bytesOf = (text: string): Buffer => Buffer.from(text, 'utf8');
const textOf = (bytes: Uint8Array): string => utf8.decode(bytes);

/** Bytes of standard base64. */
export const base64Bytes = (text: string): Uint8Array | BuiltinFault => decode64(text, 'standard');

const STANDARD = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const URL_SAFE = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}==|[A-Za-z0-9_-]{3}=)?$/;

const forms: Readonly<Record<Base64Alphabet, RegExp>> = { standard: STANDARD, url: URL_SAFE };

function decode64(text: string, alphabet: Base64Alphabet): Uint8Array | BuiltinFault {
  const clean = text.replace(/[\r\n]/g, '');
  if (!forms[alphabet].test(clean)) {
    const at = corruptBase64At(text, alphabet) ?? 0;
    return builtinFault(`illegal base64 data at input byte ${at}`);
  }
  return Buffer.from(clean, 'base64');
}

/** regorus' decoder also refuses line ends and stray bits behind the last byte. */
function regorusDecode64(text: string, form: RegExp): Uint8Array | undefined {
  if (!form.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  const canonical = bytes.toString('base64').replaceAll('=', '');
  const given = text.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', '');
  return canonical === given ? bytes : undefined;
}

const URL_UNPADDED = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3})?$/;

/** Bytes of URL-safe base64, padded or not. */
export function base64UrlBytes(text: string): Uint8Array | BuiltinFault {
  const padded = padUrl(text);
  return isBuiltinFault(padded) ? padded : decode64(padded, 'url');
}

const toText = (bytes: Uint8Array | BuiltinFault): string | BuiltinFault =>
  isBuiltinFault(bytes) ? bytes : textOf(bytes);

const urlEncode = (text: string): string =>
  bytesOf(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_');

/** Go pads what has the wrong length before decoding. */
function padUrl(text: string): string | BuiltinFault {
  if (text.endsWith('=')) return text;
  const rest = bytesOf(text).length % 4;
  if (rest === 1) return builtinFault(`illegal base64url string: ${text}`);
  return text + '='.repeat((4 - rest) % 4);
}

const base64 = [
  defineBuiltin({
    name: 'base64.encode',
    summary: 'Base64 with the standard alphabet and padding.',
    args: ['string'],
    result: 'string',
    impl(text: string) {
      this.charge(text.length);
      return bytesOf(text).toString('base64');
    },
  }),
  defineBuiltin({
    name: 'base64.decode',
    summary: 'Text of standard base64.',
    args: ['string'],
    result: 'string',
    impl(text: string) {
      return toText(decode64(text, 'standard'));
    },
    regorusImpl(text: string) {
      const bytes = regorusDecode64(text, STANDARD);
      return bytes === undefined ? builtinFault('decode failed') : textOf(bytes);
    },
  }),
  defineBuiltin({
    name: 'base64.is_valid',
    summary: 'The text is standard base64.',
    args: ['string'],
    result: 'boolean',
    unchecked: true,
    impl(text: Value) {
      return typeof text === 'string' && !isBuiltinFault(decode64(text, 'standard'));
    },
    regorusImpl(text: Value) {
      if (typeof text !== 'string')
        return builtinFault('`base64.is_valid` expects string argument.');
      return regorusDecode64(text, STANDARD) !== undefined;
    },
  }),
  defineBuiltin({
    name: 'base64url.encode',
    summary: 'Base64 with the URL alphabet and padding.',
    args: ['string'],
    result: 'string',
    impl(text: string) {
      this.charge(text.length);
      return urlEncode(text);
    },
  }),
  defineBuiltin({
    name: 'base64url.encode_no_pad',
    summary: 'Base64 with the URL alphabet, without padding.',
    args: ['string'],
    result: 'string',
    impl(text: string) {
      this.charge(text.length);
      return urlEncode(text).replaceAll('=', '');
    },
  }),
  defineBuiltin({
    name: 'base64url.decode',
    summary: 'Text of base64 with the URL alphabet, padded or not.',
    args: ['string'],
    result: 'string',
    impl(text: string) {
      return toText(base64UrlBytes(text));
    },
    regorusImpl(text: string) {
      const bytes = regorusDecode64(text, URL_SAFE) ?? regorusDecode64(text, URL_UNPADDED);
      return bytes === undefined ? builtinFault('not a valid url') : textOf(bytes);
    },
  }),
];

function decodeHex(text: string): string | BuiltinFault {
  const bytes = bytesOf(text);
  for (const byte of bytes) {
    if (!/[0-9a-fA-F]/.test(String.fromCharCode(byte))) {
      const shown = byte < 0x80 ? String.fromCharCode(byte) : String.fromCodePoint(byte);
      return builtinFault(
        `encoding/hex: invalid byte: U+${byte.toString(16).toUpperCase().padStart(4, '0')} '${shown}'`,
      );
    }
  }
  if (bytes.length % 2 === 1) return builtinFault('encoding/hex: odd length hex string');
  return textOf(Buffer.from(text, 'hex'));
}

const hex = [
  defineBuiltin({
    name: 'hex.encode',
    summary: 'Lower-case hexadecimal of the UTF-8 bytes.',
    args: ['string'],
    result: 'string',
    impl(text: string) {
      this.charge(2 * text.length);
      return bytesOf(text).toString('hex');
    },
  }),
  defineBuiltin({
    name: 'hex.decode',
    summary: 'Text of hexadecimal bytes.',
    args: ['string'],
    result: 'string',
    impl: decodeHex,
  }),
];

/** Go's url.QueryEscape: blanks as plus, all but unreserved as %XX. */
export const queryEscape = (text: string): string =>
  Array.from(bytesOf(text), (byte) => {
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9_.~-]/.test(char)) return char;
    return byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');

export function queryUnescape(text: string): string | BuiltinFault {
  const bad = /%(?![0-9A-Fa-f]{2})/.exec(text);
  if (bad !== null) {
    const piece = text.slice(bad.index, bad.index + 3);
    return builtinFault(`invalid URL escape ${JSON.stringify(piece)}`);
  }
  const parts: Buffer[] = [];
  let at = 0;
  for (const match of text.matchAll(/%([0-9A-Fa-f]{2})|\+/g)) {
    parts.push(bytesOf(text.slice(at, match.index)));
    parts.push(Buffer.from([match[1] === undefined ? 0x20 : parseInt(match[1], 16)]));
    at = match.index + match[0].length;
  }
  parts.push(bytesOf(text.slice(at)));
  return textOf(Buffer.concat(parts));
}

const BAD_VALUES = 'values must be string, array[string], or set[string]';

/** The strings of one member, or undefined when it holds anything else. */
function queryValues(context: BuiltinContext, value: Value): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value) && !(value instanceof RegoSet)) return undefined;
  const items = elementsOf(context, value as readonly Value[] | RegoSet);
  return items.every((item) => typeof item === 'string') ? items : undefined;
}

function parseQuery(query: string): RegoObject | BuiltinFault {
  const found = new Map<string, Value[]>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    if (pair.includes(';')) return builtinFault('invalid semicolon separator in query');
    const equals = pair.indexOf('=');
    const key = queryUnescape(equals < 0 ? pair : pair.slice(0, equals));
    const value = queryUnescape(equals < 0 ? '' : pair.slice(equals + 1));
    if (isBuiltinFault(key)) return key;
    if (isBuiltinFault(value)) return value;
    const values = found.get(key) ?? [];
    values.push(value);
    found.set(key, values);
  }
  return RegoObject.of(found);
}

const urlquery = [
  defineBuiltin({
    name: 'urlquery.encode',
    summary: 'Text as it may stand in a URL query.',
    args: ['string'],
    result: 'string',
    impl(text: string) {
      this.charge(3 * text.length);
      return queryEscape(text);
    },
  }),
  defineBuiltin({
    name: 'urlquery.decode',
    summary: 'Text of an escaped URL query part.',
    args: ['string'],
    result: 'string',
    impl: queryUnescape,
  }),
  defineBuiltin({
    name: 'urlquery.encode_object',
    summary: 'Object as a URL query, keys sorted; arrays and sets repeat the key.',
    args: ['object[string: any<string, array[string], set[string]>]'],
    result: 'string',
    impl(object: RegoObject) {
      const pairs: string[] = [];
      const keys = object.keys('opa').filter((key) => typeof key === 'string');
      for (const key of keys.toSorted(compareStrings)) {
        const values = queryValues(this, object.get(key) ?? null);
        if (values === undefined) return operandFault(1, BAD_VALUES);
        for (const value of values) pairs.push(`${queryEscape(key)}=${queryEscape(value)}`);
      }
      return pairs.join('&');
    },
  }),
  defineBuiltin({
    name: 'urlquery.decode_object',
    summary: 'URL query as an object of arrays.',
    args: ['string'],
    result: 'object[string: array[string]]',
    impl: parseQuery,
  }),
];

export const encoding = [...base64, ...hex, ...urlquery];
