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

  // Tunnel on TCP 15150 (1.2-1.6, 2.5)
  dialFailed: (text: string, cause: unknown) =>
    new KatasimError('PEERPOD_DIAL', text, {
      hint: 'Check that the other end runs, listens on this address and uses the same TLS settings.',
      cause,
    }),
  proxyNotStarted: () =>
    new KatasimError('PEERPOD_PROXY_NOT_STARTED', 'the agent proxy has not been started', {
      hint: 'StartVM starts it, once the pod VM has an address.',
    }),
  proxyStopped: () =>
    new KatasimError('PEERPOD_PROXY_STOPPED', 'context canceled', {
      hint: 'The proxy was stopped while it was still connecting.',
    }),
  proxyTimeout: (address: string, last: unknown) =>
    new KatasimError(
      'PEERPOD_PROXY_TIMEOUT',
      `failed to establish agent proxy connection to ${address}: context deadline exceeded`,
      {
        hint: `${last === undefined ? 'No attempt was answered' : `Last attempt: ${messageOf(last)}`}; PROXY_TIMEOUT bounds the wait.`,
        cause: last,
      },
    ),
  proxyFailed: (text: string, cause: unknown) =>
    new KatasimError('PEERPOD_PROXY', `error connecting to agent: ${text}`, {
      ...(cause instanceof KatasimError && cause.hint !== undefined && { hint: cause.hint }),
      cause,
    }),
  apfUnreadable: (path: string, cause: unknown) =>
    new KatasimError('PEERPOD_APF_CONFIG', `failed to open ${path}: ${messageOf(cause)}`, {
      hint: 'The adaptor writes this file; pass another with --config.',
      cause,
    }),
  /** The doubled word is the forwarder's own. */
  apfUndecodable: (path: string, reason: string, cause: unknown) =>
    new KatasimError(
      'PEERPOD_APF_CONFIG',
      `failed to decode a Agent Protocol Forwarder config file file: ${path}: ${reason}`,
      { hint: 'It must be one JSON object as in /run/peerpod/pods/<id>/apf.json.', cause },
    ),
  podNetwork: (cause: unknown) =>
    new KatasimError('PEERPOD_POD_NETWORK', `failed to set up pod network: ${messageOf(cause)}`, {
      hint: 'Nothing listens until the pod network stands.',
      cause,
    }),
  cannotListen: (address: string, cause: unknown) =>
    new KatasimError('PEERPOD_LISTEN', `listen tcp ${address}: ${messageOf(cause)}`, {
      hint: 'Another program may hold the address; choose another or port 0.',
      cause,
    }),
  agentUnreachable: (path: string, attempts: readonly string[]) =>
    new KatasimError(
      'PEERPOD_AGENT_UNREACHABLE',
      `failed to establish agent connection to ${path}: All attempts fail:\n${attempts
        .map((text, i) => `#${i + 1}: ${text}`)
        .join('\n')}`,
      { hint: 'The forwarder never dials again: start the agent, then the forwarder.' },
    ),
};
