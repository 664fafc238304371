/**
 * What a cluster does with a pod before its node sees it: the webhook's mutation, then the scheduler's
 * accounting. In this order the scheduler counts a VM and the overhead, not the containers' requests.
 */
import { type Container, demandOf, isAdmittedAsPeerPod, type Pod } from '#kube';
import { type NodeCapacity, type SlotReservations } from '#cluster';
import { mutatePod } from '#peerpod';
import { simErrors } from './errors.ts';

/** The pod as it is stored: annotations for the machine, resources emptied. */
export function admit(pod: Pod): Pod {
  if (!isAdmittedAsPeerPod(pod)) return pod;
  const { annotations, runtimeClassName, containers, initContainers } = pod;
  const { metadata, spec } = mutatePod({
    metadata: { annotations },
    spec: {
      containers,
      initContainers,
      ...(runtimeClassName !== undefined && { runtimeClassName }),
    },
  });
  return {
    ...pod,
    annotations: metadata.annotations,
    containers: containers.map(resourcesFrom(spec.containers)),
    initContainers: initContainers.map(resourcesFrom(spec.initContainers)),
  };
}

/** Emptied resources are two empty lists in the shim's terms. */
const resourcesFrom =
  (mutated: readonly Pick<Container, 'resources'>[]) =>
  (container: Container, index: number): Container => ({
    ...container,
    resources: { requests: {}, limits: {}, ...mutated[index]?.resources },
  });

/**
 * Throws what `kubectl describe` shows of a pod that stays Pending. `shared` decides when there are other
 * processes on the node; `node` then only knows who of its pods are ours.
 */
export async function schedule(
  node: NodeCapacity,
  shared: SlotReservations | undefined,
  key: string,
  pod: Pod,
): Promise<void> {
  const demand = demandOf(pod);
  const places = await shared?.place(key, demand, node.allocatable);
  const answer = places?.kind === 'unschedulable' ? places : node.place(key, demand);
  if (answer.kind === 'unschedulable') throw simErrors.failedScheduling(answer.message);
}
