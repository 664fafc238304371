/** What a cluster would tell of a pod that starts, and what only katasim knows of its end. */
import { NODE_NAME } from '#shim';
import { type Pod } from '#kube';
import type { PodJournal } from './journal.ts';

/** As the scheduler words it. */
export function noteScheduled({ namespace, name }: Pod, journal: PodJournal): void {
  const message = `Successfully assigned ${namespace}/${name} to ${NODE_NAME}`;
  journal.event('Normal', 'Scheduled', message);
}

/** As the kubelet words it: of each container, in the order of their starts. */
export function noteStarted({ initContainers, containers }: Pod, journal: PodJournal): void {
  for (const { name, image } of [...initContainers, ...containers]) {
    // Every image is there from the start, so that the kubelet pulls none.
    const pulled = `Container image "${image}" already present on machine`;
    journal.event('Normal', 'Pulled', pulled);
    journal.event('Normal', 'Created', `Created container: ${name}`);
    journal.event('Normal', 'Started', `Started container ${name}`);
  }
}

export function noteFaults(words: readonly string[], journal: PodJournal): void {
  if (words.length === 0) journal.event('Normal', 'FaultsLifted', 'The pod VM has no faults');
  else journal.event('Warning', 'FaultsOrdered', `The pod VM has the faults ${words.join(' ')}`);
}

export function noteLost(container: string, reason: string, journal: PodJournal): void {
  const message = `Nobody could tell how container ${container} ended: ${reason}`;
  journal.event('Warning', 'ContainerLost', message);
}
