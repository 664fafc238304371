import process from 'node:process';
import { watch } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Command } from '../command.ts';
import { podName, podOptions, podRecords, stateDirectory } from '../pods/options.ts';

/** How often to look whether the pod is gone when the directory reports no change. */
const LOOK_AGAIN_MS = 200;

export const command: Command = {
  name: 'delete',
  summary: 'stop a pod and remove what is left of it',
  usage: 'delete [pod] POD',
  options: podOptions,
  examples: ['katasim delete pod web'],
  operands: { min: 1, max: 2 },
  async run(context) {
    const { operands, options, output, signal } = context;
    const namespace = options.text('namespace') ?? 'default';
    const name = podName(operands.length === 2 ? operands[1] : operands[0]);
    const records = podRecords(context);
    const { phase, pid, sandboxId } = await records.find(namespace, name);
    const changes = watch(join(stateDirectory(context), 'pods'));
    // The process that runs the pod takes it down in order when it is asked to end. The record is not
    // stale, so the number is still that process.
    if (phase === 'Running') process.kill(pid, 'SIGTERM');
    const isGone = async (): Promise<boolean> => {
      const record = (await records.list()).find((one) => one.sandboxId === sandboxId);
      if (record === undefined) return true;
      // It has ended by itself, before or just now.
      if (record.phase !== 'Running') await records.remove(record);
      return record.phase !== 'Running';
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
    return 0;
  },
};
