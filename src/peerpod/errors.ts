/**
 * Everything that goes wrong between the shim and the agent. Where the real parts have a text, the
 * message is that text, so it may be compared with a real node's log. Sources: peer-pods.md 1-4.
 */
import { KatasimError, messageOf } from '#base';

export const peerpodErrors = {
  // TLS (1.4)
  tlsProfile: (text: string) =>
    new KatasimError('PEERPOD_TLS_PROFILE', `invalid TLS profile: ${text}`, {
      hint: 'Set TLS_MIN_VERSION to VersionTLS12 or VersionTLS13; suites by IANA name, for TLS 1.2.',
    }),
  caWithSkipVerify: () =>
    new KatasimError(
      'PEERPOD_TLS_SKIP_VERIFY',
      'specifying a root certificates file with the insecure flag is not allowed',
      { hint: 'Drop either the CA or the skip-verify flag; the automatic CA counts as one.' },
    ),
  badRootCertificates: (reason: string, cause: unknown) =>
    new KatasimError('PEERPOD_TLS_CA', `unable to load root certificates: ${reason}`, {
      hint: 'The CA must be PEM text with a BEGIN CERTIFICATE line.',
      cause,
    }),
  tlsFile: (file: string, cause: unknown) =>
    new KatasimError('PEERPOD_TLS_FILE', `cannot read ${file}: ${messageOf(cause)}`, {
      hint: 'Manual TLS needs the CA, the certificate and its key as PEM files.',
      cause,
    }),
  noServerCertificate: () =>
    new KatasimError(
      'PEERPOD_TLS_NO_CERTIFICATE',
      'tls: neither Certificates, GetCertificate, nor GetConfigForClient set in Config',
      { hint: 'Give the forwarder a certificate and key, or disable TLS on both ends.' },
    ),
  tlsConfig: (cause: unknown) =>
    new KatasimError('PEERPOD_TLS_CONFIG', `Failed to create tls config: ${messageOf(cause)}`, {
      hint: 'Nothing was dialled or served: fix the TLS settings first.',
      cause,
    }),
};
