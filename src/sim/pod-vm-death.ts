/** A VM that died while booting, which nobody on the real path would tell. */
import { KatasimError } from '#base';
import type { PodVm } from '#peerpod';
import { simErrors } from './errors.ts';

/** Settles when booting is over; undefined when the VM is up or was switched off. */
export async function podVmDeath(vm: PodVm): Promise<KatasimError | undefined> {
  try {
    await vm.booted;
  } catch (error) {
    // Switched off on purpose; whoever did it says why.
    if (error instanceof KatasimError && error.code === 'PEERPOD_VM_STOPPED') return undefined;
    return simErrors.vmDead(vm.name, deadUnit(vm) ?? 'boot', error);
  }
  return deadUnit(vm) === undefined ? undefined : simErrors.noAttestationConfig(vm.name);
}

export function deadUnit(vm: PodVm): string | undefined {
  return [...vm.units].find(([, state]) => state === 'failed' || state === 'condition-failed')?.[0];
}
