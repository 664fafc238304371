/** The end of containers: asked first, then killed, then removed. */
import type { AgentCalls } from './agent-calls.ts';
import type { RunningContainer } from './pod-sandbox.ts';

const SIGKILL = 9;
const SIGTERM = 15;

/**
 * Source: kata-agent.md 5.1, "container exit". Every step may fail: the container may be gone. A
 * container that could not be killed is not waited for: WaitProcess has no limit and might never end.
 * `limit` ends a step that the agent does not answer.
 */
export async function removeContainer(
  agent: AgentCalls,
  id: string,
  limit?: AbortSignal,
): Promise<void> {
  const { removal, initExecId } = agent.runtime;
  const quietly = (call: Promise<unknown>): Promise<boolean> =>
    call.then(
      () => true,
      () => false,
    );
  const kill = { container_id: id, exec_id: '', signal: SIGKILL };
  const killed = await quietly(agent.call('SignalProcess', kill, limit));
  if (killed && removal.waits) {
    const init = { container_id: id, exec_id: initExecId(id) };
    await quietly(agent.call('WaitProcess', init, limit));
  }
  const { timeout } = removal;
  await quietly(agent.call('RemoveContainer', { container_id: id, timeout }, limit));
  if (removal.sweepsShareMounts) {
    await quietly(agent.call('RemoveStaleVirtiofsShareMounts', {}, limit));
  }
}

/** Asks every container to end (SIGTERM), as a deleted pod is asked before it is killed. */
export async function terminate(
  sandbox: { readonly containers: readonly RunningContainer[] },
  signal?: AbortSignal,
): Promise<void> {
  await Promise.all(
    sandbox.containers.map(({ session }) =>
      session.signal(SIGTERM).then(
        () => Promise.race([session.exitCode.catch(() => undefined), aborted(signal)]),
        () => undefined,
      ),
    ),
  );
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve(), { once: true });
    if (signal?.aborted === true) resolve();
  });
}
