/** Door of `peerpod`: the worker's and the pod VM's ends of the peer-pod path. */
export {
  createCertificateAuthority,
  createClientCertificate,
  type CertificateAuthority,
  type CertificateOptions,
  type KeyedCertificate,
} from './tls/certificates.ts';
export { instanceName, MANUAL_SERVER_NAME } from './tls/names.ts';
export { resolveTls, type ResolvedTls, type TlsSettings } from './tls/settings.ts';
export {
  createAgentProxy,
  DEFAULT_PROXY_TIMEOUT_MS,
  type AgentProxy,
  type AgentProxyOptions,
} from './proxy/agent-proxy.ts';
export type { DialTarget } from './proxy/dial.ts';
export type { DirectVolume, DirectVolumes } from './proxy/changes.ts';
export {
  DEFAULT_FORWARDER_PORT,
  DEFAULT_POD_NAMESPACE,
  startForwarder,
  type Forwarder,
  type ForwarderOptions,
} from './forwarder/forwarder.ts';
export {
  APF_CONFIG_PATH,
  encodeApfConfig,
  parseApfConfig,
  readApfConfig,
  type ApfConfig,
  type PodNetworkConfig,
} from './forwarder/apf-config.ts';
export type { CloudVolume, VolumeHost } from './forwarder/cloud-volumes.ts';
export type { RelayEvent } from './relay/redirector.ts';
export { formatGoDuration, parseGoDuration } from './relay/go-words.ts';
