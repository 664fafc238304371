/** A running pod as its record says it. */
import type { RecordBase } from '#node';
import type { SimulatedPod } from '#sim';
import type { CommandContext } from '../command.ts';
import { currentProcess } from './process-identity.ts';

/** What is known of a pod that has just come up. */
export function recordOf(
  { sandbox, machine, logs }: SimulatedPod,
  netns: string | undefined,
): RecordBase {
  const owner = currentProcess();
  const { pod, podUid, sandboxId, agentSocketPath, containers } = sandbox;
  return {
    name: pod.name,
    namespace: pod.namespace,
    uid: podUid,
    sandboxId,
    pid: owner.pid,
    pidStarted: owner.started,
    netns,
    vmAddress: machine.host,
    agentSocketPath,
    logDirectory: logs.directory,
    runtime: sandbox.runtime,
    policy: machine.policySource,
    policyDigest: machine.local?.agent.policy?.provenance.digest,
    containers: containers.map(({ name, id, base }) => ({ name, id, base })),
  };
}

/** With the pod network in the kernel: what to type there. */
export function noteNetns(
  {
    netns,
    podIP = '',
  }: { readonly netns?: string | undefined; readonly podIP?: string | undefined },
  { output }: CommandContext,
): void {
  if (netns === undefined) return;
  output.note(`the pod network is in the kernel, in namespace ${netns}:`);
  output.note(`  ip netns exec ${netns} ping ${podIP}`);
}
