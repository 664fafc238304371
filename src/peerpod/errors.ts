/**
 * Everything that goes wrong between the shim and the agent. Where the real parts have a text, the
 * message is that text, so it may be compared with a real node's log. Sources: cloud-api-adaptor
 * v0.22.0 pkg/adaptor, pkg/forwarder, pkg/podnetwork, pkg/userdata.
 */
import { KatasimError, messageOf } from '#base';

export const peerpodErrors = {
  // TLS
  tlsProfile: (text: string) =>
    new KatasimError('PEERPOD_TLS_PROFILE', `invalid TLS profile: ${text}`, {
      hint: 'Set TLS_MIN_VERSION to VersionTLS12 or VersionTLS13; suites by IANA name, for TLS 1.2.',
    }),
  caWithSkipVerify: () =>
    new KatasimError(
      'PEERPOD_TLS_SKIP_VERIFY',
      'specifying a root certificates file with the insecure flag is not allowed',
      { hint: 'Drop either the CA or the skip-verify flag; the automatic CA counts as one.' },
    ),
  badRootCertificates: (reason: string, cause: unknown) =>
    new KatasimError('PEERPOD_TLS_CA', `unable to load root certificates: ${reason}`, {
      hint: 'The CA must be PEM text with a BEGIN CERTIFICATE line.',
      cause,
    }),
  tlsFile: (file: string, cause: unknown) =>
    new KatasimError('PEERPOD_TLS_FILE', `cannot read ${file}: ${messageOf(cause)}`, {
      hint: 'Manual TLS needs the CA, the certificate and its key as PEM files.',
      cause,
    }),
  noServerCertificate: () =>
    new KatasimError(
      'PEERPOD_TLS_NO_CERTIFICATE',
      'tls: neither Certificates, GetCertificate, nor GetConfigForClient set in Config',
      { hint: 'Give the forwarder a certificate and key, or disable TLS on both ends.' },
    ),
  tlsConfig: (cause: unknown) =>
    new KatasimError('PEERPOD_TLS_CONFIG', `Failed to create tls config: ${messageOf(cause)}`, {
      hint: 'Nothing was dialled or served: fix the TLS settings first.',
      cause,
    }),

  // Tunnel on TCP 15150
  dialFailed: (text: string, cause: unknown) =>
    new KatasimError('PEERPOD_DIAL', text, {
      hint: 'Check that the other end runs, listens on this address and uses the same TLS settings.',
      cause,
    }),
  proxyNotStarted: () =>
    new KatasimError('PEERPOD_PROXY_NOT_STARTED', 'the agent proxy has not been started', {
      hint: 'StartVM starts it, once the pod VM has an address.',
    }),
  proxyStopped: () =>
    new KatasimError('PEERPOD_PROXY_STOPPED', 'context canceled', {
      hint: 'The proxy was stopped while it was still connecting.',
    }),
  proxyTimeout: (address: string, last: unknown) =>
    new KatasimError(
      'PEERPOD_PROXY_TIMEOUT',
      `failed to establish agent proxy connection to ${address}: context deadline exceeded`,
      {
        hint: `${last === undefined ? 'No attempt was answered' : `Last attempt: ${messageOf(last)}`}; PROXY_TIMEOUT bounds the wait.`,
        cause: last,
      },
    ),
  proxyFailed: (text: string, cause: unknown) =>
    new KatasimError('PEERPOD_PROXY', `error connecting to agent: ${text}`, {
      ...(cause instanceof KatasimError && cause.hint !== undefined && { hint: cause.hint }),
      cause,
    }),
  apfUnreadable: (path: string, cause: unknown) =>
    new KatasimError('PEERPOD_APF_CONFIG', `failed to open ${path}: ${messageOf(cause)}`, {
      hint: 'The adaptor writes this file; pass another with --config.',
      cause,
    }),
  /** The doubled word is the forwarder's own. */
  apfUndecodable: (path: string, reason: string, cause: unknown) =>
    new KatasimError(
      'PEERPOD_APF_CONFIG',
      `failed to decode a Agent Protocol Forwarder config file file: ${path}: ${reason}`,
      { hint: 'It must be one JSON object as in /run/peerpod/pods/<id>/apf.json.', cause },
    ),
  podNetwork: (cause: unknown) =>
    new KatasimError('PEERPOD_POD_NETWORK', `failed to set up pod network: ${messageOf(cause)}`, {
      hint: 'Nothing listens until the pod network stands.',
      cause,
    }),
  cannotListen: (address: string, cause: unknown) =>
    new KatasimError('PEERPOD_LISTEN', `listen tcp ${address}: ${messageOf(cause)}`, {
      hint: 'Another program may hold the address; choose another or port 0.',
      cause,
    }),
  agentUnreachable: (path: string, attempts: readonly string[]) =>
    new KatasimError(
      'PEERPOD_AGENT_UNREACHABLE',
      `failed to establish agent connection to ${path}: All attempts fail:\n${attempts
        .map((text, i) => `#${i + 1}: ${text}`)
        .join('\n')}`,
      { hint: 'The forwarder never dials again: start the agent, then the forwarder.' },
    ),
  cannotBindVxlan: (address: string, cause: unknown) =>
    new KatasimError('PEERPOD_VXLAN_BIND', `listen udp ${address}: ${messageOf(cause)}`, {
      hint: 'Another VXLAN end may hold the port; choose another with VXLAN_PORT, or 0 for any.',
      cause,
    }),
  badVni: (vni: number) =>
    new KatasimError('PEERPOD_BAD_VNI', `invalid VXLAN id ${vni}`, {
      hint: 'A VNI has 24 bits: vxlan-min-id plus the tunnel index must stay below 16777216.',
    }),
  vniInUse: (vni: number) =>
    new KatasimError(
      'PEERPOD_VNI_IN_USE',
      `A VXLAN device with the specified VNI already exists.: ${vni}`,
      {
        hint: 'The index counter starts at 0 with each adaptor; an older tunnel still holds the id.',
      },
    ),
  /** A duplicate VNI on a real node ends so: its device names are tried in turn. */
  tooManyDevices: (cause: unknown) =>
    new KatasimError('PEERPOD_VNI_IN_USE', 'failed to create vxlan interface ppvxlan5: too many', {
      hint: 'The index counter starts at 0 with each adaptor; an older tunnel still holds the VNI.',
      cause,
    }),
  podNetworkConfig: (text: string) =>
    new KatasimError('PEERPOD_POD_NETWORK_CONFIG', text, {
      hint: 'Compare pod-network in apf.json with what the worker wrote.',
    }),

  // Pod VM
  userData: (reason: string, cause?: unknown) =>
    new KatasimError('PEERPOD_USER_DATA', `failed to parse user data: ${reason}`, {
      hint: 'process-user-data takes write_files with path and content, and nothing else.',
      ...(cause !== undefined && { cause }),
    }),
  userDataTooLarge: () =>
    new KatasimError('PEERPOD_USER_DATA_SIZE', 'base64 encoded userData is greater than 64KB', {
      hint: 'Shorten initdata: the policy is the usual large part.',
    }),
  initdataInVm: (text: string, cause: unknown) =>
    new KatasimError('PEERPOD_INITDATA', `failed to extract initdata hash: ${text}`, {
      hint: 'katasim initdata doctor takes the value apart.',
      cause,
    }),
  processUserDataPanic: (text: string, cause: unknown) =>
    new KatasimError('PEERPOD_INITDATA', text, {
      hint: 'process-user-data would crash on this initdata: write every value as a string.',
      cause,
    }),
  vmStopped: (name: string) =>
    new KatasimError('PEERPOD_VM_STOPPED', `pod VM ${name} was stopped while booting`, {
      hint: 'StopVM or a shutdown came first.',
    }),
  noAddressLeft: (prefix: string) =>
    new KatasimError('PEERPOD_NO_ADDRESS', `no free address left in ${prefix}.0.0/16`, {
      hint: 'Stop other pod VMs or katasims on this machine.',
    }),

  // Worker
  unknownProvider: (name: string, known: readonly string[]) =>
    new KatasimError('PEERPOD_CONFIG', `cloud-api-adaptor: Unsupported cloud provider: ${name}`, {
      hint: `CLOUD_PROVIDER is one of ${known.join(', ')}, or empty.`,
    }),
  configPort: (key: string, value: string) =>
    new KatasimError('PEERPOD_CONFIG', `${key}: invalid port "${value}"`, {
      hint: 'Use a number from 0 to 65535.',
    }),
  configNotText: (key: string, value: unknown) =>
    new KatasimError('PEERPOD_CONFIG', `peer-pods-cm: ${key} is ${typeof value}, not a text`, {
      hint: 'Put the value in quotes: ConfigMap data are strings.',
    }),
  globalInitdata: (text: string, cause: unknown) =>
    new KatasimError('PEERPOD_GLOBAL_INITDATA', `failed to parse global initdata: ${text}`, {
      hint: 'Look at INITDATA in peer-pods-cm with katasim initdata doctor.',
      cause,
    }),
  unknownTunnel: (type: string) =>
    new KatasimError('PEERPOD_CONFIG', `failed to get tunneler: unknown tunnel type: "${type}"`, {
      hint: 'TUNNEL_TYPE is vxlan.',
    }),
  noInstanceType: (vcpus: number, memory: number) =>
    new KatasimError(
      'PEERPOD_INSTANCE_TYPE',
      `no instance type found for the given vcpus (${vcpus}) and memory (${memory})`,
      { hint: 'Add a larger type to the list of supported instance types.' },
    ),
  instanceTypeListEmpty: (name: string, defaultType: string) =>
    new KatasimError(
      'PEERPOD_INSTANCE_TYPE',
      `requested instance type ("${name}") is not default ("${defaultType}") and supported instance types list is empty`,
      { hint: 'Name the type in AZURE_INSTANCE_SIZES or PODVM_INSTANCE_TYPES.' },
    ),
  instanceTypeUnsupported: (name: string) =>
    new KatasimError(
      'PEERPOD_INSTANCE_TYPE',
      `requested instance type ("${name}") is not part of supported instance types list`,
      { hint: 'Name the type in AZURE_INSTANCE_SIZES or PODVM_INSTANCE_TYPES.' },
    ),
  netns: (path: string, reason: string) =>
    new KatasimError('PEERPOD_NETNS', `failed to inspect netns ${path}: ${reason}`, {
      hint: 'CreateVM carries the path of the pod network namespace.',
    }),
  noPodIp: (network: string) =>
    new KatasimError('PEERPOD_NO_POD_IP', `no pod address left in ${network}`, {
      hint: 'Use a larger pod network.',
    }),
  noInstance: (id: string) =>
    new KatasimError('PEERPOD_NO_INSTANCE', `instance ${id} does not exist`, {
      hint: 'It was deleted already.',
    }),
  /** `step` is what the adaptor puts before it; CreateVM puts nothing. */
  emptySandboxId: (step?: string) =>
    new KatasimError(
      'PEERPOD_SANDBOX_ID',
      `${step === undefined ? '' : `${step}: `}empty sandbox id`,
      {
        hint: 'Each call of the hypervisor service needs the id of the pod sandbox.',
      },
    ),
  badSandboxId: (id: string) =>
    new KatasimError(
      'PEERPOD_SANDBOX_ID',
      `sandbox id ${JSON.stringify(id.slice(0, 80))} cannot be a directory name`,
      {
        hint: 'Use letters, digits, dot, dash and underscore, at most 128 of them.',
      },
    ),
  missingPodName: (key: string) =>
    new KatasimError('PEERPOD_CREATE_VM', `pod name ${key} is missing in annotations`, {
      hint: 'The shim sends it with CreateVM.',
    }),
  missingNamespace: (key: string) =>
    new KatasimError('PEERPOD_CREATE_VM', `namespace name ${key} is missing in annotations`, {
      hint: 'The shim sends it with CreateVM.',
    }),
  sandboxExists: (id: string) =>
    new KatasimError('PEERPOD_SANDBOX_EXISTS', `adding sandbox: sandbox ${id} already exists`, {
      hint: 'StopVM the old sandbox first.',
    }),
  noSandbox: (step: string, id: string) =>
    new KatasimError('PEERPOD_NO_SANDBOX', `${step}: sandbox ${id} does not exist`, {
      hint: 'Sandboxes live in the adaptor, and only as long as it runs.',
    }),
  createInstance: (cause: unknown) =>
    new KatasimError('PEERPOD_CREATE_INSTANCE', `creating an instance : ${messageOf(cause)}`, {
      hint: 'The cloud refused, or no address was free.',
      cause,
    }),
  noInstanceIp: () =>
    new KatasimError('PEERPOD_NO_INSTANCE_IP', 'instance IP is not available', {
      hint: 'The provider made a machine without an address.',
    }),
  workerTunnel: (netns: string, cause: unknown) =>
    new KatasimError(
      'PEERPOD_WORKER_TUNNEL',
      `setting up pod network tunnel on netns ${netns}: ${messageOf(cause)}`,
      { hint: 'Look for an older tunnel with the same VNI.', cause },
    ),
  noPodVmHooks: () =>
    new KatasimError('PEERPOD_NO_PROVIDER', 'the worker does not know how to equip a pod VM', {
      hint: 'Give createWorker either podVm or provider.',
    }),
  providerClosed: () =>
    new KatasimError('PEERPOD_PROVIDER_CLOSED', 'the worker is shutting down', {
      hint: 'No machine was made.',
    }),
  kernelNetwork: (text: string, cause?: unknown, hint?: string) =>
    new KatasimError('PEERPOD_KERNEL_NETWORK', `pod network in the kernel: ${text}`, {
      hint: hint ?? 'Leave out `--net kernel`: in user space it needs nothing of the machine.',
      ...(cause !== undefined && { cause }),
    }),
  noKernelNetwork: (missing: string) =>
    new KatasimError('PEERPOD_NO_KERNEL_NETWORK', `no pod network in the kernel: ${missing}`, {
      hint: 'It takes Linux, root (or CAP_NET_ADMIN and CAP_SYS_ADMIN) and iproute2; or leave out `--net kernel`.',
    }),
  noKernelDevice: (type: string, cause: unknown) =>
    new KatasimError(
      'PEERPOD_NO_KERNEL_NETWORK',
      `no pod network in the kernel: this kernel makes no ${type} device`,
      { hint: `Try \`modprobe ${type}\`; or leave out \`--net kernel\`.`, cause },
    ),

  // Webhook
  /** The real webhook panics here, and controller-runtime turns that into an answer. */
  podWithoutContainers: () =>
    new KatasimError(
      'PEERPOD_WEBHOOK_PANIC',
      'runtime error: index out of range [0] with length 0',
      { hint: 'A pod has at least one container.' },
    ),
  badQuantity: (text: string) =>
    new KatasimError(
      'PEERPOD_QUANTITY',
      `quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$': "${text.slice(0, 80)}"`,
      { hint: 'Write 500m, 2, 128Mi or 1G.' },
    ),

  // Faults on demand
  unknownFault: (word: string, near: string | undefined, known: readonly string[]) =>
    new KatasimError('PEERPOD_FAULT', `there is no fault ${JSON.stringify(word.slice(0, 80))}`, {
      hint: near === undefined ? `There are: ${known.join(', ')}.` : `Did you mean ${near}?`,
    }),
  faultOfTcp: (word: string) =>
    new KatasimError('PEERPOD_FAULT', `fault ${word} is not supported on UDP`, {
      hint: 'Write 15150:NAME, or one of 9000:refuse, black-hole, delay, loss, cut, late-start.',
    }),
  badFault: (word: string, spelled: string) =>
    new KatasimError(
      'PEERPOD_FAULT',
      `the fault ${JSON.stringify(word.slice(0, 80))} is not complete`,
      {
        hint: `Write ${spelled}, such as 15150:delay=200ms, 15150:cut=4096 or 9000:loss=0.3.`,
      },
    ),
};
