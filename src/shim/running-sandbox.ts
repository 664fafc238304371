/** A pod that runs: exec into its containers, and its end. */
import { messageOf, runOnce } from '#base';
import { shimErrors } from './errors.ts';
import { openExec, type ExecOptions } from './exec.ts';
import { runPreStop } from './lifecycle.ts';
import type { PodSandbox, RunningContainer } from './pod-sandbox.ts';
import type { ProcessSession } from './process-session.ts';
import type { Start } from './start-steps.ts';
import { removeContainer } from './stop.ts';

/** A silent agent must not keep a pod from being deleted: the VM goes anyway. */
const TEAR_DOWN_MS = 5000;
const SECOND = 1000;

export function runningSandbox(
  start: Start,
  containers: readonly RunningContainer[],
  over: AbortController,
): PodSandbox {
  const { agent, client, pod, podUid, sandboxId, annotations, agentSocketPath, logger } = start;
  const exec = (options: ExecOptions) => execIn(start, containers, options, over.signal);
  const close = runOnce(async () => {
    await runPreStops(start, containers, exec);
    const limit = AbortSignal.timeout(start.shim.tearDownMs ?? TEAR_DOWN_MS);
    const left: string[] = [];
    for (const id of [...containers.map((container) => container.id), sandboxId]) {
      await removeContainer(agent, id, limit);
      if (limit.aborted) left.push(id);
    }
    if (start.runtime.destroysSandbox && !limit.aborted) {
      await agent.call('DestroySandbox', {}, limit).catch((error: unknown) => {
        logger.warn({ sandboxId, reason: messageOf(error) }, 'DestroySandbox failed');
      });
    }
    if (left.length > 0) {
      logger.warn(
        { sandboxId, left },
        'the agent did not answer; its containers were left to the VM',
      );
    }
    over.abort();
    try {
      await client.close();
    } finally {
      await start.shim.hypervisor.stopVm(sandboxId);
    }
  });
  return {
    pod,
    podUid,
    sandboxId,
    agentSocketPath,
    runtime: start.runtime.name,
    annotations,
    containers,
    client,
    exec,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** All at once, within the pod's grace period. */
async function runPreStops(
  { pod, logger }: Start,
  containers: readonly RunningContainer[],
  exec: PodSandbox['exec'],
): Promise<void> {
  const hooked = containers.filter(({ preStop }) => preStop !== undefined);
  if (hooked.length === 0) return;
  const limit = AbortSignal.timeout(pod.terminationGracePeriodSeconds * SECOND);
  await Promise.all(
    hooked.map(async (container) => {
      const reason = await runPreStop({ exec }, container, limit);
      if (reason !== undefined) {
        logger.warn({ container: container.name, reason }, 'FailedPreStopHook');
      }
    }),
  );
}

async function execIn(
  { agent, shim, logger }: Start,
  containers: readonly RunningContainer[],
  options: ExecOptions,
  over: AbortSignal,
): Promise<ProcessSession> {
  const name = options.container ?? containers[0]?.name ?? '';
  const container = containers.find((candidate) => candidate.name === name);
  if (container === undefined) {
    throw shimErrors.noContainer(
      name,
      containers.map((candidate) => candidate.name),
    );
  }
  const { base } = container;
  return openExec(agent, container.id, { ...options, base, random: shim.random, logger, over });
}
