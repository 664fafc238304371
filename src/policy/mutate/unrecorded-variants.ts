/** Requests of endpoints that were never recorded: the most useful one of each to an attacker. */
import { endpoints, type Json } from '#wire';
import { completeInput } from '../corpus/complete-input.ts';
import type { MutationClass, Variant } from './mutation.ts';
import type { Timeline } from './timeline.ts';

interface EndpointRow {
  readonly endpoint: string;
  readonly gain: string;
  readonly class?: MutationClass;
  readonly fields?: Readonly<Record<string, Json>>;
}

const bytes = (text: string): readonly number[] => [...Buffer.from(text)];

const OPEN_POLICY = 'package agent_policy\n\ndefault AllowRequestsFailingPolicy := true\n';

/** `container_id` is filled in with a container that is there. */
const rows: readonly EndpointRow[] = [
  {
    endpoint: 'SetPolicyRequest',
    gain: 'the policy itself is replaced: everything else follows',
    fields: { policy: OPEN_POLICY },
  },
  {
    endpoint: 'ExecProcessRequest',
    class: 'exec',
    gain: 'a shell next to the workload’s files and secrets',
    fields: { exec_id: 'attacker', process: { Args: ['/bin/sh'], Cwd: '/' } },
  },
  {
    endpoint: 'WriteStreamRequest',
    class: 'stdin',
    gain: 'commands are typed into a process that takes none',
    fields: { data: bytes('cat /run/secrets/*\n') },
  },
  {
    endpoint: 'CloseStdinRequest',
    class: 'stdin',
    gain: 'a process that waits for input is ended',
  },
  {
    endpoint: 'ReadStreamRequest',
    gain: 'what the workload prints: logs, and secrets in them',
    fields: { len: 32_768 },
  },
  {
    endpoint: 'CopyFileRequest',
    class: 'file',
    gain: 'files of the guest are replaced',
    fields: {
      path: '/run/kata-containers/shared/containers/attacker',
      file_type: 'Regular',
      file_mode: 0o100777,
      dir_mode: 0o40777,
    },
  },
  {
    endpoint: 'CreateContainerRequest',
    gain: 'code of the attacker runs in the pod',
    fields: { container_id: 'a'.repeat(64) },
  },
  {
    endpoint: 'CreateSandboxRequest',
    gain: 'files of the pod are wiped, and its checks begin anew',
    fields: { sandbox_id: 'a'.repeat(64) },
  },
  {
    endpoint: 'StartContainerRequest',
    gain: 'containers run that were only prepared',
  },
  {
    endpoint: 'UpdateContainerRequest',
    gain: 'the workload is starved, or gets devices',
  },
  {
    endpoint: 'UpdateEphemeralMountsRequest',
    gain: 'volumes in memory are mounted again with other options',
  },
  {
    endpoint: 'UpdateInterfaceRequest',
    gain: 'the pod’s traffic goes through the attacker',
    fields: { interface: { name: 'eth0', device: 'eth0' } },
  },
  {
    endpoint: 'UpdateRoutesRequest',
    gain: 'the pod’s traffic goes through the attacker',
    fields: { routes: { Routes: [{ dest: '', gateway: '198.51.100.66', device: 'eth0' }] } },
  },
  {
    endpoint: 'AddARPNeighborsRequest',
    gain: 'the pod’s traffic goes through the attacker',
  },
  {
    endpoint: 'SetIPTablesRequest',
    gain: 'the pod’s traffic goes through the attacker',
    fields: { data: bytes('*nat\nCOMMIT\n') },
  },
  { endpoint: 'GetIPTablesRequest', gain: 'how the pod’s network is built' },
  { endpoint: 'ListInterfacesRequest', gain: 'how the pod’s network is built' },
  { endpoint: 'ListRoutesRequest', gain: 'how the pod’s network is built' },
  { endpoint: 'GetMetricsRequest', gain: 'what the guest does, second by second' },
  { endpoint: 'StatsContainerRequest', gain: 'what the workload does, second by second' },
  { endpoint: 'VolumeStatsRequest', gain: 'whether paths of the guest exist' },
  { endpoint: 'GetDiagnosticDataRequest', gain: 'a file of the workload’s choice is read' },
  { endpoint: 'GuestDetailsRequest', gain: 'versions and features of the guest' },
  { endpoint: 'GetOOMEventRequest', gain: 'when the workload runs out of memory' },
  { endpoint: 'PauseContainerRequest', gain: 'the workload stands still, at a moment of choice' },
  { endpoint: 'ResumeContainerRequest', gain: 'the workload goes on, at a moment of choice' },
  {
    endpoint: 'SignalProcessRequest',
    gain: 'the workload is made to dump, reload or stop',
    fields: { signal: 9 },
  },
  { endpoint: 'WaitProcessRequest', gain: 'exit codes, and the process entry is gone' },
  { endpoint: 'RemoveContainerRequest', gain: 'the workload is ended' },
  { endpoint: 'DestroySandboxRequest', gain: 'the pod is ended' },
  { endpoint: 'TtyWinResizeRequest', gain: 'the size of a terminal' },
  {
    endpoint: 'SetGuestDateTimeRequest',
    gain: 'certificates that have expired are valid again',
    fields: { Sec: 1, Usec: 0 },
  },
  {
    endpoint: 'ReseedRandomDevRequest',
    gain: 'a say in the guest’s random numbers',
    fields: { data: [0, 0, 0, 0] },
  },
  {
    endpoint: 'AddSwapRequest',
    gain: 'memory with secrets is written to a device of the host',
  },
  {
    endpoint: 'AddSwapPathRequest',
    gain: 'memory with secrets is written to a device of the host',
    fields: { path: '/dev/vdb' },
  },
  { endpoint: 'OnlineCPUMemRequest', gain: 'memory and CPUs that the host can look into' },
  { endpoint: 'MemHotplugByProbeRequest', gain: 'memory that the host can look into' },
  { endpoint: 'MemAgentMemcgConfig', gain: 'the workload’s memory is reclaimed' },
  { endpoint: 'MemAgentCompactConfig', gain: 'the guest is kept busy' },
  { endpoint: 'ResizeVolumeRequest', gain: 'nothing today: the agent does not implement it' },
  {
    endpoint: 'RemoveStaleVirtiofsShareMountsRequest',
    gain: 'nothing worth having: stale mounts are looked at',
  },
];

