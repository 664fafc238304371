/**
 * Reference values for Trustee's RVPS, old and new form, with the ConfigMap they go into. Source:
 * OpenShift sandboxed containers documentation 1.9 and 1.11, "Deploying confidential containers".
 */
export type RvpsFormat = 'older' | 'newer';

export interface RvpsOptions {
  readonly pcr8: string;
  readonly format: RvpsFormat;
  /** RFC 3339 time after which the value no longer counts. */
  readonly expiration: string;
}

export interface RvpsConfigMap {
  readonly apiVersion: 'v1';
  readonly kind: 'ConfigMap';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly data: { readonly 'reference-values.json': string };
}

const TRUSTEE_NAMESPACE = 'trustee-operator-system';

interface RvpsRow {
  readonly configMap: string;
  readonly values: (hash: string, expiration: string) => readonly object[];
}

const FORMATS: Readonly<Record<RvpsFormat, RvpsRow>> = {
  older: {
    configMap: 'rvps-reference-values',
    values: (hash, expiration) => [
      { name: 'pcr08', expiration, 'hash-value': [{ alg: 'sha256', value: hash }] },
    ],
  },
  newer: {
    configMap: 'trusteeconfig-rvps-reference-values',
    values: (hash, expiration) =>
      ['snp_pcr08', 'tdx_pcr08'].map((name) => ({ name, expiration, value: [hash] })),
  },
};

/** The array that goes under `reference-values.json`. */
export function rvpsValues({ pcr8, format, expiration }: RvpsOptions): readonly object[] {
  return FORMATS[format].values(pcr8, expiration);
}

export function rvpsConfigMap(options: RvpsOptions): RvpsConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: FORMATS[options.format].configMap, namespace: TRUSTEE_NAMESPACE },
    data: { 'reference-values.json': `${JSON.stringify(rvpsValues(options), null, 2)}\n` },
  };
}
