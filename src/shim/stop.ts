/** The end of containers: asked first, then killed, then removed. */
import type { AgentCalls } from './agent-calls.ts';
import type { RunningContainer } from './pod-sandbox.ts';

const SIGKILL = 9;
const SIGTERM = 15;

/**
 * Source: kata-agent.md 5.1, "container exit". Every step may fail: the container may be gone. A
 * container that could not be killed is not waited for: WaitProcess has no limit and might never end.
 */
export async function removeContainer(agent: AgentCalls, id: string): Promise<void> {
  const quietly = (call: Promise<unknown>): Promise<boolean> =>
    call.then(
      () => true,
      () => false,
    );
  const killed = await quietly(
    agent.call('SignalProcess', { container_id: id, exec_id: '', signal: SIGKILL }),
  );
  if (killed) await quietly(agent.call('WaitProcess', { container_id: id, exec_id: id }));
  await quietly(agent.call('RemoveContainer', { container_id: id, timeout: 0 }));
  await quietly(agent.call('RemoveStaleVirtiofsShareMounts', {}));
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
