/**
 * The cloud behind the adaptor: makes machines and deletes them. `createLocalProvider` makes pod
 * VMs in this process; another can start processes or call a real cloud.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runOnce, type Closable } from '#base';
import { peerpodErrors } from '../errors.ts';
import type { PlannedFaults } from '../faults/planned-faults.ts';
import type { AddressPool } from '../vm/address-pool.ts';
import { startPodVm, type PodVm, type PodVmOptions } from '../vm/pod-vm.ts';

export interface InstanceRequest {
  readonly sandboxId: string;
  readonly podName: string;
  readonly podNamespace: string;
  readonly instanceName: string;
  readonly instanceType: string;
  /** Image override; empty for the configured one. */
  readonly image: string;
  readonly userData: string;
}

export interface Instance {
  readonly id: string;
  readonly name: string;
  readonly addresses: readonly {
    readonly host: string;
    readonly agentPort: number;
    readonly vxlanPort: number;
  }[];
}

export interface InstanceProvider extends Closable {
  createInstance(request: InstanceRequest, signal: AbortSignal): Promise<Instance>;
  deleteInstance(id: string): Promise<void>;
}

/** What differs from VM to VM, decided when it is made. */
export type PodVmHooks = Pick<PodVmOptions, 'image' | 'startAgent'> &
  Partial<
    Pick<
      PodVmOptions,
      | 'tls'
      | 'attestation'
      | 'bootGate'
      | 'admit'
      | 'certificate'
      | 'observe'
      | 'logger'
      | 'clock'
      | 'random'
      | 'sleep'
    >
  > & {
    readonly fate?: Parameters<AddressPool['claim']>[0];
    /** Begins once the machine has its address, and ends with it. */
    readonly faults?: PlannedFaults;
  };

interface LocalProvider extends InstanceProvider {
  readonly machines: ReadonlyMap<string, PodVm>;
}

interface LocalProviderOptions {
  readonly pool: AddressPool;
  /** Agent sockets go below it; keep it short. */
  readonly directory: string;
  readonly hooks: (request: InstanceRequest) => PodVmHooks;
  /**
   * Hands a machine out only once it is up, unless its boot is held. A cloud does not wait, and
   * the proxy then retries first; with this, tests and storms of pods do not sit out its delays.
   */
  readonly waitForBoot?: boolean;
}

export function createLocalProvider({
  pool,
  directory,
  hooks,
  waitForBoot = false,
}: LocalProviderOptions): LocalProvider {
  const machines = new Map<string, PodVm>();
  const planned = new Map<string, PlannedFaults>();
  let count = 0;
  let closed = false;
  const remove = async (id: string): Promise<void> => {
    const vm = machines.get(id);
    if (!vm) throw peerpodErrors.noInstance(id);
    machines.delete(id);
    await planned.get(id)?.close();
    planned.delete(id);
    await vm.close();
    await rm(join(directory, id), { recursive: true, force: true });
  };
  const close = runOnce(async () => {
    closed = true;
    await Promise.all([...machines.keys()].map(remove));
    await rm(directory, { recursive: true, force: true });
  });
  return {
    machines,
    async createInstance(request, signal) {
      signal.throwIfAborted();
      const id = `i-${(++count).toString(16).padStart(4, '0')}`;
      const { faults, fate = faults?.hooks.fate, ...rest } = hooks(request);
      await mkdir(join(directory, id), { recursive: true });
      const address = await pool.claim(fate);
      if (closed) {
        await address.close();
        throw peerpodErrors.providerClosed();
      }
      const vm = startPodVm({
        ...faults?.hooks,
        ...rest,
        name: request.instanceName,
        address,
        userData: request.userData,
        agentSocketPath: join(directory, id, 'agent.sock'),
      });
      machines.set(id, vm);
      if (faults) planned.set(id, faults);
      await faults?.begin(vm);
      // A boot that fails is the proxy's to notice, as ever.
      if (waitForBoot && rest.bootGate === undefined && faults === undefined)
        await vm.booted.catch(() => undefined);
      const { host, agentPort, vxlan } = address;
      return {
        id,
        name: request.instanceName,
        addresses: [{ host, agentPort, vxlanPort: vxlan.port }],
      };
    },
    deleteInstance: remove,
    close,
    [Symbol.asyncDispose]: close,
  };
}
