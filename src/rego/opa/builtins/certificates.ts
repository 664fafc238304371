/** Certificates, requests and private keys: read, and chains verified. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { fromInteger, isNumeric, type RegoNumber, toInteger } from '../../number.ts';
import { RegoObject, RegoSet, type Value } from '../../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinFault,
  type BuiltinResult,
  defineBuiltin,
  isBuiltinFault,
} from '../../builtins/define.ts';
import { DerError, readAll } from './der.ts';
import { base64Bytes } from '../../builtins/encoding.ts';
import { elementsOf } from '../../builtins/operands.ts';
import { type Certificate, readCertificate, readRequest } from './x509-fields.ts';

interface Block {
  readonly type: string;
  readonly bytes: Uint8Array;
}

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]*?)-----END \1-----/g;

const pemBlocks = (text: string): readonly Block[] =>
  Array.from(text.matchAll(PEM), ([, type = '', body = '']) => ({
    type,
    bytes: Buffer.from(body, 'base64'),
  }));

const BEGIN = '-----BEGIN';
const MAX_CERTIFICATES = 100;

/** PEM text, or base64 of PEM or of DER. */
function bytesOf(text: string, type: string): Uint8Array | BuiltinFault {
  let pem = text;
  if (!text.startsWith(BEGIN)) {
    const bytes = base64Bytes(text);
    if (isBuiltinFault(bytes)) return bytes;
    if (!Buffer.from(bytes).toString('latin1').startsWith(BEGIN)) return bytes;
    pem = Buffer.from(bytes).toString('utf8');
  }
  const blocks = pemBlocks(pem);
  const other = blocks.find((block) => block.type !== type);
  if (other !== undefined) {
    return builtinFault(`PEM block type is '${other.type}', expected ${type}`);
  }
  return Buffer.concat(blocks.map(({ bytes }) => bytes));
}

function readDer<T>(problem: string, read: () => T): T | BuiltinFault {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) return builtinFault(problem);
    throw error;
  }
}

function certificatesOf(
  context: BuiltinContext,
  text: string,
): readonly Certificate[] | BuiltinFault {
  context.charge(text.length);
  const bytes = bytesOf(text, 'CERTIFICATE');
  if (isBuiltinFault(bytes)) return bytes;
  return readDer('x509: malformed certificate', () => {
    const elements = readAll(bytes);
    if (elements.length > MAX_CERTIFICATES) throw new DerError('too many certificates');
    return elements.map(readCertificate);
  });
}

interface VerifyOptions {
  readonly ns: bigint;
  readonly dnsName: string;
  /** Go's numbers of extended key usages; 0 is any. */
  readonly usages: readonly number[];
}

const SERVER_AUTH = 1;
const DEFAULT_USAGES = [SERVER_AUTH];

const USAGE_NAMES = [
  'KeyUsageAny',
  'KeyUsageServerAuth',
  'KeyUsageClientAuth',
  'KeyUsageCodeSigning',
  'KeyUsageEmailProtection',
  'KeyUsageIPSECEndSystem',
  'KeyUsageIPSECTunnel',
  'KeyUsageIPSECUser',
  'KeyUsageTimeStamping',
  'KeyUsageOCSPSigning',
  'KeyUsageMicrosoftServerGatedCrypto',
  'KeyUsageNetscapeServerGatedCrypto',
  'KeyUsageMicrosoftCommercialCodeSigning',
  'KeyUsageMicrosoftKernelCodeSigning',
];

function isTimely({ notBefore, notAfter }: Certificate, ns: bigint): boolean {
  const ms = Number(ns / 1_000_000n);
  return ms >= Date.parse(notBefore) && ms <= Date.parse(notAfter);
}

const allowsUsage = ({ extKeyUsages }: Certificate, usages: readonly number[]): boolean =>
  extKeyUsages.length === 0 ||
  usages.includes(0) ||
  extKeyUsages.includes(0) ||
  extKeyUsages.some((usage) => usages.includes(usage));

