/**
 * Certificates as the adaptor's CA service makes them: one CA and one client certificate per
 * worker process, one server certificate per pod VM. Nothing is kept: a restart makes a new CA.
 * Source: cloud-api-adaptor v0.22.0 pkg/util/tlsutil.
 */
import 'reflect-metadata'; // @peculiar/x509 resolves its parts through it and must come after.
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Clock, Random } from '#base';

export interface KeyedCertificate {
  /** PEM `CERTIFICATE`. */
  readonly cert: string;
  /** PEM `PRIVATE KEY` (PKCS#8). */
  readonly key: string;
}

export interface CertificateAuthority {
  /** The CA's own certificate; its key never leaves. */
  readonly cert: string;
  /** A server certificate with CN and DNS SAN `serverName`. */
  issue(serverName: string): Promise<KeyedCertificate>;
}

interface CertificateOptions {
  readonly clock: Clock;
  /** For serial numbers only; keys come from the platform's generator. */
  readonly random: Random;
}

const SERVER_ORGANIZATION = 'agent-protocol-forwarder';
const CLIENT_ORGANIZATION = 'cloud-api-adaptor';
const BACKDATE_MS = 5 * 60 * 1000;
const VALIDITY_MS = 2 * 365 * 24 * 3600 * 1000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' };
/** All three certificates carry the same usages, the client's self-signed one too. */
const KEY_USAGE: x509.KeyUsageFlags =
  x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign;

type KeyPair = webcrypto.CryptoKeyPair;

interface Profile {
  readonly organization: string;
  readonly commonName?: string;
  readonly usage: x509.ExtendedKeyUsage.serverAuth | x509.ExtendedKeyUsage.clientAuth;
  readonly ca?: boolean;
}

interface Issuer {
  readonly name: string;
  readonly keys: KeyPair;
  readonly keyIdentifier: x509.Extension;
  readonly notAfter: Date;
}

export async function createCertificateAuthority(
  options: CertificateOptions,
): Promise<CertificateAuthority> {
  const profile: Profile = {
    organization: SERVER_ORGANIZATION,
    usage: x509.ExtendedKeyUsage.serverAuth,
    ca: true,
  };
  const { certificate, keys } = await make(profile, options);
  const issuer: Issuer = {
    name: certificate.subject,
    keys,
    keyIdentifier: await x509.AuthorityKeyIdentifierExtension.create(
      keys.publicKey,
      false,
      webcrypto,
    ),
    notAfter: certificate.notAfter,
  };
  return {
    cert: pem(certificate),
    async issue(serverName) {
      const server: Profile = {
        organization: SERVER_ORGANIZATION,
        commonName: serverName,
        usage: x509.ExtendedKeyUsage.serverAuth,
      };
      return keyed(await make(server, options, issuer));
    },
  };
}

/** The agent proxy's certificate: self-signed, not a CA, and its own trust anchor in the pod VM. */
export async function createClientCertificate(
  options: CertificateOptions,
): Promise<KeyedCertificate> {
  const profile: Profile = {
    organization: CLIENT_ORGANIZATION,
    usage: x509.ExtendedKeyUsage.clientAuth,
  };
  return keyed(await make(profile, options));
}

interface Made {
  readonly certificate: x509.X509Certificate;
  readonly keys: KeyPair;
}

async function make(
  profile: Profile,
  { clock, random }: CertificateOptions,
  issuer?: Issuer,
): Promise<Made> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  // In Go's order: the organization, then the name.
  const name = profile.commonName === undefined ? '' : `, CN=${profile.commonName}`;
  const subject = `O=${profile.organization}${name}`;
  const notBefore = new Date(clock.now() - BACKDATE_MS);
  const wanted = new Date(notBefore.getTime() + VALIDITY_MS);
  const notAfter = issuer && issuer.notAfter < wanted ? issuer.notAfter : wanted;
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serial(random),
      subject,
      issuer: issuer?.name ?? subject,
      notBefore,
      notAfter,
      publicKey: keys.publicKey,
      signingKey: (issuer?.keys ?? keys).privateKey,
      signingAlgorithm: SIGNING,
      extensions: await extensions(profile, keys, issuer),
    },
    webcrypto,
  );
  return { certificate, keys };
}

/** Extensions without anything of one certificate in them; a worker makes one certificate a pod. */
const FIXED = {
  keyUsage: new x509.KeyUsagesExtension(KEY_USAGE, true),
  usage: {
    [x509.ExtendedKeyUsage.serverAuth]: new x509.ExtendedKeyUsageExtension([
      x509.ExtendedKeyUsage.serverAuth,
    ]),
    [x509.ExtendedKeyUsage.clientAuth]: new x509.ExtendedKeyUsageExtension([
      x509.ExtendedKeyUsage.clientAuth,
    ]),
  },
  ca: new x509.BasicConstraintsExtension(true, undefined, true),
  leaf: new x509.BasicConstraintsExtension(false, undefined, true),
};

async function extensions(
  profile: Profile,
  keys: KeyPair,
  issuer: Issuer | undefined,
): Promise<x509.Extension[]> {
  const list: x509.Extension[] = [
    FIXED.keyUsage,
    FIXED.usage[profile.usage],
    profile.ca === true ? FIXED.ca : FIXED.leaf,
  ];
  // Go's x509 gives a CA its key identifier and what it signs the issuer's. OpenSSL goes by them
  // when two workers' CAs bear the same name.
  if (profile.ca)
    list.push(await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto));
  if (issuer) list.push(issuer.keyIdentifier);
  if (profile.commonName !== undefined) {
    list.push(
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: profile.commonName }]),
    );
  }
  return list;
}

/** Positive, below 2^128, never 0. */
function serial(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x01, 0);
  return bytes.toString('hex');
}

const pem = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`;

async function keyed({ certificate, keys }: Made): Promise<KeyedCertificate> {
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: pem(certificate), key: `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n` };
}
