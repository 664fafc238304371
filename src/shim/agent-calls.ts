/**
 * Agent calls with the Go runtime's time-outs. Source: kata-agent.md 5.3, with the longer start-up
 * calls of a remote hypervisor.
 */
import type { RpcClient } from '#rpc';
import type { Init, MethodName, RequestOf, ResponseOf } from '#wire';

type Agent = 'grpc.AgentService';

const SECOND = 1000;
const DEFAULT_TIMEOUT_MS = 60 * SECOND;
const REMOTE_START_TIMEOUT_MS = 300 * SECOND;

const timeouts: Readonly<Record<string, number>> = {
  SetPolicy: REMOTE_START_TIMEOUT_MS,
  CreateSandbox: REMOTE_START_TIMEOUT_MS,
  // These wait for something to happen; 0 is no limit.
  WaitProcess: 0,
  GetOOMEvent: 0,
  ReadStdout: 0,
  ReadStderr: 0,
};
const CHECK_TIMEOUT_MS = 30 * SECOND;

export interface AgentCalls {
  call<M extends MethodName<Agent>>(
    method: M,
    request: Init<RequestOf<Agent, M>>,
    signal?: AbortSignal,
    metadata?: Iterable<readonly [string, string]>,
  ): Promise<ResponseOf<Agent, M>>;
  check(signal?: AbortSignal): Promise<void>;
}

/**
 * `observe` sees each call before it is sent: the demo tells them, tests compare their order.
 * `over` ends the calls that bring no signal of their own.
 */
export function agentCalls(
  client: Pick<RpcClient, 'call'>,
  observe: (method: string) => void = () => undefined,
  over?: AbortSignal,
): AgentCalls {
  return {
    call(method, request, signal = over, metadata) {
      observe(method);
      const timeoutMs = timeouts[method] ?? DEFAULT_TIMEOUT_MS;
      return client.call('grpc.AgentService', method, request, {
        timeoutMs,
        signal,
        metadata,
      });
    },
    async check(signal = over) {
      observe('Check');
      await client.call('grpc.Health', 'Check', {}, { timeoutMs: CHECK_TIMEOUT_MS, signal });
    },
  };
}
