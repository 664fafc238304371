import type { DialTarget } from '../proxy/dial.ts';

/** Silence has one usual cause. */
export const VANISHED = 'Packets vanish: open TCP 15150 between the subnets of worker and pod VM.';

/** What an error of the tunnel usually means, and what to do. First match counts. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [
    /connection refused/,
    'Nothing listens: the VM is still booting, its forwarder failed, or the port is another one (FORWARDER_PORT).',
  ],
  [
    /no route to host|network is unreachable/,
    'Check the address, and the routes between worker and pod VM.',
  ],
  [
    /connection reset by peer|EOF/,
    'The other end hung up: it speaks plain TCP, wants a client certificate, or something in between cuts.',
  ],
  [
    /certificate required/,
    'The forwarder wants a client certificate: name --cert-file and --cert-key.',
  ],
  [
    /unknown certificate|bad certificate|unknown ca/i,
    'The forwarder does not know this client certificate: it must be the one in its tls-client-ca.',
  ],
  [
    /unknown authority/,
    'The VM was made by another CA: the adaptor makes a new one with each restart.',
  ],
  [
    /certificate is valid for/,
    'With the automatic CA the name is podvm-<pod>-<8 of the sandbox id>, with files it is podvm-server.',
  ],
  [/expired or is not yet valid/, 'Compare the clocks of worker and pod VM.'],
  [
    /does not look like a TLS handshake/,
    'The forwarder runs with -disable-tls: the proxy must, too.',
  ],
  [/protocol version/, 'Compare TLS_MIN_VERSION on both ends.'],
  [
    /ttrpc: closed/,
    'The tunnel is broken, and neither proxy nor forwarder dials again: delete the pod and make it anew.',
  ],
  [/deadline|timeout|aborted/i, VANISHED],
];

export const meaningOf = (text: string): string | undefined =>
  MEANINGS.find(([pattern]) => pattern.test(text))?.[1];

/**
 * The adaptor's line for each attempt that failed. Source: cloud-api-adaptor v0.22.0
 * pkg/adaptor/proxy/proxy.go.
 */
export const retryLog = (text: string): string => `Retrying failed agent proxy connection: ${text}`;

/** The adaptor's last word, when PROXY_TIMEOUT is over. */
export const deadlineLog = ({ host, port }: DialTarget): string =>
  `failed to establish agent proxy connection to ${host}:${port}: context deadline exceeded`;