/** The first is the root, the last the leaf; what lies between may help. Leaf first in the answer. */
function verifyChain(
  certificates: readonly Certificate[],
  options: VerifyOptions,
): readonly Certificate[] | undefined {
  const root = certificates[0];
  const leaf = certificates.at(-1);
  if (root === undefined || leaf === undefined || certificates.length < 2) return undefined;
  const parsed = new Map(certificates.map((item) => [item, new X509Certificate(item.der)]));
  const end = parsed.get(leaf);
  if (options.dnsName !== '' && end?.checkHost(options.dnsName) === undefined) return undefined;
  const issues = (issuer: Certificate, subject: Certificate): boolean => {
    const [above, below] = [parsed.get(issuer), parsed.get(subject)];
    return (
      above !== undefined &&
      below !== undefined &&
      below.checkIssued(above) &&
      below.verify(above.publicKey)
    );
  };
  const intermediates = certificates.slice(1, -1);
  const climb = (chain: readonly Certificate[]): readonly Certificate[] | undefined => {
    const last = chain.at(-1);
    if (last === undefined || !isTimely(last, options.ns) || !allowsUsage(last, options.usages)) {
      return undefined;
    }
    if (issues(root, last) && isTimely(root, options.ns) && root.isCa) return [...chain, root];
    for (const next of intermediates) {
      if (chain.includes(next) || !next.isCa || !issues(next, last)) continue;
      const found = climb([...chain, next]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return climb([leaf]);
}

const INVALID: Value = [false, []];

function verify(
  context: BuiltinContext,
  text: string,
  { uriStrings, ...options }: VerifyOptions & { readonly uriStrings: boolean },
): BuiltinResult {
  const certificates = certificatesOf(context, text);
  if (isBuiltinFault(certificates)) return INVALID;
  try {
    const chain = verifyChain(certificates, options);
    if (chain === undefined) return INVALID;
    return [true, chain.map(({ fields }) => (uriStrings ? fields : withoutUriStrings(fields)))];
  } catch {
    // OpenSSL refuses some keys and encodings that DER allows: not verified then.
    return INVALID;
  }
}

function usagesOf(context: BuiltinContext, value: Value): readonly number[] | BuiltinFault {
  if (!Array.isArray(value) && !(value instanceof RegoSet)) {
    return builtinFault("'KeyUsages' should be an Array or Set");
  }
  const names = elementsOf(context, value as readonly Value[] | RegoSet).filter(
    (name) => typeof name === 'string',
  );
  const invalid = names.filter((name) => !USAGE_NAMES.includes(name));
  if (invalid.length > 0) {
    return builtinFault(`invalid entries for 'KeyUsages' found: [${invalid.join(' ')}]`);
  }
  return names.map((name) => USAGE_NAMES.indexOf(name));
}

function verifyOptions(context: BuiltinContext, options: RegoObject): VerifyOptions | BuiltinFault {
  let ns = context.nowNs;
  let dnsName = '';
  let usages: readonly number[] = DEFAULT_USAGES;
  for (const [key, value] of options.entries()) {
    if (key === 'DNSName') {
      if (typeof value !== 'string') return builtinFault("'DNSName' should be a string");
      dnsName = value;
    } else if (key === 'CurrentTime') {
      if (!isNumeric(value)) return builtinFault("'CurrentTime' should be a number");
      const whole = toInteger(value);
      if (whole === undefined) return builtinFault("'CurrentTime' should be a valid int64 number");
      ns = whole;
    } else if (key === 'MaxConstraintComparisons') {
      if (!isNumeric(value)) return builtinFault("'MaxConstraintComparisons' should be a number");
    } else if (key === 'KeyUsages') {
      const found = usagesOf(context, value);
      if (isBuiltinFault(found)) return found;
      usages = found.length === 0 ? DEFAULT_USAGES : found;
    } else return builtinFault('invalid key option');
  }
  return { ns, dnsName, usages };
}

const KEY_BLOCKS = ['RSA PRIVATE KEY', 'PRIVATE KEY', 'EC PRIVATE KEY'];

/** Private keys in PEM text or base64 of it; other blocks are skipped. */
function privateKeys(text: string): readonly KeyObject[] | BuiltinFault {
  const decoded = base64Bytes(text);
  const pem = isBuiltinFault(decoded) ? text : Buffer.from(decoded).toString('utf8');
  const keys: KeyObject[] = [];
  for (const { type, bytes } of pemBlocks(pem)) {
    if (!KEY_BLOCKS.includes(type)) continue;
    const body = Buffer.from(bytes).toString('base64');
    try {
      keys.push(createPrivateKey(`-----BEGIN ${type}-----\n${body}\n-----END ${type}-----\n`));
    } catch {
      return builtinFault('x509: failed to parse private key');
    }
  }
  return keys;
}

const whole = (text: unknown): RegoNumber =>
  fromInteger(
    BigInt(
      `0x${Buffer.from(typeof text === 'string' ? text : 'AA', 'base64url').toString('hex') || '0'}`,
    ),
  );

const object = (fields: Readonly<Record<string, Value>>): RegoObject =>
  RegoObject.of(Object.entries(fields));

/** The key in the fields of Go's types. */
function keyTree(key: KeyObject): Value {
  const jwk = key.export({ format: 'jwk' });
  if (jwk.kty === 'RSA') {
    return object({
      N: whole(jwk.n),
      E: whole(jwk.e),
      D: whole(jwk.d),
      Primes: [whole(jwk.p), whole(jwk.q)],
      Precomputed: object({
        Dp: whole(jwk.dp),
        Dq: whole(jwk.dq),
        Qinv: whole(jwk.qi),
        CRTValues: [],
      }),
    });
  }
  if (jwk.kty === 'EC') {
    return object({ Curve: RegoObject.empty, X: whole(jwk.x), Y: whole(jwk.y), D: whole(jwk.d) });
  }
  const bytes = Buffer.concat([
    Buffer.from(jwk.d ?? '', 'base64url'),
    Buffer.from(jwk.x ?? '', 'base64url'),
  ]);
  return bytes.toString('base64');
}

function jwkTree(key: KeyObject): Value {
  const jwk = key.export({ format: 'jwk' });
  return RegoObject.of(
    Object.entries(jwk).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function keyPair(context: BuiltinContext, certificateText: string, keyText: string): BuiltinResult {
  const certificates = certificatesOf(context, certificateText);
  if (isBuiltinFault(certificates)) return certificates;
  const [leaf] = certificates;
  const keys = privateKeys(keyText);
  if (isBuiltinFault(keys)) return keys;
  const [key] = keys;
  if (leaf === undefined || key === undefined) {
    return builtinFault('tls: failed to find any PEM data in certificate or key input');
  }
  try {
    if (!new X509Certificate(leaf.der).checkPrivateKey(key)) {
      return builtinFault('tls: private key does not match public key');
    }
  } catch {
    return builtinFault('tls: failed to parse certificate');
  }
  return object({
    Certificate: certificates.map(({ der }) => Buffer.from(der).toString('base64')),
    PrivateKey: keyTree(key),
    SupportedSignatureAlgorithms: null,
    OCSPStaple: null,
    SignedCertificateTimestamps: null,
    Leaf: withoutUriStrings(leaf.fields),
  });
}

/** Added by OPA where it lists certificates, but not inside a key pair or with options. */
const withoutUriStrings = (fields: RegoObject): RegoObject =>
  RegoObject.of([...fields.entries()].filter(([key]) => key !== 'URIStrings'));

const CERTIFICATES = 'array[object[string: any]]';

export const certificates = [
  defineBuiltin({
    name: 'crypto.x509.parse_certificates',
    summary: 'Certificates of PEM text, or of base64 of PEM or DER.',
    args: ['string'],
    result: CERTIFICATES,
    impl(text: string): BuiltinResult {
      const found = certificatesOf(this, text);
      return isBuiltinFault(found) ? found : found.map(({ fields }) => fields);
    },
  }),
  defineBuiltin({
    name: 'crypto.x509.parse_and_verify_certificates',
    summary: '[valid, chain]; the first certificate is the root, the last the leaf.',
    args: ['string'],
    result: `array<boolean, ${CERTIFICATES}>`,
    impl(text: string) {
      return verify(this, text, {
        ns: this.nowNs,
        dnsName: '',
        usages: DEFAULT_USAGES,
        uriStrings: true,
      });
    },
  }),
  defineBuiltin({
    name: 'crypto.x509.parse_and_verify_certificates_with_options',
    summary: 'The same for a time, a host name and key usages.',
    args: ['string', 'object[string: any]'],
    result: `array<boolean, ${CERTIFICATES}>`,
    impl(text: string, options: RegoObject) {
      const found = certificatesOf(this, text);
      if (isBuiltinFault(found)) return INVALID;
      const read = verifyOptions(this, options);
      return isBuiltinFault(read) ? read : verify(this, text, { ...read, uriStrings: false });
    },
  }),
  defineBuiltin({
    name: 'crypto.x509.parse_certificate_request',
    summary: 'A certificate signing request of PEM text, or of base64 of PEM or DER.',
    args: ['string'],
    result: 'object[string: any]',
    impl(text: string): BuiltinResult {
      this.charge(text.length);
      const bytes = bytesOf(text, 'CERTIFICATE REQUEST');
      if (isBuiltinFault(bytes)) {
        const isPem = bytes.message.startsWith('PEM block');
        return isPem ? builtinFault('invalid PEM-encoded certificate signing request') : bytes;
      }
      return readDer("asn1: structure error: tags don't match", () => {
        const [request] = readAll(bytes);
        if (request === undefined) throw new DerError('no data');
        return readRequest(request);
      });
    },
  }),
  defineBuiltin({
    name: 'crypto.x509.parse_keypair',
    summary: 'Certificates and the private key that belongs to the first.',
    args: ['string', 'string'],
    result: 'object[string: any]',
    impl(certificate: string, key: string) {
      return keyPair(this, certificate, key);
    },
  }),
  defineBuiltin({
    name: 'crypto.x509.parse_rsa_private_key',
    summary: 'The first private key of PEM text or base64 of it, as a JWK.',
    args: ['string'],
    result: 'object[string: any]',
    impl(text: string): BuiltinResult {
      if (text === '') return builtinFault('input PEM data was empty');
      if (!text.startsWith(BEGIN)) {
        const bytes = base64Bytes(text);
        if (isBuiltinFault(bytes)) return bytes;
      }
      const keys = privateKeys(text);
      if (isBuiltinFault(keys)) return keys;
      return keys[0] === undefined ? null : jwkTree(keys[0]);
    },
  }),
  defineBuiltin({
    name: 'crypto.parse_private_keys',
    summary: 'Private keys of PEM text or base64 of it.',
    args: ['string'],
    result: CERTIFICATES,
    impl(text: string): BuiltinResult {
      if (text === '') return null;
      const keys = privateKeys(text);
      return isBuiltinFault(keys) ? keys : keys.map(keyTree);
    },
  }),
];
