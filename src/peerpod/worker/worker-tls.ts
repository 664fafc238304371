/**
 * The worker's TLS identity: automatic (a CA and a client certificate of this process), manual
 * files, or none. Source: cloud-api-adaptor v0.22.0 pkg/util/tlsutil and
 * pkg/adaptor/cloud/cloud.go.
 */
import type { Clock, Random } from '#base';
import type { ApfConfig } from '../forwarder/apf-config.ts';
import { createCertificateAuthority, createClientCertificate } from '../tls/certificates.ts';
import { resolveTls, type TlsSettings } from '../tls/settings.ts';
import type { PeerPodsConfig } from './config.ts';

export interface WorkerTls {
  readonly clientSettings: TlsSettings | 'plain';
  /** Certificates come from our own CA, with the instance's name; else they say `podvm-server`. */
  readonly automaticCa: boolean;
  /** What goes into apf.json for one pod VM. */
  serverPart(instanceName: string): Promise<Partial<ApfConfig>>;
}

interface WorkerTlsOptions {
  readonly config: PeerPodsConfig;
  readonly disableTls: boolean;
  readonly clock: Clock;
  readonly random: Random;
}

/** Checks the settings at start, as the adaptor does: `invalid TLS profile: ...`. */
export async function createWorkerTls(options: WorkerTlsOptions): Promise<WorkerTls> {
  if (options.disableTls) {
    return { clientSettings: 'plain', automaticCa: false, serverPart: () => Promise.resolve({}) };
  }
  const { config } = options;
  const profile = {
    ...(config.tlsMinVersion !== '' && { minVersion: config.tlsMinVersion }),
    ...(config.tlsCipherSuites.length > 0 && { cipherSuites: config.tlsCipherSuites }),
    ...(config.tlsSkipVerify && { skipVerify: true }),
  };
  await resolveTls({ ...profile, skipVerify: false });
  // Certificate and CA are decided separately: a file given for one keeps only that one manual.
  const client =
    config.certFile === ''
      ? await createClientCertificate(options)
      : { certFile: config.certFile, keyFile: config.keyFile };
  const clientCa = 'cert' in client ? { 'tls-client-ca': client.cert } : {};
  if (config.caFile !== '') {
    return {
      clientSettings: { ...profile, ...client, caFile: config.caFile },
      automaticCa: false,
      serverPart: () => Promise.resolve(clientCa),
    };
  }
  const ca = await createCertificateAuthority(options);
  return {
    clientSettings: { ...profile, ...client, ca: ca.cert },
    automaticCa: true,
    async serverPart(instanceName) {
      const server = await ca.issue(instanceName);
      return { 'tls-server-key': server.key, 'tls-server-cert': server.cert, ...clientCa };
    },
  };
}
