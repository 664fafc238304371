/** The TLS flags that proxy, forwarder and doctor share, named as the real programs name them. */
import type { TlsSettings } from '#peerpod';
import type { OptionTable, OptionValues } from '../command.ts';

export const tlsOptions: OptionTable = {
  'ca-cert-file': { type: 'string', value: 'FILE', summary: 'trust anchor for the other end' },
  'cert-file': { type: 'string', value: 'FILE', summary: 'own certificate' },
  'cert-key': { type: 'string', value: 'FILE', summary: 'its key (PKCS#8)' },
  'tls-skip-verify': { type: 'boolean', summary: 'test only; refused together with a CA' },
  'disable-tls': { type: 'boolean', summary: 'plain TCP; both ends must say so' },
};

export function tlsSettings(options: OptionValues): TlsSettings | 'plain' {
  if (options.flag('disable-tls')) return 'plain';
  return {
    caFile: options.text('ca-cert-file'),
    certFile: options.text('cert-file'),
    keyFile: options.text('cert-key'),
    skipVerify: options.flag('tls-skip-verify'),
  };
}
