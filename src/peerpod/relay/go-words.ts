/**
 * Node's network errors in the words Go's net and crypto/tls packages use, because the adaptor's
 * and forwarder's messages embed them and people compare logs. Also Go's durations.
 */
import { isSystemError, messageOf } from '#base';

const ERRNO: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  ENOENT: 'connect: no such file or directory',
  EACCES: 'connect: permission denied',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  EADDRNOTAVAIL: 'connect: cannot assign requested address',
  ECONNRESET: 'read: connection reset by peer',
  EPIPE: 'write: broken pipe',
  ETIMEDOUT: 'i/o timeout',
};

/** OpenSSL's verdicts as crypto/tls words them. */
const TLS: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'x509: certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'x509: certificate signed by unknown authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'x509: certificate signed by unknown authority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'x509: certificate signed by unknown authority',
  CERT_SIGNATURE_FAILURE: 'x509: certificate signed by unknown authority',
  CERT_HAS_EXPIRED: 'x509: certificate has expired or is not yet valid',
  CERT_NOT_YET_VALID: 'x509: certificate has expired or is not yet valid',
};

/** `dial tcp 127.42.0.2:15150: connect: connection refused` */
export function dialError(network: 'tcp' | 'unix', address: string, error: unknown): string {
  const code = isSystemError(error) ? (error.code ?? '') : '';
  const errno = ERRNO[code];
  if (errno !== undefined) return `dial ${network} ${address}: ${errno}`;
  return tlsError(error);
}

function tlsError(error: unknown): string {
  const code = isSystemError(error) ? (error.code ?? '') : '';
  const verdict = TLS[code];
  if (verdict !== undefined) return `tls: failed to verify certificate: ${verdict}`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const { host = '', cert } = error as { host?: string; cert?: { subjectaltname?: string } };
    const names = (cert?.subjectaltname ?? '').replaceAll('DNS:', '');
    return `tls: failed to verify certificate: x509: certificate is valid for ${names}, not ${host}`;
  }
  if (code.includes('WRONG_VERSION_NUMBER') || code.includes('PACKET_LENGTH')) {
    return 'tls: first record does not look like a TLS handshake';
  }
  if (code.includes('CERTIFICATE_REQUIRED')) return 'remote error: tls: certificate required';
  if (code.includes('PROTOCOL_VERSION')) return 'remote error: tls: protocol version not supported';
  return messageOf(error);
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** `5m`, `1h30m`, `250ms`, `0` in milliseconds, or undefined. Source: Go time.ParseDuration. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const body = /^[+-]?((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/.exec(text)?.[1];
  if (body === undefined) return undefined;
  let total = 0;
  for (const [, number = '', unit = ''] of body.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(number) * (UNITS[unit] ?? 0);
  }
  return text.startsWith('-') ? -total : total;
}

/** Milliseconds as Go prints them: `5m0s`, `250ms`. */
export function formatGoDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const seconds = ms / 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${Number((seconds % 60).toFixed(9))}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
