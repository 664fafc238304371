/**
 * What a pod loses when an endpoint is never allowed, in the words of the person who runs the pod.
 * Sources: the shim's calls in kata-containers (runtime-go and runtime-rs), and what users report.
 */
import type { KataProfile } from '#gate';

type Consequence = string | ((kata: KataProfile) => string);

const CONSEQUENCES: Readonly<Record<string, Consequence>> = {
  CreateSandboxRequest: 'no pod can start',
  GuestDetailsRequest: 'no pod can start: the shim asks what the guest supports first',
  CreateContainerRequest: 'no container can start',
  StartContainerRequest: 'no container can start',
  CopyFileRequest:
    'resolv.conf, ConfigMaps and Secrets cannot be copied in, and a pod that needs them does not start',
  UpdateInterfaceRequest: 'the shim cannot set up the pod’s network (peer pods set up their own)',
  UpdateRoutesRequest: 'the shim cannot set up the pod’s routes (peer pods set up their own)',
  AddARPNeighborsRequest: 'static ARP entries of the pod’s network are refused',
  WaitProcessRequest: 'the shim cannot learn that a process ended: exec and exec probes fail',
  ExecProcessRequest:
    'kubectl exec, kubectl cp, exec probes and exec lifecycle hooks are refused; such a probe restarts the container',
  WriteStreamRequest: 'a process gets no input: exec -it and attach open but take none',
  CloseStdinRequest: 'the end of input is not passed on: `... | kubectl exec -i` hangs',
  ReadStreamRequest: ({ deniedRead }) =>
    deniedRead === 'empty'
      ? 'kubectl logs and exec print nothing, without an error'
      : 'kubectl logs is silent, exec output fails, and a container that writes much blocks on a full pipe',
  TtyWinResizeRequest: 'a terminal keeps the size it had when it was opened',
  SignalProcessRequest: 'containers cannot be stopped by signal: deletion waits for its timeout',
  RemoveContainerRequest:
    'containers cannot be removed: deletion of the pod is slow and restarts fail',
  DestroySandboxRequest: 'the sandbox cannot be shut down in order; the VM is killed',
  StatsContainerRequest: 'kubectl top and metrics of the container are missing',
  GetMetricsRequest: 'kata-monitor gets no metrics of the guest',
  GetOOMEventRequest: 'a container killed for memory does not say OOMKilled',
  UpdateContainerRequest: 'resources of a running container cannot be changed',
  UpdateEphemeralMountsRequest: 'emptyDir volumes in memory cannot be resized',
  OnlineCPUMemRequest: 'CPUs and memory added to the VM stay offline',
  PauseContainerRequest: 'containers cannot be paused',
  ResumeContainerRequest: 'paused containers cannot go on',
  GetDiagnosticDataRequest: 'the termination message of a container is empty',
  VolumeStatsRequest: 'usage of volumes is not reported',
  ResizeVolumeRequest: 'no loss: the agent does not implement it',
  SetPolicyRequest: 'a policy annotation on the pod is refused, and with it the pod',
  ReseedRandomDevRequest:
    'the guest’s random numbers are not reseeded after a start from a template',
  RemoveStaleVirtiofsShareMountsRequest: 'stale shared mounts are not looked at',
  SetGuestDateTimeRequest: 'the guest’s clock is not set after a resume',
  ListInterfacesRequest: 'tools on the node cannot list the pod’s interfaces',
  ListRoutesRequest: 'tools on the node cannot list the pod’s routes',
};

export function consequenceOf(endpoint: string, kata: KataProfile): string | undefined {
  const consequence = CONSEQUENCES[endpoint];
  return typeof consequence === 'function' ? consequence(kata) : consequence;
}

/** Without any of these no pod comes up: to refuse them always is an error, not a choice. */
export const NEEDED_TO_START: ReadonlySet<string> = new Set([
  'CreateSandboxRequest',
  'GuestDetailsRequest',
  'CopyFileRequest',
  'CreateContainerRequest',
  'StartContainerRequest',
]);
