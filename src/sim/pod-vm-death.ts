/** A VM that died while booting; on the real path only a timeout would show it. */
import { KatasimError } from '#base';
import type { PodVm } from '#peerpod';
import { simErrors } from './errors.ts';

/** Settles when booting is over; undefined when the VM is up or was switched off. */
export async function podVmDeath(vm: PodVm): Promise<KatasimError | undefined> {
  try {
    await vm.booted;
  } catch (error) {
    // Stopped on purpose; the caller knows why.
    if (error instanceof KatasimError && error.code === 'PEERPOD_VM_STOPPED') return undefined;
    return simErrors.vmDead(vm.name, deadUnit(vm) ?? 'boot', error);
  }
  return deadUnit(vm) === undefined ? undefined : simErrors.noAttestationConfig(vm.name);
}

export function deadUnit(vm: PodVm): string | undefined {
  return [...vm.units].find(([, state]) => state === 'failed' || state === 'condition-failed')?.[0];
}
