/**
 * The lifecycle hooks of a container: an exec goes through the policy like any other.
 * Source: Kubernetes 1.34, pkg/kubelet/lifecycle/handlers.go and kuberuntime_container.go.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '#base';
import type { LifecycleAction } from '#kube';
import { RpcStatusError } from '#rpc';
import { ExecError, PodStartError, shimErrors } from './errors.ts';
import { openExec } from './exec.ts';
import type { PodSandbox, RunningContainer } from './pod-sandbox.ts';
import type { ProcessSession } from './process-session.ts';
import type { Start } from './start-steps.ts';

const SECOND = 1000;

/** Before the next container starts; one that fails ends the start. */
export async function runPostStart(
  start: Start,
  container: Pick<RunningContainer, 'id' | 'name' | 'base'>,
  hook: LifecycleAction | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (hook?.kind === 'sleep') await sleep(hook.seconds * SECOND, undefined, { signal });
  if (hook?.kind !== 'exec') return;
  const { pod, podUid, shim, agent, logger } = start;
  const { command } = hook;
  const fail = (reason: string) =>
    shimErrors.postStart(
      command,
      container.name,
      `${pod.name}_${pod.namespace}(${podUid})`,
      reason,
    );
  let session: ProcessSession;
  try {
    const { base } = container;
    session = await openExec(agent, container.id, {
      ...{ command, base, random: shim.random, logger, over: signal },
      stdout: () => undefined,
      stderr: () => undefined,
    });
  } catch (error) {
    if (!(error instanceof ExecError)) throw error;
    throw refused(error, fail(error.criText).message);
  }
  const code = await session.exitCode;
  if (code !== 0) throw fail(`command '${command.join(' ')}' exited with ${code}: `);
}

const refused = (cause: ExecError, text: string): PodStartError =>
  new PodStartError(text, {
    stage: 'container-start',
    reason: 'FailedPostStartHook',
    endpoint: 'ExecProcessRequest',
    status: cause.status,
    cause,
  });

/** The preStop hook, before SIGTERM; whatever becomes of it, the container is asked to end. */
export async function runPreStop(
  sandbox: Pick<PodSandbox, 'exec'>,
  { name, preStop }: Pick<RunningContainer, 'name' | 'preStop'>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    if (preStop?.kind === 'sleep') {
      await sleep(preStop.seconds * SECOND, undefined, signal && { signal });
    }
    if (preStop?.kind !== 'exec') return undefined;
    const { command } = preStop;
    const session = await sandbox.exec({ container: name, command, ...(signal && { signal }) });
    const code = await session.exitCode;
    return code === 0 ? undefined : `command '${command.join(' ')}' exited with ${code}`;
  } catch (error) {
    return error instanceof RpcStatusError ? error.message : messageOf(error);
  }
}
