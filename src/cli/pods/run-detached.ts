/** `run --detach`: the same command in a process of its own, which stays. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import process from 'node:process';
import type { Pod } from '#kube';
import type { CommandContext } from '../command.ts';
import { podRecords } from './options.ts';
import { noteNetns } from './pod-record.ts';
import type { PodRecord } from '#node';

/**
 * Tells the process that stays that it is the one: the wish to detach may stand in a flag, among
 * others (`-df`), in the environment or in the config file.
 */
const DETACHED = 'KATASIM_IS_DETACHED';

/** Which pod of the manifests it runs. */
export const DETACHED_POD = 'KATASIM_DETACHED_POD';

export const isDetached = ({ environment }: CommandContext): boolean =>
  environment[DETACHED] === '1';

/** The same command in a process of its own, which stays; returns once its record is there. */
export async function runDetached(
  pod: Pod,
  stdin: string,
  context: CommandContext,
): Promise<number> {
  const records = podRecords(context);
  await records.prepare();
  // Before its output is opened anew: the pod that runs goes on writing there.
  await records.ended(pod);
  const logPath = records.outputOf(pod.namespace, pod.name);
  const log = openSync(logPath, 'w', 0o600);
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio: ['pipe', log, log],
    env: { ...context.environment, [DETACHED]: '1', [DETACHED_POD]: pod.name },
  });
  closeSync(log);
  // A child that ends before it has read everything says why in its log.
  child.stdin?.on('error', () => undefined).end(stdin);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => resolve(code ?? 3));
    child.once('error', reject);
  });
  ended.catch(() => undefined);
  const find = async (): Promise<PodRecord | undefined> =>
    (await records.list()).find(({ pid }) => pid === child.pid);
  let record: PodRecord | undefined;
  while ((record = await find()) === undefined) {
    const code = await Promise.race([ended, later()]);
    if (context.signal.aborted) {
      // Nobody else knows yet that it is there.
      child.kill('SIGTERM');
      await ended;
      await rm(logPath, { force: true });
      throw context.signal.reason;
    }
    if (code === undefined) continue;
    context.output.stderr.write(await readFile(logPath));
    await rm(logPath, { force: true });
    return code;
  }
  child.unref();
  context.output.line(`pod/${pod.name} created`);
  noteNetns({ netns: record.netns, podIP: record.status.podIP }, context);
  return 0;
}

const LOOK_AGAIN_MS = 50;

function later(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), LOOK_AGAIN_MS));
}
