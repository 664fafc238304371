/**
 * peer-pods-cm: the ConfigMap whose keys become the adaptor's environment. One row per key. Source:
 * cloud-api-adaptor v0.22.0 cmd/cloud-api-adaptor/main.go, src/cloud-providers (manager.go of
 * each).
 *
 * Differs on purpose in telling: a number, duration or boolean that does not parse is silently
 * ignored upstream; here it is ignored too, and a warning says so.
 */
import { nearest } from '#base';
import { peerpodErrors } from '../errors.ts';
import { parseGoDuration } from '../relay/go-words.ts';

export interface PeerPodsConfig {
  readonly provider: string;
  readonly hypervisorSocket: string;
  readonly podsDir: string;
  readonly forwarderPort: number;
  readonly proxyTimeoutMs: number;
  readonly tunnelType: string;
  readonly vxlanPort: number;
  /** Global initdata, base64(gzip(TOML)); empty when there is none. */
  readonly initdata: string;
  readonly peerPodsLimitPerNode: number;
  readonly enableScratchSpace: boolean;
  readonly externalNetworkViaPodVm: boolean;
  readonly podSubnetCidrs: readonly string[];
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly tlsSkipVerify: boolean;
  readonly tlsMinVersion: string;
  readonly tlsCipherSuites: readonly string[];
  readonly disableCvm: boolean;
  readonly rootVolumeSizeGb: number;
  readonly instanceType: string;
  readonly instanceTypes: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface ConfigWarning {
  readonly key: string;
  readonly message: string;
}

const PROVIDERS = [
  'alibabacloud',
  'aws',
  'azure',
  'byom',
  'gcp',
  'ibmcloud',
  'ibmcloud-powervs',
  'libvirt',
];

type Reader<T> = (text: string) => T | undefined;

const text: Reader<string> = (value) => value;
const integer: Reader<number> = (value) =>
  /^[+-]?\d{1,15}$/.test(value) ? Number(value) : undefined;
/** True only for `1` and `true`; everything else is false, not an error. */
const boolean: Reader<boolean> = (value) => value === '1' || value.toLowerCase() === 'true';
const list: Reader<readonly string[]> = (value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
const pairs: Reader<Readonly<Record<string, string>>> = (value) => {
  const entries = value.split(',').map((item) => item.split('='));
  return entries.every((entry) => entry.length === 2)
    ? (Object.fromEntries(entries) as Record<string, string>)
    : undefined;
};

interface Row<K extends keyof PeerPodsConfig = keyof PeerPodsConfig> {
  readonly key: string;
  readonly field: K;
  readonly read: Reader<PeerPodsConfig[K]>;
  readonly expected: string;
}

const row = <K extends keyof PeerPodsConfig>(
  key: string,
  field: K,
  read: Reader<PeerPodsConfig[K]>,
  expected = 'a text',
): Row => ({ key, field, read, expected });

const ROWS: readonly Row[] = [
  row('CLOUD_PROVIDER', 'provider', text),
  row('REMOTE_HYPERVISOR_ENDPOINT', 'hypervisorSocket', text),
  row('PODS_DIR', 'podsDir', text),
  row('FORWARDER_PORT', 'forwarderPort', integer, 'a whole number'),
  row('PROXY_TIMEOUT', 'proxyTimeoutMs', parseGoDuration, 'a duration such as 5m or 90s'),
  row('TUNNEL_TYPE', 'tunnelType', text),
  row('VXLAN_PORT', 'vxlanPort', integer, 'a whole number'),
  row('INITDATA', 'initdata', text),
  row('PEERPODS_LIMIT_PER_NODE', 'peerPodsLimitPerNode', integer, 'a whole number'),
  row('ENABLE_SCRATCH_SPACE', 'enableScratchSpace', boolean),
  row('EXTERNAL_NETWORK_VIA_PODVM', 'externalNetworkViaPodVm', boolean),
  row('POD_SUBNET_CIDRS', 'podSubnetCidrs', list),
  row('CACERT_FILE', 'caFile', text),
  row('CERT_FILE', 'certFile', text),
  row('CERT_KEY', 'keyFile', text),
  row('TLS_SKIP_VERIFY', 'tlsSkipVerify', boolean),
  row('TLS_MIN_VERSION', 'tlsMinVersion', text),
  row('TLS_CIPHER_SUITES', 'tlsCipherSuites', list),
  row('DISABLECVM', 'disableCvm', boolean),
  row('ROOT_VOLUME_SIZE', 'rootVolumeSizeGb', integer, 'a whole number of GB'),
  row('TAGS', 'tags', pairs, 'key1=value1,key2=value2'),
  row('AZURE_INSTANCE_SIZE', 'instanceType', text),
  row('AZURE_INSTANCE_SIZES', 'instanceTypes', list),
  row('PODVM_INSTANCE_TYPE', 'instanceType', text),
  row('PODVM_INSTANCE_TYPES', 'instanceTypes', list),
  row('GCP_MACHINE_TYPE', 'instanceType', text),
  row('GCP_MACHINE_TYPES', 'instanceTypes', list),
];

/** Keys that only a cloud has a use for. `PAUSE_IMAGE` is accepted upstream and used by nobody. */
const CLOUD_KEYS = [
  'PAUSE_IMAGE',
  'CLOUD_CONFIG_VERIFY',
  'AZURE_RESOURCE_GROUP',
  'AZURE_REGION',
  'AZURE_SUBNET_ID',
  'AZURE_NSG_ID',
  'AZURE_IMAGE_ID',
  'PODVM_AMI_ID',
  'AWS_REGION',
  'AWS_SUBNET_ID',
  'AWS_VPC_ID',
  'AWS_SG_IDS',
  'GCP_PROJECT_ID',
  'GCP_ZONE',
  'GCP_NETWORK',
  'PODVM_IMAGE_NAME',
  'LIBVIRT_URI',
  'LIBVIRT_POOL',
  'LIBVIRT_VOL_NAME',
  'LIBVIRT_DIR_NAME',
  'LIBVIRT_NET',
];

/** Whose default for a confidential VM is to have none. */
const NO_CVM_BY_DEFAULT = ['libvirt', 'ibmcloud', 'ibmcloud-powervs', 'byom'];
const ROOT_VOLUME_GB: Readonly<Record<string, number>> = { aws: 30, gcp: 10 };
const INSTANCE_TYPE: Readonly<Record<string, string>> = {
  azure: 'Standard_DC2as_v5',
  aws: 'm6a.large',
  gcp: 'e2-medium',
};

export function defaultPeerPodsConfig(provider = ''): PeerPodsConfig {
  return {
    provider,
    hypervisorSocket: '/run/peerpod/hypervisor.sock',
    podsDir: '/run/peerpod/pods',
    forwarderPort: 15150,
    proxyTimeoutMs: 5 * 60_000,
    tunnelType: 'vxlan',
    // IANA's port, as upstream; OpenShift's examples all set 9000.
    vxlanPort: 4789,
    initdata: '',
    peerPodsLimitPerNode: 10,
    enableScratchSpace: false,
    externalNetworkViaPodVm: false,
    podSubnetCidrs: [],
    caFile: '',
    certFile: '',
    keyFile: '',
    tlsSkipVerify: false,
    tlsMinVersion: '',
    tlsCipherSuites: [],
    disableCvm: NO_CVM_BY_DEFAULT.includes(provider),
    rootVolumeSizeGb: ROOT_VOLUME_GB[provider] ?? 0,
    instanceType: INSTANCE_TYPE[provider] ?? '',
    instanceTypes: [],
    tags: {},
  };
}

/** Reads the `data` of the ConfigMap. Values must be texts, as Kubernetes demands. */
export function parsePeerPodsConfig(data: Readonly<Record<string, unknown>>): {
  config: PeerPodsConfig;
  warnings: readonly ConfigWarning[];
} {
  const warnings: ConfigWarning[] = [];
  const provider = data['CLOUD_PROVIDER'];
  if (typeof provider === 'string' && provider !== '' && !PROVIDERS.includes(provider)) {
    throw peerpodErrors.unknownProvider(provider, PROVIDERS);
  }
  const values: Record<string, unknown> = {
    ...defaultPeerPodsConfig(typeof provider === 'string' ? provider : ''),
  };
  for (const [key, value] of Object.entries(data)) {
    if (typeof value !== 'string') throw peerpodErrors.configNotText(key, value);
    const found = ROWS.find((candidate) => candidate.key === key);
    if (!found) {
      if (!CLOUD_KEYS.includes(key)) warnings.push(unknownKey(key));
      continue;
    }
    // An empty variable counts as unset.
    if (value === '') continue;
    const parsed = found.read(value);
    if (parsed === undefined) {
      const kept = String(values[found.field]);
      warnings.push({
        key,
        message: `"${value}" is not ${found.expected}: ignored, as the adaptor does; ${kept} stays`,
      });
    } else values[found.field] = parsed;
  }
  return { config: values as unknown as PeerPodsConfig, warnings };
}

function unknownKey(key: string): ConfigWarning {
  const meant = nearest(key, [...ROWS.map((candidate) => candidate.key), ...CLOUD_KEYS]);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return { key, message: `nothing reads this key${hint}` };
}
