/**
 * peer-pods-cm: the ConfigMap whose keys become the adaptor's environment. One row per key. Source:
 * cloud-api-adaptor v0.22.0 cmd/cloud-api-adaptor/main.go, src/cloud-providers (manager.go of
 * each).
 *
 * Differs on purpose: a number or duration that does not parse is ignored silently upstream; here a
 * warning says so.
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
/** Go's Sscanf with %d: blanks before, then as many digits as there are; the rest does not count. */
const integer: Reader<number> = (value) => {
  const digits = /^[ \t\r]*([+-]?\d+)/.exec(value)?.[1];
  const number = Number(digits);
  return digits !== undefined && Number.isSafeInteger(number) ? number : undefined;
};
/** True only for `1` and `true`; everything else is false, not an error. */
const boolean: Reader<boolean> = (value) => value === '1' || value.toLowerCase() === 'true';
const list: Reader<readonly string[]> = (value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
const pairs: Reader<Readonly<Record<string, string>>> = (value) => {
  const entries = value.split(',').map((item) => /^([^=]*)=(.*)$/s.exec(item)?.slice(1, 3));
  return entries.every((entry) => entry !== undefined)
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
  row('GCP_INSTANCE_TYPES', 'instanceTypes', list),
  row('IBMCLOUD_PODVM_INSTANCE_PROFILE_NAME', 'instanceType', text),
  row('IBMCLOUD_PODVM_INSTANCE_PROFILE_LIST', 'instanceTypes', list),
];

/**
 * Keys that the adaptor or one of its providers reads and that have no effect here: there is no
 * cloud, no SSH and no cluster. `PAUSE_IMAGE` has none upstream either.
 */
const KEYS_WITHOUT_EFFECT: readonly string[] = `
  ALIBABACLOUD_ACCESS_KEY_ID ALIBABACLOUD_ACCESS_KEY_SECRET ALIBABACLOUD_SECURITY_TOKEN
  AWS_ACCESS_KEY_ID AWS_REGION AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_SG_IDS AWS_SUBNET_ID
  AWS_VPC_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET AZURE_IMAGE_ID AZURE_NSG_ID AZURE_REGION
  AZURE_RESOURCE_GROUP AZURE_SUBNET_ID AZURE_SUBSCRIPTION_ID AZURE_TENANT_ID
  CAA_DISK_DETECT_MAX_ATTEMPTS CAA_DISK_DETECT_RETRY_DELAY CLOUD_CONFIG_VERIFY
  CLOUD_PROVIDER_EXTERNAL_PLUGIN_HASH CLOUD_PROVIDER_EXTERNAL_PLUGIN_PATH
  ENABLE_CLOUD_PROVIDER_EXTERNAL_PLUGIN ENABLE_SECURE_BOOT GCP_CONFIDENTIAL_TYPE GCP_CREDENTIALS
  GCP_DISK_TYPE GCP_NETWORK GCP_PROJECT_ID GCP_SUBNETWORK GCP_ZONE IBMCLOUD_API_KEY
  IBMCLOUD_CLUSTER_ID IBMCLOUD_DEDICATED_HOST_GROUP_IDS IBMCLOUD_DEDICATED_HOST_IDS
  IBMCLOUD_IAM_ENDPOINT IBMCLOUD_IAM_PROFILE_ID IBMCLOUD_PODVM_IMAGE_ID
  IBMCLOUD_RESOURCE_GROUP_ID IBMCLOUD_SECURITY_GROUP_IDS IBMCLOUD_SSH_KEY_ID
  IBMCLOUD_VPC_ENDPOINT IBMCLOUD_VPC_ID IBMCLOUD_VPC_SUBNET_ID IBMCLOUD_ZONE IMAGEID KEYNAME
  LIBVIRT_CPU LIBVIRT_CPUSET LIBVIRT_DIR_NAME LIBVIRT_EFI_FIRMWARE LIBVIRT_LAUNCH_SECURITY
  LIBVIRT_MEMORY LIBVIRT_NET LIBVIRT_POOL LIBVIRT_URI LIBVIRT_VOL_NAME MAX_RANGE_IPS NODE_NAME
  PAUSE_IMAGE PODVM_AMI_ID PODVM_IMAGE_NAME PODVM_LAUNCHTEMPLATE_NAME POD_NAMESPACE POD_UID
  POOL_CONFIGMAP_NAME POOL_NAMESPACE POWERVS_BUILD_TIMEOUT POWERVS_IMAGE_ID POWERVS_MEMORY
  POWERVS_NETWORK_ID POWERVS_PROCESSORS POWERVS_PROCESSOR_TYPE POWERVS_SERVICE_INSTANCE_ID
  POWERVS_SSH_KEY_NAME POWERVS_SYSTEM_TYPE POWERVS_ZONE PROBE_PORT REGION RUNTIMECLASS_NAME
  SECURITY_GROUP_IDS SSH_HOST_KEY_ALLOWLIST_DIR SSH_KP_NAME SSH_PRIV_KEY_PATH SSH_PUB_KEY_PATH
  SSH_TIMEOUT SSH_USERNAME SYSTEM_DISK_SIZE USE_PODVM_LAUNCHTEMPLATE USE_PUBLIC_IP VM_POOL_IPS
  VSWITCH_ID ZONE
`
  .trim()
  .split(/\s+/);

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
      if (!KEYS_WITHOUT_EFFECT.includes(key)) warnings.push(unknownKey(key));
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
    } else {
      values[found.field] = parsed;
      if (found.read === integer) warnings.push(...integerWarnings(key, value, Number(parsed)));
    }
  }
  return { config: values as unknown as PeerPodsConfig, warnings };
}

/** A port that no socket has would only fail at the first pod. */
const PORTS = ['FORWARDER_PORT', 'VXLAN_PORT'];

function integerWarnings(key: string, value: string, parsed: number): ConfigWarning[] {
  if (PORTS.includes(key) && (parsed < 0 || parsed > 65535)) {
    throw peerpodErrors.configPort(key, value);
  }
  if (/^[+-]?\d+$/.test(value)) return [];
  return [{ key, message: `"${value}" is read as ${parsed}, as the adaptor does` }];
}

function unknownKey(key: string): ConfigWarning {
  const meant = nearest(key, [...ROWS.map((candidate) => candidate.key), ...KEYS_WITHOUT_EFFECT]);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return { key, message: `nothing reads this key${hint}` };
}
