/** How a group of the guest's calls is written: plain functions, synchronous where nothing waits. */
import type { SandboxCalls } from '../sandbox.ts';

type Handler<M extends keyof SandboxCalls> = (
  ...args: Parameters<SandboxCalls[M]>
) => Awaited<ReturnType<SandboxCalls[M]>> | ReturnType<SandboxCalls[M]>;

export type Calls<M extends keyof SandboxCalls> = { readonly [K in M]: Handler<K> };

/** The same as the contract has it: whatever they throw, `assertOpen` included, is a rejection. */
export function promised(calls: Calls<keyof SandboxCalls>, assertOpen: () => void): SandboxCalls {
  const table: Record<string, (...args: unknown[]) => Promise<unknown>> = {};
  for (const [name, handle] of Object.entries(calls) as [string, (...args: unknown[]) => unknown][])
    table[name] = async (...args) => {
      assertOpen();
      return await handle(...args);
    };
  // Each entry has the type of its own call; the loop cannot say so.
  return table as unknown as SandboxCalls;
}
