/** A running pod as its record says it. */
import type { SimulatedPod } from '#sim';
import type { CommandContext } from '../command.ts';
import type { JournalBasis } from './journal.ts';
import { currentProcess } from './process-identity.ts';
import type { PodRecord } from './records.ts';

/** What is known of a pod that has just come up. */
export function recordOf(
  { sandbox, podIp, machine, logs }: SimulatedPod,
  netns: string | undefined,
): JournalBasis {
  const owner = currentProcess();
  const { pod, podUid, sandboxId, agentSocketPath, containers } = sandbox;
  return {
    name: pod.name,
    namespace: pod.namespace,
    uid: podUid,
    sandboxId,
    pid: owner.pid,
    pidStarted: owner.started,
    phase: 'Running' as const,
    podIp,
    ...(netns !== undefined && { netns }),
    vmAddress: machine.host,
    agentSocketPath,
    logDirectory: logs.directory,
    startedAt: new Date().toISOString(),
    runtime: sandbox.runtime,
    policy: machine.policySource,
    policyDigest: machine.local?.agent.policy?.provenance.digest,
    containers: containers.map(({ name, id, image, base }) => ({
      name,
      id,
      image: image.reference,
      base,
      ready: true,
    })),
  };
}

/** With the pod network in the kernel: what to type there. */
export function noteNetns(
  { netns, podIp }: Pick<PodRecord, 'netns' | 'podIp'>,
  { output }: CommandContext,
): void {
  if (netns === undefined) return;
  output.note(`the pod network is in the kernel, in namespace ${netns}:`);
  output.note(`  ip netns exec ${netns} ping ${podIp}`);
}
