/** Agent calls with the runtime's time-outs. Source: Kata 4.1.0, virtcontainers/kata_agent.go, getReqContext. */
import type { RpcClient } from '#rpc';
import type { Init, MethodName, RequestOf, ResponseOf } from '#wire';
import { runtimes, type Runtime } from './runtime.ts';

type Agent = 'grpc.AgentService';

export interface AgentCalls {
  /** Whose calls these are. */
  readonly runtime: Runtime;
  call<M extends MethodName<Agent>>(
    method: M,
    request: Init<RequestOf<Agent, M>>,
    signal?: AbortSignal,
    metadata?: Iterable<readonly [string, string]>,
  ): Promise<ResponseOf<Agent, M>>;
  check(signal?: AbortSignal): Promise<void>;
  version(signal?: AbortSignal): Promise<void>;
}

interface AgentCallsOptions {
  readonly runtime?: Runtime;
  /** Sees each call before it is sent: the demo tells them, tests compare their order. */
  readonly observe?: ((method: string) => void) | undefined;
  /** Ends the calls that bring no signal of their own. */
  readonly over?: AbortSignal | undefined;
}

export function agentCalls(
  client: Pick<RpcClient, 'call'>,
  { runtime = runtimes.go, observe, over }: AgentCallsOptions = {},
): AgentCalls {
  const { byMethod, others, check } = runtime.timeouts;
  return {
    runtime,
    call(method, request, signal = over, metadata) {
      observe?.(method);
      const timeoutMs = byMethod[method] ?? others;
      return client.call('grpc.AgentService', method, request, { timeoutMs, signal, metadata });
    },
    async check(signal = over) {
      observe?.('Check');
      await client.call('grpc.Health', 'Check', {}, { timeoutMs: check, signal });
    },
    async version(signal = over) {
      observe?.('Version');
      await client.call('grpc.Health', 'Version', {}, { timeoutMs: check, signal });
    },
  };
}
