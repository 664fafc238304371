/**
 * A process that shares a node's account: claims one place when told to, says what came of it, and holds
 * the place until it is ended. Arguments: directory, limit.
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { systemRandom } from '#base';
import { advertised, demandOf } from '#kube';
import { NodeAccount } from '#cluster';
import { currentProcess, isRunning } from '../../src/cli/pods/process-identity.ts';

const [directory = '', limit] = process.argv.slice(2);
const account = new NodeAccount({
  directory,
  self: currentProcess(),
  isRunning,
  random: systemRandom,
});
const pod = `default/pod-${process.pid}`;
const demand = demandOf({ namespace: 'default', runtimeClassName: 'kata-remote' });

process.stdout.write('ready\n');
for await (const order of createInterface({ input: process.stdin })) {
  if (order === 'release') await account.release(pod);
  const answer =
    order === 'claim' ? await account.place(pod, demand, advertised(Number(limit))) : undefined;
  process.stdout.write(`${answer?.kind ?? 'released'}\n`);
}
