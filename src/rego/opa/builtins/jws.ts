/**
 * Signing and checking with the algorithms of JSON Web Signatures, and the forms in which keys come:
 * a PEM certificate or public key, a JWK or a set of them.
 */
import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
  X509Certificate,
} from 'node:crypto';

type Family = 'rsa' | 'pss' | 'ecdsa' | 'hmac' | 'eddsa';

export interface Algorithm {
  readonly family: Family;
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
}

const hashed = (family: Family, prefix: string): [string, Algorithm][] =>
  (['256', '384', '512'] as const).map((size) => [prefix + size, { family, hash: `sha${size}` }]);

const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ...hashed('rsa', 'RS'),
  ...hashed('pss', 'PS'),
  ...hashed('ecdsa', 'ES'),
  ...hashed('hmac', 'HS'),
  ['EdDSA', { family: 'eddsa', hash: null }] as [string, Algorithm],
]);

export const findAlgorithm = (name: string): Algorithm | undefined => ALGORITHMS.get(name);

/** A key with what its JWK says about it; `secret` for symmetric keys. */
export interface Key {
  readonly alg: string;
  readonly kid: string;
  readonly key: KeyObject | undefined;
  readonly secret: Uint8Array | undefined;
}

export class KeyError extends Error {
  override readonly name = 'KeyError';
}

const FAMILY_KEYS: Readonly<Record<string, readonly Family[]>> = {
  rsa: ['rsa', 'pss'],
  'rsa-pss': ['pss'],
  ec: ['ecdsa'],
  ed25519: ['eddsa'],
};

const options = (key: KeyObject, family: Family) => {
  if (family === 'pss') {
    return {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    };
  }
  return family === 'ecdsa' ? { key, dsaEncoding: 'ieee-p1363' as const } : { key };
};

const fits = (key: KeyObject | undefined, family: Family): key is KeyObject =>
  key !== undefined && (FAMILY_KEYS[key.asymmetricKeyType ?? ''] ?? []).includes(family);

export function verifyHmac(
  hash: 'sha256' | 'sha384' | 'sha512',
  secret: Uint8Array | string,
  { data, signature }: { data: string; signature: Uint8Array },
): boolean {
  const code = createHmac(hash, secret).update(data, 'utf8').digest();
  return code.length === signature.length && timingSafeEqual(code, signature);
}

/** A key of another kind than the algorithm asks for verifies nothing. */
export function verifyWith(
  { family, hash }: Algorithm,
  { key, secret }: Key,
  { data, signature }: { data: string; signature: Uint8Array },
): boolean {
  if (family === 'hmac') {
    return secret !== undefined && hash !== null && verifyHmac(hash, secret, { data, signature });
  }
  if (!fits(key, family)) return false;
  const how = options(key, family);
  // Verification finds the salt length itself, as Go does.
  const any = family === 'pss' ? { ...how, saltLength: constants.RSA_PSS_SALTLEN_AUTO } : how;
  try {
    return verify(hash, Buffer.from(data, 'utf8'), any, signature);
  } catch {
    return false;
  }
}

export function signWith(
  { family, hash }: Algorithm,
  { key, secret }: Key,
  data: string,
): Uint8Array {
  if (family === 'hmac') {
    if (secret === undefined || hash === null) throw new KeyError('key is not symmetric');
    return createHmac(hash, secret).update(data, 'utf8').digest();
  }
  if (!fits(key, family)) throw new KeyError('key does not fit the algorithm');
  return sign(hash, Buffer.from(data, 'utf8'), options(key, family));
}

/** `use` private keys for signing, public ones otherwise. */
function keyFromJwk(jwk: JsonWebKey & Record<string, unknown>, use: 'public' | 'private'): Key {
  const text = (name: string) => (typeof jwk[name] === 'string' ? jwk[name] : '');
  const named = { alg: text('alg'), kid: text('kid') };
  if (jwk.kty === 'oct') {
    return { ...named, key: undefined, secret: Buffer.from(text('k'), 'base64url') };
  }
  const make = use === 'public' ? createPublicKey : createPrivateKey;
  return { ...named, key: make({ key: jwk, format: 'jwk' }), secret: undefined };
}

type Json = Record<string, unknown>;

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keys of a JWK or a JWK set. Throws KeyError. */
export function keysFromJwk(text: string, use: 'public' | 'private'): Key[] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (!isRecord(parsed)) throw new KeyError('not a JSON object');
    const list = Array.isArray(parsed['keys']) ? (parsed['keys'] as unknown[]) : [parsed];
    return list.filter(isRecord).map((jwk) => keyFromJwk(jwk, use));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new KeyError(`failed to parse a JWK key (set): ${why}`);
  }
}

const PEM = /^\s*-----BEGIN ([A-Z0-9 ]+)-----[^]*?-----END \1-----\r?\n?/;

/** Public keys of PEM text or of JWKs. Throws KeyError. */
export function publicKeys(text: string): Key[] {
  const block = PEM.exec(text);
  if (block === null) {
    return keysFromJwk(text, 'public').filter(({ alg }) => alg === '' || ALGORITHMS.has(alg));
  }
  if (block[0].length < text.length) throw new KeyError('extra data after a PEM certificate block');
  try {
    if (block[1] === 'CERTIFICATE') return [plainKey(new X509Certificate(text).publicKey)];
    if (block[1] === 'PUBLIC KEY') return [plainKey(createPublicKey(text))];
  } catch (error) {
    const kind = block[1] === 'CERTIFICATE' ? 'certificate' : 'public key';
    const why = error instanceof Error ? error.message : String(error);
    throw new KeyError(`failed to parse a PEM ${kind}: ${why}`);
  }
  throw new KeyError('failed to extract a Key from the PEM certificate');
}

const plainKey = (key: KeyObject): Key => ({ alg: '', kid: '', key, secret: undefined });
