/** The end of containers: killed, then removed. */
import type { AgentCalls } from './agent-calls.ts';

const SIGKILL = 9;

/**
 * Source: kata-containers 4.1.0, src/runtime/virtcontainers/container.go, stop. Every step may fail: the container may be gone. A
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
