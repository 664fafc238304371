/**
 * hypervisor.Hypervisor and podvminfo.PodVMInfo over ttrpc, on the unix socket that the shim dials
 * anew for every call. Source: kata-containers 4.1.0
 * src/runtime/protocols/hypervisor/hypervisor.proto.
 */
import { messageOf } from '#base';
import { Code, dispatcherFor, RpcStatusError, type CallContext, type Dispatcher } from '#rpc';
import type { Adaptor } from './adaptor.ts';

/** What the real adaptor answers to Version. */
const VERSION = '0.0.0';
const POLL_MS = 50;

export function hypervisorDispatcher(adaptor: Adaptor): Dispatcher {
  return dispatcherFor({
    'hypervisor.Hypervisor': {
      CreateVM: {
        handle: async ({ id, annotations, networkNamespacePath }) => ({
          agentSocketPath: await plain(() =>
            adaptor.createVm(id, annotations, networkNamespacePath),
          ),
        }),
      },
      StartVM: {
        handle: async ({ id }, { signal }) => {
          await plain(() => adaptor.startVm(id, signal));
          return {};
        },
      },
      StopVM: {
        handle: async ({ id }) => {
          await plain(() => adaptor.stopVm(id));
          return {};
        },
      },
      Version: { handle: () => ({ version: VERSION }) },
    },
    'podvminfo.PodVMInfo': {
      GetInfo: {
        handle: async ({ PodName, PodNamespace, Wait }, context) => ({
          VMID: await vmId(adaptor, { PodName, PodNamespace, Wait }, context),
        }),
      },
    },
  });
}

/** A Go handler returns plain errors, which ttrpc sends as UNKNOWN with their text. */
async function plain<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof RpcStatusError) throw error;
    throw new RpcStatusError(Code.UNKNOWN, messageOf(error), { cause: error });
  }
}

async function vmId(
  adaptor: Adaptor,
  { PodName, PodNamespace, Wait }: { PodName: string; PodNamespace: string; Wait: boolean },
  { signal }: CallContext,
): Promise<string> {
  for (;;) {
    const id = adaptor.instanceOf(PodNamespace, PodName);
    if (id !== undefined) return id;
    if (!Wait || signal.aborted) {
      throw new RpcStatusError(
        Code.NOT_FOUND,
        `VM ID for ${PodNamespace}:${PodName} was not found`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
