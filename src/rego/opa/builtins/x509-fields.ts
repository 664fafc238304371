/**
 * Certificates and requests as objects with the field names of Go's crypto/x509, which OPA shows.
 * Fields that Go fills from rarer extensions (name constraints, policies) are there and null.
 */
import { fromInteger } from '../../number.ts';
import { RegoObject, type Value } from '../../value.ts';
import { type Der, DerError, readAll, TAG } from './der.ts';
import { addressText } from './ip.ts';

const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const object = (fields: Readonly<Record<string, Value>>): RegoObject =>
  RegoObject.of(Object.entries(fields));
const orNull = (items: readonly Value[]): Value => (items.length === 0 ? null : items);

/** Go's numbering of algorithms by object identifier. Source: Go crypto/x509/x509.go. */
const SIGNATURE_ALGORITHMS: Readonly<Record<string, number>> = {
  '1.2.840.113549.1.1.2': 1,
  '1.2.840.113549.1.1.4': 2,
  '1.2.840.113549.1.1.5': 3,
  '1.2.840.113549.1.1.11': 4,
  '1.2.840.113549.1.1.12': 5,
  '1.2.840.113549.1.1.13': 6,
  '1.2.840.10040.4.3': 7,
  '2.16.840.1.101.3.4.3.2': 8,
  '1.2.840.10045.4.1': 9,
  '1.2.840.10045.4.3.2': 10,
  '1.2.840.10045.4.3.3': 11,
  '1.2.840.10045.4.3.4': 12,
  '1.3.101.112': 16,
};

const KEY_ALGORITHMS: Readonly<Record<string, number>> = {
  '1.2.840.113549.1.1.1': 1,
  '1.2.840.10040.4.1': 2,
  '1.2.840.10045.2.1': 3,
  '1.3.101.112': 4,
};

const NAME_FIELDS: Readonly<Record<string, string>> = {
  '2.5.4.6': 'Country',
  '2.5.4.10': 'Organization',
  '2.5.4.11': 'OrganizationalUnit',
  '2.5.4.7': 'Locality',
  '2.5.4.8': 'Province',
  '2.5.4.9': 'StreetAddress',
  '2.5.4.17': 'PostalCode',
};

const EXT_KEY_USAGES: readonly string[] = [
  '2.5.29.37.0',
  '1.3.6.1.5.5.7.3.1',
  '1.3.6.1.5.5.7.3.2',
  '1.3.6.1.5.5.7.3.3',
  '1.3.6.1.5.5.7.3.4',
  '1.3.6.1.5.5.7.3.5',
  '1.3.6.1.5.5.7.3.6',
  '1.3.6.1.5.5.7.3.7',
  '1.3.6.1.5.5.7.3.8',
  '1.3.6.1.5.5.7.3.9',
  '1.3.6.1.4.1.311.10.3.3',
  '2.16.840.1.113730.4.1',
  '1.3.6.1.4.1.311.2.1.22',
  '1.3.6.1.4.1.311.61.1.1',
];

function nameTree(name: Der): RegoObject {
  const lists = new Map<string, Value[]>();
  const names: Value[] = [];
  let commonName = '';
  let serialNumber = '';
  for (const set of name.expect(TAG.sequence).children) {
    for (const attribute of set.children) {
      const type = attribute.child(0).objectId;
      const value = attribute.child(1).text;
      names.push(object({ Type: [...type], Value: value }));
      const id = type.join('.');
      if (id === '2.5.4.3') commonName = value;
      else if (id === '2.5.4.5') serialNumber = value;
      else {
        const field = NAME_FIELDS[id];
        if (field !== undefined) lists.set(field, [...(lists.get(field) ?? []), value]);
      }
    }
  }
  const fields = Object.values(NAME_FIELDS).map((field): [string, Value] => [
    field,
    orNull(lists.get(field) ?? []),
  ]);
  return RegoObject.of([
    ...fields,
    ['CommonName', commonName],
    ['SerialNumber', serialNumber],
    ['Names', orNull(names)],
    ['ExtraNames', null],
  ]);
}

interface Extension {
  readonly id: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
  readonly tree: Value;
}

function readExtensions(list: Der | undefined): readonly Extension[] {
  return (list?.children ?? []).map((extension) => {
    const parts = extension.children;
    const type = extension.child(0).objectId;
    const critical = parts.length > 2 && extension.child(1).content[0] !== 0;
    const value = (parts.at(-1) ?? extension).content;
    const tree = object({ Id: [...type], Critical: critical, Value: b64(value) });
    return { id: type.join('.'), critical, value, tree };
  });
}

const first = (bytes: Uint8Array): Der => {
  const [element] = readAll(bytes);
  if (element === undefined) throw new DerError('syntax error: no data');
  return element;
};

interface AltNames {
  readonly dns: Value[];
  readonly email: Value[];
  readonly ip: Value[];
  readonly uri: Value[];
  readonly uriText: Value[];
}

