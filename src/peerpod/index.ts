/** Door of `peerpod`: the worker's and the pod VM's ends of the peer-pod path. */
export { createCertificateAuthority, createClientCertificate } from './tls/certificates.ts';
export { MANUAL_SERVER_NAME } from './tls/names.ts';
export { resolveTls, type TlsSettings } from './tls/settings.ts';
export { createAgentProxy, type AgentProxy } from './proxy/agent-proxy.ts';
export { DEFAULT_FORWARDER_PORT } from './forwarder/listener.ts';
export { DEFAULT_POD_NAMESPACE, startForwarder, type Forwarder } from './forwarder/forwarder.ts';
export {
  APF_CONFIG_PATH,
  encodeApfConfig,
  parseApfConfig,
  readApfConfig,
  type ApfConfig,
  type PodNetworkConfig,
} from './forwarder/apf-config.ts';
export { DEFAULT_VXLAN_PORT, openVxlanSocket, type FateOfFrames } from './network/vxlan-socket.ts';
export { openWorkerNetwork, type WorkerNetwork } from './network/worker-network.ts';
export { openPodNetwork } from './network/pod-network.ts';
export { parsePeerPodsConfig, type ConfigWarning, type PeerPodsConfig } from './worker/config.ts';
export { chooseInitdata } from './worker/initdata-choice.ts';
export { createPodCni, type PodCni } from './worker/pod-cni.ts';
export {
  createLocalProvider,
  type Instance,
  type InstanceProvider,
  type InstanceRequest,
  type PodVmHooks,
} from './worker/provider.ts';
export { createWorker, type PodNetworkKind, type Worker } from './worker/worker.ts';
export { createAddressPool, type AddressPool, type MachineAddress } from './vm/address-pool.ts';
export { VmFiles } from './vm/files.ts';
export { startPodVm, type AgentEnvironment, type PodVm, type PodVmAgent } from './vm/pod-vm.ts';
export { provisionFiles } from './vm/process-user-data.ts';
export { encodeUserData, parseUserData } from './vm/user-data.ts';
export { FAULT_ROWS, parseFaults } from './faults/fault-plan.ts';
export { planFaults, type PlannedFaults } from './faults/planned-faults.ts';
export { answerAdmission } from './webhook/admission.ts';
export { DEFAULT_WEBHOOK_SETTINGS, mutatePod, type WebhookSettings } from './webhook/mutate-pod.ts';
export { startWebhook } from './webhook/server.ts';
export { diagnosePath, type PathDiagnosis } from './doctor/diagnose-path.ts';
export { diagnosePod, type DiagnosePodOptions } from './doctor/diagnose-pod.ts';
