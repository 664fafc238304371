/** What the runtime does in the background while a sandbox runs. Source: Kata 4.1.0, src/runtime/virtcontainers/monitor.go. */
import { setTimeout as later } from 'node:timers/promises';
import { messageOf, type Logger } from '#base';
import { Code, RpcStatusError } from '#rpc';
import type { AgentCalls } from './agent-calls.ts';

const OOM_RETRY_MS = 1000;

/** The runtime's background calls: health, OOM events, the end of the pause container. */
export function watchSandbox(
  {
    agent,
    sandboxId,
    logger,
  }: { readonly agent: AgentCalls; readonly sandboxId: string; readonly logger: Logger },
  signal: AbortSignal,
): void {
  const { checkEveryMs, versionEvery, initExecId } = agent.runtime;
  let checks = 0;
  const look = async (): Promise<void> => {
    await agent.check(signal);
    checks++;
    if (versionEvery !== undefined && checks % versionEvery === 0) await agent.version(signal);
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => {
      if (!signal.aborted) logger.warn({ sandboxId, reason: messageOf(error) }, 'Dead agent');
      clearInterval(timer);
    });
  }, checkEveryMs).unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  const watchOom = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        const event = await agent.call('GetOOMEvent', {}, signal);
        logger.warn({ containerId: event.container_id }, 'out of memory');
      } catch (error) {
        // The connection is gone. Anything else, a refusal of the policy too, is tried again.
        if (!(error instanceof RpcStatusError) || error.code === Code.UNAVAILABLE) return;
        await later(OOM_RETRY_MS, undefined, { signal, ref: false });
      }
    }
  };
  watchOom().catch(() => undefined);
  agent
    .call('WaitProcess', { container_id: sandboxId, exec_id: initExecId(sandboxId) }, signal)
    .catch(() => undefined);
}
