/**
 * What a cluster does with a pod before its node sees it: the API server's defaults and service account,
 * the webhook's mutation, then the scheduler's accounting. In this order the scheduler counts a VM and the
 * overhead, not the containers' own requests.
 */
import { randomHex, type Random } from '#base';
import {
  admitPod,
  demandOf,
  isAdmittedAsPeerPod,
  readPodObject,
  safeSuffix,
  type Pod,
  type PodObject,
} from '#kube';
import type { NodeCapacity, SlotReservations } from '#cluster';
import { mutatePod } from '#peerpod';
import { simErrors } from './errors.ts';

const SUFFIX_LENGTH = 5;

/** The pod as it is stored: with its service account, annotations for the machine, resources emptied. */
export function admittedObject(pod: Pod, random: Random): PodObject {
  const object = admitPod(pod, { suffix: safeSuffix(randomHex(random, 16), SUFFIX_LENGTH) });
  return isAdmittedAsPeerPod(pod) ? mutatePod(object) : object;
}

export const admit = (pod: Pod, random: Random): Pod => readPodObject(admittedObject(pod, random));

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
