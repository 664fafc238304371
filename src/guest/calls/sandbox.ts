/** CreateSandbox, DestroySandbox and what the sandbox shares. Source: kata-containers 4.1.0 src/agent/src/rpc.rs. */
import { messageOf } from '#base';
import { anyhow, GuestError, guestErrors, quoted } from '../errors.ts';
import type { Guest } from '../guest.ts';
import { errnoOf } from '../kernel/errno.ts';
import type { Calls } from './calls.ts';

/** Source: kata-containers 4.1.0 src/agent/src/network.rs, KATA_GUEST_SANDBOX_DNS_FILE and its target. */
const RESOLV_CONF = '/etc/resolv.conf';

export function sandboxCalls(
  guest: Guest,
): Calls<
  | 'createSandbox'
  | 'destroySandbox'
  | 'getOOMEvent'
  | 'updateEphemeralMounts'
  | 'removeStaleVirtiofsShareMounts'
> {
  // The thread that keeps the namespaces is set up once.
  let isCreated = false;
  return {
    createSandbox: (request) => {
      const { storages } = guest.containers;
      storages.wipe();
      guest.uts.hostname = request.hostname;
      if (request.sandbox_id !== '') guest.sandboxId = request.sandbox_id;
      for (const { name } of request.kernel_modules)
        if (name === '') throw anyhow('Kernel module name is empty');
      if (isCreated)
        throw anyhow('setup persistent IPC namespace', guestErrors.ioInside('EPERM').message);
      isCreated = true;
      guest.files.mkdirs('/run/kata-containers/sandbox');
      storages.add(request.storages, []);
      if (request.dns.length > 0) guest.files.writeFile(RESOLV_CONF, request.dns.join('\n'));
    },
    destroySandbox: () => {
      if (guest.destroyed.signal.aborted)
        throw quoted('INTERNAL', 'failed to get sandbox sender channel');
      guest.removeContainers();
      guest.destroyed.abort();
    },
    getOOMEvent: (signal) => guest.oom.take(signal),
    updateEphemeralMounts: ({ storages }) => {
      try {
        guest.containers.storages.update(storages);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === undefined && !(error instanceof GuestError)) throw error;
        const text = errno === undefined ? messageOf(error) : guestErrors.ioInside(errno).message;
        throw quoted('INTERNAL', `Failed to update mounts: ${text}`);
      }
    },
    removeStaleVirtiofsShareMounts: () => undefined,
  };
}
