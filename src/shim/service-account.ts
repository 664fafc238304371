/**
 * The token of a service account, and the certificate that every namespace has in kube-root-ca.crt. The
 * token has the form and claims of a real one; nobody signs or checks it here.
 * Source: Kubernetes 1.34, pkg/serviceaccount/claims.go.
 */
import { createHash } from 'node:crypto';
import { type FileSource } from '#kube';
import { NODE_NAME } from './downward.ts';
import type { ResolveContext } from './environment.ts';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const MS = 1000;

/** A certificate authority that signs nothing. */
export const ROOT_CA = `-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUJRTF5YIdsruj+cLsIMfYpJHehEkwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKa3ViZXJuZXRlczAgFw0yNjEyMDExMzE1MDBaGA8yMTI2MTEw
NzEzMTUwMFowFTETMBEGA1UEAwwKa3ViZXJuZXRlczBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABKfesOfZlI3Nt83EEkR5qPE2fUydSwHlP31+wkdCqo794LdiScR8
iWTb/PvrC8FTkSC6tVwGPJi55B9tsUjoWRijUzBRMB0GA1UdDgQWBBTjsBvP2QLq
XIDQ5UGU7NqCHo8GRTAfBgNVHSMEGDAWgBTjsBvP2QLqXIDQ5UGU7NqCHo8GRTAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCICHdnIO2lfhcnuhBKqfE
oZKaT87KRndjhU1bV52RZiJRAiEAji0gX83AzfyWhdkZooArp5yAX+I32lwrQJfE
PgqtjF4=
-----END CERTIFICATE-----
`;

export function serviceAccountToken(
  { audience, expirationSeconds }: FileSource & { readonly kind: 'token' },
  { pod, podUid, clock }: ResolveContext,
): string {
  const { name } = pod.serviceAccount;
  const issuedAt = Math.floor(clock.now() / MS);
  const claims = {
    aud: [audience || ISSUER],
    exp: issuedAt + expirationSeconds,
    iat: issuedAt,
    iss: ISSUER,
    'kubernetes.io': {
      namespace: pod.namespace,
      node: { name: NODE_NAME },
      pod: { name: pod.name, uid: podUid },
      serviceaccount: { name },
    },
    nbf: issuedAt,
    sub: `system:serviceaccount:${pod.namespace}:${name}`,
  };
  const unsigned = [{ alg: 'RS256', kid: 'katasim' }, claims].map(base64url).join('.');
  return `${unsigned}.${createHash('sha512').update(unsigned).digest('base64url')}`;
}

const base64url = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
