/**
 * A process that shares a node's reservations: reserves one slot on request, prints the result, and keeps
 * it until it ends. Arguments: directory, limit.
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { systemRandom } from '#base';
import { advertised, demandOf } from '#kube';
import { NodeReservations } from '#cluster';
import { currentProcess, isRunning } from '../../src/cli/pods/process-identity.ts';

const [directory = '', limit] = process.argv.slice(2);
const reservations = new NodeReservations({
  directory,
  self: currentProcess(),
  isRunning,
  random: systemRandom,
});
const pod = `default/pod-${process.pid}`;
const demand = demandOf({ namespace: 'default', runtimeClassName: 'kata-remote' });

process.stdout.write('ready\n');
for await (const order of createInterface({ input: process.stdin })) {
  if (order === 'release') await reservations.release(pod);
  const answer =
    order === 'claim'
      ? await reservations.place(pod, demand, advertised(Number(limit)))
      : undefined;
  process.stdout.write(`${answer?.kind ?? 'released'}\n`);
}