/** Go's url.URL as JSON, as far as certificates use it. */
function uriTree(text: string): Value {
  const form =
    /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(text);
  return object({
    Scheme: form?.[1] ?? '',
    Opaque: '',
    User: null,
    Host: form?.[2] ?? '',
    Path: form?.[3] ?? '',
    Fragment: form?.[5] ?? '',
    RawQuery: form?.[4] ?? '',
    RawPath: '',
    RawFragment: '',
    ForceQuery: false,
    OmitHost: false,
  });
}

function ipText(bytes: Uint8Array): string {
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
  return addressText({ bits: bytes.length === 4 ? 32 : 128, value });
}

function readAltNames(extension: Extension | undefined): AltNames {
  const names: AltNames = { dns: [], email: [], ip: [], uri: [], uriText: [] };
  for (const name of extension === undefined ? [] : first(extension.value).children) {
    switch (name.tag & 0x1f) {
      case 1:
        names.email.push(name.text);
        break;
      case 2:
        names.dns.push(name.text);
        break;
      case 6:
        names.uri.push(uriTree(name.text));
        names.uriText.push(name.text);
        break;
      case 7:
        names.ip.push(ipText(name.content));
        break;
      default:
    }
  }
  return names;
}

function keyUsage(extension: Extension | undefined): number {
  if (extension === undefined) return 0;
  const bits = first(extension.value).bits;
  let usage = 0;
  for (let i = 0; i < 9; i++) {
    if (((bits[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0) usage |= 1 << i;
  }
  return usage;
}

/** The key in Go's fields: N and E, or the point. */
function publicKeyTree(info: Der): Value {
  const algorithm = info.child(0).child(0).objectId.join('.');
  const bits = info.child(1).bits;
  if (algorithm === '1.2.840.113549.1.1.1') {
    const key = first(bits);
    return object({ N: fromInteger(key.child(0).integer), E: fromInteger(key.child(1).integer) });
  }
  if (algorithm !== '1.2.840.10045.2.1') return b64(bits);
  const size = (bits.length - 1) / 2;
  const whole = (part: Uint8Array): Value =>
    fromInteger(BigInt(`0x${Buffer.from(part).toString('hex')}`));
  return object({
    Curve: RegoObject.empty,
    X: whole(bits.subarray(1, 1 + size)),
    Y: whole(bits.subarray(1 + size)),
  });
}

const algorithmOf = (table: Readonly<Record<string, number>>, sequence: Der): number =>
  table[sequence.child(0).objectId.join('.')] ?? 0;

const ABSENT = [
  'CRLDistributionPoints',
  'ExcludedDNSDomains',
  'ExcludedEmailAddresses',
  'ExcludedIPRanges',
  'ExcludedURIDomains',
  'ExtraExtensions',
  'IssuingCertificateURL',
  'OCSPServer',
  'PermittedDNSDomains',
  'PermittedEmailAddresses',
  'PermittedIPRanges',
  'PermittedURIDomains',
  'PolicyIdentifiers',
  'Policies',
  'PolicyMappings',
  'UnhandledCriticalExtensions',
];

export interface Certificate {
  readonly fields: RegoObject;
  readonly der: Uint8Array;
  readonly isCa: boolean;
  readonly extKeyUsages: readonly number[];
  readonly notBefore: string;
  readonly notAfter: string;
}

const basicConstraints = (extension: Extension | undefined) => {
  const parts = extension === undefined ? [] : first(extension.value).children;
  const isCa = parts[0]?.tag === TAG.boolean && parts[0].content[0] !== 0;
  const length = parts.find(({ tag }) => tag === TAG.integer)?.integer;
  return { isCa, pathLength: length === undefined ? -1 : Number(length) };
};

export function readCertificate(certificate: Der): Certificate {
  const body = certificate.expect(TAG.sequence).child(0).expect(TAG.sequence);
  // The version is optional and comes first, as [0].
  const hasVersion = body.child(0).tag === 0xa0;
  const at = (index: number): Der => body.child(index + (hasVersion ? 1 : 0));
  const version = hasVersion ? Number(body.child(0).child(0).integer) + 1 : 1;
  const extensions = readExtensions(body.context(3)?.child(0));
  const extension = (id: string) => extensions.find((item) => item.id === id);
  const names = readAltNames(extension('2.5.29.17'));
  const basic = extension('2.5.29.19');
  const { isCa, pathLength } = basicConstraints(basic);
  const usageIds = extension('2.5.29.37');
  const usages = (usageIds === undefined ? [] : first(usageIds.value).children).map(
    ({ objectId }) => objectId,
  );
  const known = usages.map((id) => EXT_KEY_USAGES.indexOf(id.join('.'))).filter((n) => n >= 0);
  const unknown = usages.filter((id) => !EXT_KEY_USAGES.includes(id.join('.')));
  const subjectKey = extension('2.5.29.14');
  const authorityKey = extension('2.5.29.35');
  const authority = authorityKey === undefined ? undefined : first(authorityKey.value).context(0);
  const [notBefore, notAfter] = [at(3).child(0).time, at(3).child(1).time];
  const fields = RegoObject.of([
    ...ABSENT.map((name): [string, Value] => [name, null]),
    ['Raw', b64(certificate.raw)],
    ['RawTBSCertificate', b64(body.raw)],
    ['RawSubjectPublicKeyInfo', b64(at(5).raw)],
    ['RawSubject', b64(at(4).raw)],
    ['RawIssuer', b64(at(2).raw)],
    ['Signature', b64(certificate.child(2).bits)],
    ['SignatureAlgorithm', algorithmOf(SIGNATURE_ALGORITHMS, certificate.child(1))],
    ['PublicKeyAlgorithm', algorithmOf(KEY_ALGORITHMS, at(5).child(0))],
    ['PublicKey', publicKeyTree(at(5))],
    ['Version', version],
    ['SerialNumber', fromInteger(at(0).integer)],
    ['Issuer', nameTree(at(2))],
    ['Subject', nameTree(at(4))],
    ['NotBefore', notBefore],
    ['NotAfter', notAfter],
    ['KeyUsage', keyUsage(extension('2.5.29.15'))],
    ['Extensions', orNull(extensions.map(({ tree }) => tree))],
    ['ExtKeyUsage', orNull(known)],
    ['UnknownExtKeyUsage', orNull(unknown.map((id) => [...id]))],
    ['BasicConstraintsValid', basic !== undefined],
    ['IsCA', isCa],
    ['MaxPathLen', isCa || basic !== undefined ? pathLength : 0],
    ['MaxPathLenZero', pathLength === 0],
    ['SubjectKeyId', subjectKey === undefined ? null : b64(first(subjectKey.value).content)],
    ['AuthorityKeyId', authority === undefined ? null : b64(authority.content)],
    ['DNSNames', orNull(names.dns)],
    ['EmailAddresses', orNull(names.email)],
    ['IPAddresses', orNull(names.ip)],
    ['URIs', orNull(names.uri)],
    ['URIStrings', orNull(names.uriText)],
    ['PermittedDNSDomainsCritical', false],
    ['InhibitAnyPolicy', 0],
    ['InhibitAnyPolicyZero', false],
    ['InhibitPolicyMapping', 0],
    ['InhibitPolicyMappingZero', false],
    ['RequireExplicitPolicy', 0],
    ['RequireExplicitPolicyZero', false],
  ]);
  return { fields, der: certificate.raw, isCa, extKeyUsages: known, notBefore, notAfter };
}

/** Extensions of a request stand in an attribute. */
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

/** Go keeps attributes made of pairs of a type and a value, and leaves out all others. */
function attributeTree(attribute: Der): readonly RegoObject[] {
  const [type, set] = attribute.children;
  if (type === undefined || set?.tag !== TAG.set) return [];
  const values: Value[] = [];
  for (const list of set.children) {
    if (list.tag !== TAG.sequence) return [];
    const pairs = list.children.map(pairTree);
    if (!pairs.every((pair) => pair !== undefined)) return [];
    values.push(pairs);
  }
  return [object({ Type: [...type.objectId], Value: values })];
}

/** An extension without or with `critical`: what follows the type is its value. */
function pairTree(pair: Der): RegoObject | undefined {
  if (pair.tag !== TAG.sequence) return undefined;
  const [type, value] = pair.children;
  if (type === undefined || value === undefined) return undefined;
  const shown = value.tag === TAG.boolean ? value.content[0] !== 0 : b64(value.content);
  return object({ Type: [...type.objectId], Value: shown });
}

export function readRequest(request: Der): RegoObject {
  const body = request.expect(TAG.sequence).child(0).expect(TAG.sequence);
  const attributes = body.context(0)?.children ?? [];
  const asked = attributes.find((item) => item.child(0).objectId.join('.') === EXTENSION_REQUEST);
  const extensions = readExtensions(asked?.child(1).child(0));
  const names = readAltNames(extensions.find(({ id }) => id === '2.5.29.17'));
  return object({
    Raw: b64(request.raw),
    RawTBSCertificateRequest: b64(body.raw),
    RawSubjectPublicKeyInfo: b64(body.child(2).raw),
    RawSubject: b64(body.child(1).raw),
    Version: Number(body.child(0).integer),
    Signature: b64(request.child(2).bits),
    SignatureAlgorithm: algorithmOf(SIGNATURE_ALGORITHMS, request.child(1)),
    PublicKeyAlgorithm: algorithmOf(KEY_ALGORITHMS, body.child(2).child(0)),
    PublicKey: publicKeyTree(body.child(2)),
    Subject: nameTree(body.child(1)),
    Attributes: orNull(attributes.flatMap(attributeTree)),
    Extensions: orNull(extensions.map(({ tree }) => tree)),
    ExtraExtensions: null,
    DNSNames: orNull(names.dns),
    EmailAddresses: orNull(names.email),
    IPAddresses: orNull(names.ip),
    URIs: orNull(names.uri),
  });
}
