/**
 * TLS settings of one end, as the adaptor and the forwarder hold them, and what they become for
 * node:tls. Bytes beat files; a CA makes it mutual. Source: cloud-api-adaptor v0.22.0
 * pkg/util/tlsutil/tls.go.
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
  type TlsOptions,
} from 'node:tls';
import { messageOf } from '#base';
import { peerpodErrors } from '../errors.ts';
import { resolveProfile, type TlsProfile } from './profile.ts';

export interface TlsSettings extends TlsProfile {
  /** PEM text. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Files, read only for what has no text. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Test only; refused together with a CA. */
  readonly skipVerify?: boolean | undefined;
}

export interface ResolvedTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly skipVerify: boolean;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers: string | undefined;
}

/** What texts alone came to: a worker dials a thousand pod VMs with one and the same settings. */
const resolvedOnce = new WeakMap<TlsSettings, ResolvedTls>();

/** Reads files, checks the combination. Undefined when nothing at all is set. */
export async function resolveTls(settings: TlsSettings): Promise<ResolvedTls | undefined> {
  const known = resolvedOnce.get(settings);
  if (known !== undefined) return known;
  const resolved = await readAndCheck(settings);
  const { caFile, certFile, keyFile } = settings;
  // Files may change between two connections.
  const isOfTexts = (caFile ?? certFile ?? keyFile) === undefined;
  if (resolved !== undefined && isOfTexts) resolvedOnce.set(settings, resolved);
  return resolved;
}

async function readAndCheck(settings: TlsSettings): Promise<ResolvedTls | undefined> {
  const profile = resolveProfile(settings);
  const skipVerify = settings.skipVerify ?? false;
  const hasCa = Boolean(settings.ca ?? settings.caFile);
  const hasCertificate = Boolean(settings.cert ?? settings.certFile);
  const hasProfile = Boolean(settings.minVersion) || (settings.cipherSuites?.length ?? 0) > 0;
  if (!hasCa && !hasCertificate && !skipVerify && !hasProfile) return undefined;
  if (hasCa && skipVerify) throw peerpodErrors.caWithSkipVerify();
  const ca = await textOf(settings.ca, settings.caFile);
  if (ca !== undefined) assertCertificates(ca);
  return {
    ca,
    cert: await textOf(settings.cert, settings.certFile),
    key: await textOf(settings.key, settings.keyFile),
    skipVerify,
    ...profile,
  };
}

async function textOf(
  text: string | undefined,
  file: string | undefined,
): Promise<string | undefined> {
  if (text !== undefined && text !== '') return text;
  if (file === undefined || file === '') return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw peerpodErrors.tlsFile(file, error);
  }
}

function assertCertificates(pem: string): void {
  try {
    new X509Certificate(pem);
  } catch (error) {
    throw peerpodErrors.badRootCertificates(messageOf(error), error);
  }
}

const common = (
  tls: ResolvedTls,
): Pick<TlsOptions, 'minVersion' | 'ciphers' | 'cert' | 'key' | 'ca'> => ({
  minVersion: tls.minVersion,
  ...(tls.ciphers !== undefined && { ciphers: tls.ciphers }),
  ...(tls.cert !== undefined && { cert: tls.cert }),
  ...(tls.key !== undefined && { key: tls.key }),
  ...(tls.ca !== undefined && { ca: tls.ca }),
});

/** The forwarder's side. With a CA, clients must show a certificate it signed. */
export function serverOptions(tls: ResolvedTls | undefined): TlsOptions {
  if (tls?.cert === undefined || tls.key === undefined) throw peerpodErrors.noServerCertificate();
  const mutual = tls.ca !== undefined;
  return { ...common(tls), requestCert: mutual, rejectUnauthorized: mutual };
}

/** Parsing keys and certificates takes longer than a handshake's share of it. */
const clientContexts = new WeakMap<ResolvedTls, SecureContext>();

function clientContext(tls: ResolvedTls): SecureContext {
  let context = clientContexts.get(tls);
  if (context === undefined) {
    context = createSecureContext(common(tls));
    clientContexts.set(tls, context);
  }
  return context;
}

/** The proxy's side. No ALPN: the forwarder speaks ttrpc straight inside TLS. */
export function clientOptions(tls: ResolvedTls | undefined, serverName: string): ConnectionOptions {
  return {
    ...(tls && { secureContext: clientContext(tls) }),
    servername: serverName,
    rejectUnauthorized: !(tls?.skipVerify ?? false),
  };
}
