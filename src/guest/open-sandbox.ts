/**
 * Opens a guest: the kernel, the containers and the machine put together behind the `Sandbox`
 * contract. The caller closes it.
 */
import { runOnce } from '#base';
import { promised } from './calls/calls.ts';
import { containerCalls } from './calls/containers.ts';
import { copyCalls, machineCalls } from './calls/machine.ts';
import { networkCalls } from './calls/network.ts';
import { processCalls, streamCalls } from './calls/processes.ts';
import { sandboxCalls } from './calls/sandbox.ts';
import { guestErrors } from './errors.ts';
import { Guest, type SandboxOptions } from './guest.ts';
import type { ContainerInfo, ProcessInfo, Sandbox } from './sandbox.ts';

export function openSandbox(options: SandboxOptions): Sandbox {
  const guest = new Guest(options);
  let closed = false;
  const close = runOnce(async () => {
    closed = true;
    await guest.close();
  });
  const calls = promised(
    {
      ...sandboxCalls(guest),
      ...containerCalls(guest),
      ...processCalls(guest),
      ...streamCalls(guest),
      ...copyCalls(guest),
      ...networkCalls(guest),
      ...machineCalls(guest),
    },
    () => {
      if (closed) throw guestErrors.closed();
    },
  );
  return {
    ...calls,
    network: guest.network,
    destroyed: guest.destroyed.signal,
    get sandboxId() {
      return guest.sandboxId;
    },
    get hostname() {
      return guest.uts.hostname;
    },
    onEvent: (listener) => guest.onEvent(listener),
    containers: () => containersOf(guest),
    processes: (containerId) => processesOf(guest, containerId),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const containersOf = (guest: Guest): ContainerInfo[] =>
  [...guest.containers.byId.values()].map(({ id, status, image, processes }) => ({
    id,
    status,
    image,
    processes: [...processes.keys()],
  }));

const processesOf = ({ kernel }: Guest, containerId: string | undefined): ProcessInfo[] =>
  [...kernel.processes]
    .filter(({ scope }) => containerId === undefined || scope.id === containerId)
    .map(({ scope, pid, parent, credentials, argv, state }) => ({
      containerId: scope.id,
      pid,
      ppid: parent?.pid ?? 0,
      uid: credentials.uid,
      argv,
      state,
    }));