/** Fails in tests when a new endpoint has no row. */
export const unrecordedEndpoints: readonly string[] = rows.map(({ endpoint }) => endpoint);

export function unrecordedVariants(
  { steps, busiest }: Timeline,
  recorded: ReadonlySet<string>,
  missingMethods: readonly string[],
): readonly Variant[] {
  const existing = new Set(
    endpoints
      .filter(({ methods }) => methods.some((method) => !missingMethods.includes(method)))
      .map(({ endpoint }) => endpoint),
  );
  const container = steps.find(({ endpoint }) => endpoint === 'StartContainerRequest')?.container;
  return rows
    .filter(({ endpoint }) => existing.has(endpoint) && !recorded.has(endpoint))
    .map(({ endpoint, gain, fields = {}, class: group = 'unrecorded' }): Variant => {
      const { input } = completeInput(endpoint, fields);
      const named = nameContainer(input, fields, container ?? 'a'.repeat(64));
      return {
        class: group,
        name: 'never-recorded',
        endpoint,
        gain,
        deny: `write \`default ${endpoint} := false\``,
        label: endpoint,
        input: named,
        from: undefined,
        state: busiest,
        when: 'although it was never recorded',
      };
    });
}

function nameContainer(
  input: Json,
  fields: Readonly<Record<string, Json>>,
  container: string,
): Json {
  const members = input as Readonly<Record<string, Json>>;
  if (!('container_id' in members) || 'container_id' in fields) return input;
  return { ...members, container_id: container };
}
