/** What can keep a simulated pod from running, beyond the errors of the real parts. */
import { KatasimError, messageOf } from '#base';

export const simErrors = {
  vmDead: (name: string, unit: string, cause: unknown) =>
    new KatasimError(
      'SIM_VM_DEAD',
      `pod VM ${name} did not come up: ${unit}: ${messageOf(cause)}`,
      {
        hint: 'Fix the cause and start the pod again; a real adaptor would dial until PROXY_TIMEOUT.',
        cause,
        ...(cause instanceof KatasimError && {
          excerpt: cause.excerpt,
          ...(cause.location !== undefined && { location: cause.location }),
        }),
      },
    ),
  noAttestationConfig: (name: string) =>
    new KatasimError(
      'SIM_VM_DEAD',
      `pod VM ${name} did not come up: its initdata has no aa.toml, so the attestation agent and the kata agent behind it do not start`,
      { hint: 'Add an "aa.toml" to [data]; it may be empty.' },
    ),
  noPod: (namespace: string, name: string) =>
    new KatasimError('SIM_NO_POD', `pods "${name}" not found in ${namespace}`, {
      hint: 'Start it with createPod first.',
    }),
  podExists: (namespace: string, name: string) =>
    new KatasimError('SIM_POD_EXISTS', `pods "${name}" already exists in ${namespace}`, {
      hint: 'Delete it first, or give the new pod another name.',
    }),
  openFiles: (pods: number, needed: number, limit: number) =>
    new KatasimError(
      'SIM_OPEN_FILES',
      `no room for ${pods} pod${pods === 1 ? '' : 's'} within the limit of ${limit} open files`,
      { hint: `Raise it first: ulimit -n ${needed}` },
    ),
  badAllocatable: (entry: string) =>
    new KatasimError('SIM_BAD_ALLOCATABLE', `"${entry}" is not an allocatable resource`, {
      hint: 'Write cpu and memory as Kubernetes does, for example cpu=3500m,memory=16Gi.',
    }),
  closed: () =>
    new KatasimError('SIM_CLOSED', 'the simulator is closed', {
      hint: 'Create a new simulator.',
    }),
  podVmEnded: (code: number | null) =>
    new KatasimError('SIM_VM_DEAD', `the process of the pod VM ended with ${code ?? 'a signal'}`, {
      hint: 'Its last output is on stderr.',
    }),
  podVmNotStarted: (program: string, cause: unknown) =>
    new KatasimError('SIM_VM_DEAD', `cannot start a pod VM: ${program}: ${messageOf(cause)}`, {
      hint: 'The command must be katasim podvm.',
      cause,
    }),
  otherProcess: (name: string) =>
    new KatasimError('SIM_OTHER_PROCESS', `pod VM ${name} runs in another process`, {
      hint: 'Use its sockets, or remove podVmCommand (--isolate process).',
    }),
  noFaultsOnDemand: (name: string) =>
    new KatasimError('SIM_NO_FAULTS', `pod VM ${name} does not accept faults at run time`, {
      hint: 'Set faultsOnDemand, or start the pod with the fault.',
    }),
  badAdaptorVersion: (text: string) =>
    new KatasimError(
      'SIM_ADAPTOR_VERSION',
      `${JSON.stringify(text)} is not a cloud-api-adaptor release`,
      {
        hint: 'Write a release such as v0.15.0: before v0.16.0 initdata has another annotation key.',
      },
    ),
  badOrder: (what: string) =>
    new KatasimError('SIM_ORDER', `invalid request: ${what}`, {
      hint: 'Send PUT /faults with a list of faults, GET /diagnosis, or CONNECT pod:PORT.',
    }),
  noControl: (path: string, cause: unknown) =>
    new KatasimError('SIM_NO_CONTROL', `nothing listens on ${path}`, {
      hint: 'The process that ran the pod has ended; `katasim get pods` lists the running pods.',
      cause,
    }),
  failedScheduling: (message: string) =>
    new KatasimError('SIM_FAILED_SCHEDULING', `FailedScheduling: ${message}`, {
      hint: message.includes('peerpods')
        ? 'Delete a pod, or raise PEERPODS_LIMIT_PER_NODE in peer-pods-cm.'
        : 'Delete a pod, or raise the allocatable resources of the node.',
    }),
};
