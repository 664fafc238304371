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
export {
  DEFAULT_VXLAN_MIN_ID,
  DEFAULT_VXLAN_PORT,
  openVxlanSocket,
  type FrameFate,
  type VxlanLink,
  type VxlanRemote,
  type VxlanSocket,
  type VxlanSocketOptions,
} from './network/vxlan-socket.ts';
export {
  DEFAULT_POD_GATEWAY,
  macForIp,
  openWorkerNetwork,
  type WorkerNetwork,
  type WorkerNetworkOptions,
} from './network/worker-network.ts';
export {
  openPodNetwork,
  type PodDialer,
  type PodNetworkEnd,
  type PodNetworkOptions,
  type PodPorts,
} from './network/pod-network.ts';
export type { PodByteStream } from './network/byte-stream.ts';
export type { PingOptions, PingReply } from './net/ip-host.ts';
export type { TcpSocket } from './net/tcp-socket.ts';
export type { TcpListen } from './net/tcp-stack.ts';
