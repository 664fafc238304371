/** The cloud of the simulator: pod VMs in this process, each with an agent and a guest inside. */
import { join } from 'node:path';
import type { Clock, Logger, Random } from '#base';
import type { Agent } from '#agent';
import type { Timers } from '#guest';
import {
  createLocalProvider,
  parseFaults,
  planFaults,
  type AddressPool,
  type Instance,
  type InstanceRequest,
  type PlannedFaults,
  type PodVm,
  type PodVmHooks,
} from '#peerpod';
import type { LoadText } from '#gate';
import { simErrors } from './errors.ts';
import { startGuestAgent } from './guest-agent.ts';
import type { Machine, MachineProvider, MachineWatcher } from './machine.ts';
import { podVmDeath } from './pod-vm-death.ts';

interface MachinesOptions {
  readonly pool: AddressPool;
  readonly directory: string;
  readonly imagePolicy: string;
  readonly kataVersion: string | undefined;
  readonly faults: readonly string[];
  /** Faults may come later, too: every connection then goes through what makes them. */
  readonly faultsOnDemand: boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Of all its agents. */
  readonly loadText: LoadText;
  readonly logger: Logger;
}

export class Machines implements MachineProvider {
  readonly #options: MachinesOptions;
  readonly #local: ReturnType<typeof createLocalProvider>;
  readonly #agents = new Map<string, Agent>();
  readonly #instances = new Map<string, string>();
  readonly #watchers = new Map<string, MachineWatcher>();
  /** By sandbox. */
  readonly #faults = new Map<string, PlannedFaults>();

  constructor(options: MachinesOptions) {
    this.#options = options;
    this.#local = createLocalProvider({
      pool: options.pool,
      directory: join(options.directory, 'i'),
      hooks: (request) => this.#hooks(request),
      waitForBoot: true,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  close(): Promise<void> {
    return this.#local.close();
  }

  watch(sandboxId: string, watcher: MachineWatcher): () => void {
    this.#watchers.set(sandboxId, watcher);
    return () => void this.#watchers.delete(sandboxId);
  }

  machineOf(sandboxId: string): Promise<Machine> {
    const vm = this.#local.machines.get(this.#instances.get(sandboxId) ?? '');
    const agent = this.#agents.get(sandboxId);
    if (vm === undefined || agent === undefined) throw new Error(`no machine of ${sandboxId}`);
    const { provisioned } = vm;
    return Promise.resolve({
      name: vm.name,
      host: vm.address.host,
      policySource: agent.policy?.provenance.source ?? 'none',
      measured: {
        algorithm: provisioned?.initdata.algorithm ?? '',
        digest: provisioned?.digest ?? '',
        pcr8: provisioned?.pcr8 ?? '',
      },
      local: { vm, agent },
      changeFaults: async (words) => {
        const faults = this.#faults.get(sandboxId);
        if (faults === undefined) throw simErrors.noFaultsOnDemand(vm.name);
        await faults.change(parseFaults(words), vm);
      },
    });
  }

  async createInstance(request: InstanceRequest, signal: AbortSignal): Promise<Instance> {
    const { random, faultsOnDemand } = this.#options;
    const { sandboxId, instanceName } = request;
    const words = this.#watchers.get(sandboxId)?.faults ?? this.#options.faults;
    if (words.length > 0 || faultsOnDemand) {
      this.#faults.set(sandboxId, await planFaults(parseFaults(words), instanceName, random));
    }
    const instance = await this.#local.createInstance(request, signal);
    this.#instances.set(sandboxId, instance.id);
    const vm = this.#local.machines.get(instance.id);
    if (vm !== undefined) this.#watchBoot(vm, request);
    return instance;
  }

  async deleteInstance(id: string): Promise<void> {
    for (const [sandboxId, instance] of this.#instances) {
      if (instance !== id) continue;
      this.#instances.delete(sandboxId);
      this.#agents.delete(sandboxId);
      this.#faults.delete(sandboxId);
    }
    await this.#local.deleteInstance(id);
  }

  #watchBoot(vm: PodVm, { sandboxId }: InstanceRequest): void {
    podVmDeath(vm).then(
      (death) => {
        if (death !== undefined) this.#watchers.get(sandboxId)?.onDeath(death);
      },
      () => undefined,
    );
  }

  /** What each VM is made of. */
  #hooks({ image, sandboxId }: InstanceRequest): PodVmHooks {
    const { imagePolicy, clock, random, logger } = this.#options;
    const faults = this.#faults.get(sandboxId);
    return {
      image: { name: image === '' ? 'podvm-image' : image, defaultPolicy: imagePolicy },
      startAgent: (environment) =>
        startGuestAgent(environment, {
          ...this.#options,
          onAgent: (agent) => {
            this.#agents.set(sandboxId, agent);
            this.#watchers.get(sandboxId)?.onAgent(agent);
          },
        }),
      clock,
      random,
      logger,
      ...(faults && { faults }),
    };
  }
}
