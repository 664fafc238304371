/**
 * The TLS profile: minimum version and cipher suites, by the names the settings use, and what each
 * becomes in OpenSSL. Source: cloud-api-adaptor v0.22.0 pkg/util/tlsutil; suite names from IANA's
 * TLS registry.
 */
import { peerpodErrors } from '../errors.ts';

export interface TlsProfile {
  /** `VersionTLS12` (the floor and default) or `VersionTLS13`. */
  readonly minVersion?: string | undefined;
  /** IANA names; they affect TLS 1.2 only. */
  readonly cipherSuites?: readonly string[] | undefined;
}

interface OpensslProfile {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers: string | undefined;
}

const VERSIONS: Readonly<Record<string, OpensslProfile['minVersion']>> = {
  VersionTLS12: 'TLSv1.2',
  VersionTLS13: 'TLSv1.3',
};

/** The TLS 1.2 suites of Go's crypto/tls that OpenSSL 3 also has. */
const SUITES: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
};

/** Throws `invalid TLS profile: ...` with the adaptor's words. */
export function resolveProfile({ minVersion, cipherSuites }: TlsProfile): OpensslProfile {
  const version =
    VERSIONS[minVersion === undefined || minVersion === '' ? 'VersionTLS12' : minVersion];
  if (version === undefined) {
    throw peerpodErrors.tlsProfile(
      `invalid minVersion "${minVersion ?? ''}": TLS 1.0 and 1.1 are not supported, use VersionTLS12 or VersionTLS13`,
    );
  }
  const names = cipherSuites ?? [];
  if (names.length === 0) return { minVersion: version, ciphers: undefined };
  if (version === 'TLSv1.3') {
    throw peerpodErrors.tlsProfile(
      "cipherSuites may not be specified when minVersion is VersionTLS13: Go's crypto/tls does not allow configuring TLS 1.3 cipher suites",
    );
  }
  const unknown = names.filter((name) => !Object.hasOwn(SUITES, name));
  if (unknown.length > 0) {
    throw peerpodErrors.tlsProfile(
      `invalid cipherSuites: ${unknown.join(', ')}; valid names: [${Object.keys(SUITES).join(' ')}]`,
    );
  }
  return { minVersion: version, ciphers: names.map((name) => SUITES[name] ?? '').join(':') };
}
