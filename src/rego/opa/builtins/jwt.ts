/** JSON Web Tokens: take apart, verify, make. Compact serialisation only. */
import { KatasimError } from '#base';
import { parseJson } from '../../json.ts';
import { isNumeric, toDouble } from '../../number.ts';
import { formatTerm } from '../../text.ts';
import { RegoObject, type Value } from '../../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinFault,
  type BuiltinResult,
  type BuiltinSpec,
  defineBuiltin,
  isBuiltinFault,
} from '../../builtins/define.ts';
import { base64UrlBytes } from '../../builtins/encoding.ts';
import { marshal } from '../../builtins/json-text.ts';
import {
  type Algorithm,
  findAlgorithm,
  type Key,
  KeyError,
  keysFromJwk,
  publicKeys,
  signWith,
  verifyHmac,
  verifyWith,
} from './jws.ts';

/** Tokens inside tokens. */
const MAX_NESTING = 16;

interface Token {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

function splitToken(text: string): Token | BuiltinFault {
  if (!text.includes('.')) return builtinFault('encoded JWT had no period separators');
  const parts = text.split('.');
  const [header = '', payload = '', signature = ''] = parts;
  return parts.length === 3
    ? { header, payload, signature }
    : builtinFault(`encoded JWT must have 3 sections, found ${parts.length}`);
}

function decodeText(part: string, what: string): string | BuiltinFault {
  const bytes = base64UrlBytes(part);
  if (isBuiltinFault(bytes))
    return builtinFault(`JWT ${what} had invalid encoding: ${bytes.message}`);
  return Buffer.from(bytes).toString('utf8');
}

function readObject(context: BuiltinContext, text: string): RegoObject | BuiltinFault {
  context.charge(text.length);
  try {
    const value = parseJson(text, context.profile.numbers);
    if (value instanceof RegoObject) return value;
    return builtinFault('decoded JSON type was not an Object');
  } catch (error) {
    if (error instanceof KatasimError) return builtinFault(`invalid JSON: ${error.message}`);
    throw error;
  }
}

function readHeader(context: BuiltinContext, token: Token): RegoObject | BuiltinFault {
  const text = decodeText(token.header, 'header');
  if (isBuiltinFault(text)) return text;
  const header = readObject(context, text);
  if (isBuiltinFault(header)) return builtinFault(`bad JWT header: ${header.message}`);
  return header.has('enc') ? builtinFault('JWT is a JWE object, which is not supported') : header;
}

function decode(context: BuiltinContext, text: string, depth = 0): BuiltinResult {
  if (depth > MAX_NESTING) return builtinFault('JWT nests too deeply');
  const token = splitToken(text);
  if (isBuiltinFault(token)) return token;
  const header = readHeader(context, token);
  if (isBuiltinFault(header)) return header;
  const payloadText = decodeText(token.payload, 'payload');
  if (isBuiltinFault(payloadText)) return payloadText;
  if (header.get('cty') === 'JWT') {
    return decode(context, payloadText.replace(/^["']+|["']+$/g, ''), depth + 1);
  }
  const payload = readObject(context, payloadText);
  if (isBuiltinFault(payload)) return payload;
  const signature = base64UrlBytes(token.signature);
  if (isBuiltinFault(signature)) {
    return builtinFault(`JWT signature had invalid encoding: ${signature.message}`);
  }
  return [header, payload, Buffer.from(signature).toString('hex')];
}

interface Header {
  readonly alg: string;
  readonly kid: string;
  readonly cty: string;
  /** A parameter that must be understood is not. */
  readonly critical: boolean;
}

const KNOWN_PARAMETERS = ['alg', 'kid', 'typ', 'cty', 'crit'];

function checkHeader(header: RegoObject): Header | BuiltinFault {
  const texts: Record<string, string> = {};
  for (const name of ['alg', 'kid', 'typ', 'cty']) {
    const value = header.get(name);
    if (value !== undefined && typeof value !== 'string') {
      return builtinFault(`${name}: must be a string`);
    }
    texts[name] = value ?? '';
  }
  const crit = header.get('crit');
  let critical = false;
  if (crit !== undefined) {
    if (!Array.isArray(crit)) return builtinFault('crit: must be a list');
    const names = crit as readonly Value[];
    if (!names.some((name) => typeof name === 'string')) {
      return builtinFault('crit: must be a nonempty list');
    }
    critical = names.some(
      (name) => typeof name === 'string' && !KNOWN_PARAMETERS.includes(name) && header.has(name),
    );
  }
  return { alg: texts['alg'] ?? '', kid: texts['kid'] ?? '', cty: texts['cty'] ?? '', critical };
}

interface Signed {
  readonly data: string;
  readonly signature: Uint8Array;
}

/** A key named by the token decides alone; otherwise any that claims no other algorithm. */
function verifiedByAny(
  keys: readonly Key[],
  header: Header,
  how: { algorithm: Algorithm; signed: Signed },
): boolean {
  const { algorithm, signed } = how;
  const named = header.kid === '' ? undefined : keys.find(({ kid }) => kid === header.kid);
  if (named !== undefined) return verifyWith(algorithm, named, signed);
  return keys.some(
    (key) => (key.alg === '' || key.alg === header.alg) && verifyWith(algorithm, key, signed),
  );
}

function tryKeys<T>(make: () => T): T | BuiltinFault {
  try {
    return make();
  } catch (error) {
    if (error instanceof KeyError) return builtinFault(error.message);
    throw error;
  }
}

function signedPart(token: Token): Signed | BuiltinFault {
  const signature = base64UrlBytes(token.signature);
  if (isBuiltinFault(signature)) return signature;
  return { data: `${token.header}.${token.payload}`, signature };
}

const verifier = (name: string, algorithm: string): BuiltinSpec =>
  defineBuiltin({
    name: `io.jwt.verify_${name}`,
    summary: `The token's ${algorithm} signature is that of a key: a PEM certificate, key, or JWKs.`,
    args: ['string', 'string'],
    result: 'boolean',
    impl(text: string, keyText: string) {
      this.charge(text.length);
      const token = splitToken(text);
      if (isBuiltinFault(token)) return token;
      const keys = tryKeys(() => publicKeys(keyText));
      if (isBuiltinFault(keys)) return keys;
      const signed = signedPart(token);
      if (isBuiltinFault(signed)) return signed;
      const raw = readHeader(this, token);
      if (isBuiltinFault(raw)) return raw;
      const header = checkHeader(raw);
      if (isBuiltinFault(header)) return header;
      const how = findAlgorithm(algorithm);
      return how !== undefined && verifiedByAny(keys, header, { algorithm: how, signed });
    },
  });

const secretVerifier = (size: '256' | '384' | '512'): BuiltinSpec =>
  defineBuiltin({
    name: `io.jwt.verify_hs${size}`,
    summary: `The token's HS${size} code is that of a secret.`,
    args: ['string', 'string'],
    result: 'boolean',
    impl(text: string, secret: string) {
      this.charge(text.length);
      const token = splitToken(text);
      if (isBuiltinFault(token)) return token;
      const signed = signedPart(token);
      return isBuiltinFault(signed) ? signed : verifyHmac(`sha${size}`, secret, signed);
    },
  });

interface Constraints {
  readonly keys: readonly Key[] | undefined;
  readonly secret: string;
  readonly alg: string;
  readonly iss: string;
  readonly aud: string;
  /** Nanoseconds. */
  readonly time: number;
}

function readConstraints(context: BuiltinContext, object: RegoObject): Constraints | BuiltinFault {
  const texts: Record<string, string> = {};
  let keys: readonly Key[] | undefined;
  let time = Number(context.nowNs);
  for (const name of object.keys('opa')) {
    const value = object.get(name) ?? null;
    if (name === 'time') {
      if (!isNumeric(value)) return builtinFault('token time constraint: must be a number');
      time = toDouble(value);
      if (time < 0) return builtinFault('token time constraint: must not be negative');
    } else if (
      typeof name !== 'string' ||
      !['cert', 'secret', 'alg', 'iss', 'aud'].includes(name)
    ) {
      const shown = typeof name === 'string' ? name : formatTerm(name);
      return builtinFault(`unknown token validation constraint: ${shown}`);
    } else if (typeof value !== 'string') {
      return builtinFault(`${name} constraint: must be a string`);
    } else if (name === 'cert') {
      const found = tryKeys(() => publicKeys(value));
      if (isBuiltinFault(found)) return found;
      keys = found;
    } else texts[name] = value;
  }
  const text = (name: string): string => texts[name] ?? '';
  const secret = text('secret');
  if (keys !== undefined && secret !== '') return builtinFault('duplicate key constraints');
  if (keys === undefined && secret === '') return builtinFault('no key constraint');
  return { keys, secret, alg: text('alg'), iss: text('iss'), aud: text('aud'), time };
}

const UNVERIFIED: Value = [false, RegoObject.empty, RegoObject.empty];

/** The innermost token, every signature on the way verified; undefined: one is not. */
function verifyTokens(
  context: BuiltinContext,
  text: string,
  constraints: Constraints,
): { header: RegoObject; payload: string } | BuiltinFault | undefined {
  let current = text;
  for (let depth = 0; depth <= MAX_NESTING; depth++) {
    const token = splitToken(current);
    if (isBuiltinFault(token)) return token;
    const raw = readHeader(context, token);
    if (isBuiltinFault(raw)) return raw;
    const header = checkHeader(raw);
    if (isBuiltinFault(header)) return header;
    if (header.alg === '' || header.critical) return undefined;
    if (constraints.alg !== '' && constraints.alg !== header.alg) return undefined;
    const signed = signedPart(token);
    if (isBuiltinFault(signed)) return signed;
    const algorithm = findAlgorithm(header.alg);
    if (algorithm === undefined || !satisfies(constraints, header, { algorithm, signed })) {
      return undefined;
    }
    const payload = decodeText(token.payload, 'payload');
    if (isBuiltinFault(payload)) return payload;
    if (header.cty.toUpperCase() !== 'JWT') return { header: raw, payload };
    current = payload;
  }
  return builtinFault('JWT nests too deeply');
}

function satisfies(
  { keys, secret }: Constraints,
  header: Header,
  how: { algorithm: Algorithm; signed: Signed },
): boolean {
  if (keys !== undefined) return verifiedByAny(keys, header, how);
  const { family, hash } = how.algorithm;
  return family === 'hmac' && hash !== null && verifyHmac(hash, secret, how.signed);
}

function audienceFits(aud: Value | undefined, wanted: string): boolean {
  if (aud === undefined) return wanted === '';
  return Array.isArray(aud) ? aud.includes(wanted) : aud === wanted;
}

function claimsHold(payload: RegoObject, constraints: Constraints): boolean | BuiltinFault {
  if (constraints.iss !== '' && payload.get('iss') !== constraints.iss) return false;
  if (!audienceFits(payload.get('aud'), constraints.aud)) return false;
  const seconds = constraints.time / 1e9;
  for (const [name, holds] of [
    ['exp', (limit: number) => seconds < limit],
    ['nbf', (limit: number) => seconds >= limit],
  ] as const) {
    const value = payload.get(name);
    if (value === undefined) continue;
    if (!isNumeric(value)) return builtinFault(`${name} value must be a number`);
    if (!holds(toDouble(value))) return false;
  }
  return true;
}

function decodeVerify(context: BuiltinContext, text: string, wanted: RegoObject): BuiltinResult {
  const constraints = readConstraints(context, wanted);
  if (isBuiltinFault(constraints)) return constraints;
  const token = verifyTokens(context, text, constraints);
  if (token === undefined) return UNVERIFIED;
  if (isBuiltinFault(token)) return token;
  const payload = readObject(context, token.payload);
  if (isBuiltinFault(payload)) return payload;
  const valid = claimsHold(payload, constraints);
  if (isBuiltinFault(valid)) return valid;
  return valid ? [true, token.header, payload] : UNVERIFIED;
}

function encodeSign(
  context: BuiltinContext,
  parts: { header: string; payload: string; key: string },
): BuiltinResult {
  const { header, payload, key } = parts;
  context.charge(header.length + payload.length);
  const keys = tryKeys(() => keysFromJwk(key, 'private'));
  if (isBuiltinFault(keys)) return keys;
  const [first] = keys;
  if (first === undefined) return builtinFault('no keys found in JWK set');
  const fields = readObject(context, header);
  if (isBuiltinFault(fields)) {
    // The header reader OPA uses looks for members only in what begins like an object.
    const why =
      header.trim() === ''
        ? 'cannot parse JSON: cannot parse empty string'
        : header.trimStart().startsWith('{')
          ? `cannot parse JSON: ${fields.message}`
          : 'jwsbb: header "alg" not found';
    return builtinFault(`missing or invalid 'alg' header: ${why}`);
  }
  const alg = fields.get('alg');
  if (typeof alg !== 'string') {
    return builtinFault(`missing or invalid 'alg' header: jwsbb: header "alg" not found`);
  }
  const algorithm = findAlgorithm(alg);
  if (algorithm === undefined) return builtinFault(`unknown JWS algorithm: ${alg}`);
  const typ = fields.get('typ');
  if ((typeof typ !== 'string' || typ === 'JWT') && !isJson(context, payload)) {
    return builtinFault('type is JWT but payload is not JSON');
  }
  const data = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  const signature = tryKeys(() => signWith(algorithm, first, data));
  if (isBuiltinFault(signature)) return signature;
  return `${data}.${Buffer.from(signature).toString('base64url')}`;
}

function isJson(context: BuiltinContext, text: string): boolean {
  try {
    parseJson(text, context.profile.numbers);
    return true;
  } catch (error) {
    if (error instanceof KatasimError) return false;
    throw error;
  }
}

const SIZES = ['256', '384', '512'] as const;

export const jwts = [
  defineBuiltin({
    name: 'io.jwt.decode',
    summary: '[header, payload, signature in hexadecimal]; nothing is verified.',
    args: ['string'],
    result: 'array<object[any: any], object[any: any], string>',
    impl(text: string) {
      return decode(this, text);
    },
  }),
  defineBuiltin({
    name: 'io.jwt.decode_verify',
    summary: '[valid, header, payload] under constraints: key, algorithm, issuer, audience, time.',
    args: ['string', 'object[string: any]'],
    result: 'array<boolean, object[any: any], object[any: any]>',
    nondeterministic: true,
    impl(text: string, constraints: RegoObject) {
      return decodeVerify(this, text, constraints);
    },
  }),
  defineBuiltin({
    name: 'io.jwt.encode_sign',
    summary: 'A token of header and payload, signed with a JWK.',
    args: ['object[string: any]', 'object[string: any]', 'object[string: any]'],
    result: 'string',
    nondeterministic: true,
    impl(header: RegoObject, payload: RegoObject, key: RegoObject) {
      return encodeSign(this, {
        header: marshal(this, header),
        payload: marshal(this, payload),
        key: marshal(this, key),
      });
    },
  }),
  defineBuiltin({
    name: 'io.jwt.encode_sign_raw',
    summary: 'The same from JSON text, taken over byte for byte.',
    args: ['string', 'string', 'string'],
    result: 'string',
    nondeterministic: true,
    impl(header: string, payload: string, key: string) {
      return encodeSign(this, { header, payload, key });
    },
  }),
  ...SIZES.map((size) => verifier(`rs${size}`, `RS${size}`)),
  ...SIZES.map((size) => verifier(`ps${size}`, `PS${size}`)),
  ...SIZES.map((size) => verifier(`es${size}`, `ES${size}`)),
  verifier('eddsa', 'EdDSA'),
  ...SIZES.map(secretVerifier),
];
