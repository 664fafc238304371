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
export { DEFAULT_FORWARDER_PORT } from './forwarder/listener.ts';
export {
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
  type FateOfFrames,
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
export {
  defaultPeerPodsConfig,
  parsePeerPodsConfig,
  type ConfigWarning,
  type PeerPodsConfig,
} from './worker/config.ts';
export { chooseInitdata, type InitdataChoice } from './worker/initdata-choice.ts';
export {
  chooseInstanceType,
  supportedTypes,
  type InstanceTypeSpec,
} from './worker/instance-type.ts';
export { createPodCni, type PodCni, type PodInterface } from './worker/pod-cni.ts';
export {
  createLocalProvider,
  type Instance,
  type InstanceProvider,
  type InstanceRequest,
  type PodVmHooks,
} from './worker/provider.ts';
export type { PeerPodRecords } from './worker/adaptor.ts';
export { VM_ANNOTATION, type Sandbox } from './worker/sandbox.ts';
export {
  createWorker,
  type PodNetworkKind,
  type Worker,
  type WorkerOptions,
} from './worker/worker.ts';
export { createAddressPool, type AddressPool, type MachineAddress } from './vm/address-pool.ts';
export { VmFiles } from './vm/files.ts';
export {
  startPodVm,
  type AgentEnvironment,
  type PodVm,
  type PodVmAgent,
  type PodVmImage,
  type PodVmOptions,
  type PolicySource,
  type UnitName,
  type UnitState,
} from './vm/pod-vm.ts';
export { provisionFiles, type Provisioned } from './vm/process-user-data.ts';
export { encodeUserData, parseUserData, type UserDataFile } from './vm/user-data.ts';
export { openKernelEnd, type KernelEnd, type KernelEndOptions } from './network/kernel-end.ts';
export {
  createPodFaults,
  foreignCertificate,
  type FaultHooks,
  type PodFaults,
  type PodFaultsOptions,
  type UdpFault,
} from './faults/pod-faults.ts';
export type { TcpFault } from './faults/faulty-stream.ts';
export { FAULT_ROWS, parseFaults, type FaultPlan } from './faults/fault-plan.ts';
export { planFaults, type FaultyMachine, type PlannedFaults } from './faults/planned-faults.ts';
export { answerAdmission, type AdmissionCall } from './webhook/admission.ts';
export { DEFAULT_WEBHOOK_SETTINGS, mutatePod, type WebhookSettings } from './webhook/mutate-pod.ts';
export { startWebhook, type Webhook, type WebhookOptions } from './webhook/server.ts';
export {
  diagnosePath,
  type DiagnosePathOptions,
  type PathDiagnosis,
} from './doctor/diagnose-path.ts';
export { diagnosePod, type DiagnosePodOptions } from './doctor/diagnose-pod.ts';
export type { PathFinding, PathStep } from './doctor/finding.ts';
