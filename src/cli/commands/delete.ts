import process from 'node:process';
import { watch } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Command, CommandContext } from '../command.ts';
import { podName, podOptions, podRecords, stateDirectory } from '../pods/options.ts';
import { hasEnded, type PodRecord } from '#node';

/** How often to look whether the pod is gone when the directory reports no change. */
const LOOK_AGAIN_MS = 200;

const KIND_WORDS = ['pods', 'pod', 'po'];

export const command: Command = {
  usage: 'delete [pod] POD...',
  options: podOptions,
  examples: ['katasim delete pod web', 'katasim delete web db'],
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { operands, options } = context;
    const namespace = options.text('namespace') ?? 'default';
    // `pod` alone, or before a name, is the kind; a pod may bear that name, too.
    const [first = '', ...more] = operands;
    const words = more.length > 0 && KIND_WORDS.includes(first) ? more : operands;
    const records = podRecords(context);
    // A name that is not there is told before any pod is stopped.
    const names = new Set(words.map(podName));
    for (const name of names) await records.find(namespace, name);
    for (const name of names) await remove(await records.find(namespace, name), context);
    return 0;
  },
};

async function remove(target: PodRecord, context: CommandContext): Promise<void> {
  const { name, pid, sandboxId } = target;
  const { output, signal } = context;
  const records = podRecords(context);
  const changes = watch(join(stateDirectory(context), 'pods'));
  // The process that runs the pod takes it down in order when it is asked to end. The record is not
  // stale, so the number is still that process.
  if (!hasEnded(target)) process.kill(pid, 'SIGTERM');
  const isGone = async (): Promise<boolean> => {
    const record = (await records.list()).find((one) => one.sandboxId === sandboxId);
    if (record === undefined) return true;
    // It has ended by itself, before or just now.
    if (hasEnded(record)) await records.remove(record);
    return hasEnded(record);
  };
  try {
    while (!signal.aborted && !(await isGone())) {
      const look = AbortSignal.any([signal, AbortSignal.timeout(LOOK_AGAIN_MS)]);
      await once(changes, 'change', { signal: look }).catch(() => undefined);
    }
  } finally {
    changes.close();
  }
  if (signal.aborted) throw signal.reason;
  output.line(`pod "${name}" deleted`);
}
