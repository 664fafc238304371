/**
 * For this room's tests: an agent behind a real unix socket that records what it is asked and answers
 * as it is told, and a hypervisor that hands out that socket.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOnce, type Closable } from '#base';
import { listen, type CallContext, type ServiceTables } from '#rpc';
import { methodsOf } from '#wire';
import type { CreateVmRequest, Hypervisor } from '../hypervisor.ts';

// The tests know which message a method takes.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyRequest = any;

export interface RecordedCall {
  readonly method: string;
  readonly request: AnyRequest;
  readonly timeoutMs: number | undefined;
}

export type Answer = (request: AnyRequest, context: CallContext) => unknown;

export interface FakeAgent extends Closable {
  readonly address: string;
  readonly calls: readonly RecordedCall[];
  /** The names of the calls so far, without those of the background. */
  names(): readonly string[];
  of(method: string): AnyRequest[];
}

/** Until the client gives up. */
export const never: Answer = (_request, { signal }) =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({}), { once: true });
  });

const BACKGROUND = new Set(['GetOOMEvent']);

export async function fakeAgent(
  answers: Readonly<Record<string, Answer>> = {},
): Promise<FakeAgent> {
  const directory = await mkdtemp(join(tmpdir(), 'ks-shim-'));
  const calls: RecordedCall[] = [];
  const rows = (service: 'grpc.AgentService' | 'grpc.Health') =>
    Object.fromEntries(
      methodsOf(service).map(({ method }) => [
        method,
        {
          handle: async (request: unknown, context: CallContext) => {
            calls.push({ method, request, timeoutMs: context.timeoutMs });
            return (await (answers[method] ?? (() => ({})))(request, context)) ?? {};
          },
        },
      ]),
    );
  const tables = {
    'grpc.AgentService': rows('grpc.AgentService'),
    'grpc.Health': rows('grpc.Health'),
  } as ServiceTables;
  const listener = await listen(`unix://${join(directory, 'agent.sock')}`, tables);
  const close = runOnce(async () => {
    await listener.close();
    await rm(directory, { recursive: true, force: true });
  });
  return {
    address: listener.address,
    calls,
    names: () => calls.map(({ method }) => method).filter((name) => !BACKGROUND.has(name)),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-return
    of: (method) =>
      calls.flatMap((call): AnyRequest[] => (call.method === method ? [call.request] : [])),
    close,
    [Symbol.asyncDispose]: close,
  };
}

export interface FakeHypervisor extends Hypervisor {
  readonly steps: string[];
  created: CreateVmRequest | undefined;
}

export function fakeHypervisor(agent: Pick<FakeAgent, 'address'>): FakeHypervisor {
  const steps: string[] = [];
  const hypervisor: FakeHypervisor = {
    steps,
    created: undefined,
    createVm(request) {
      steps.push('CreateVM');
      hypervisor.created = request;
      return Promise.resolve(agent.address.replace('unix://', ''));
    },
    startVm(id) {
      steps.push(`StartVM ${id}`);
      return Promise.resolve();
    },
    stopVm(id) {
      steps.push(`StopVM ${id}`);
      return Promise.resolve();
    },
  };
  return hypervisor;
}
