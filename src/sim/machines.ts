/**
 * The cloud of the simulator: pod VMs in this process, each with an agent and a guest inside. It also
 * notices a VM that died while booting, which nobody on the real path would tell.
 */
import { join } from 'node:path';
import type { Closable, Clock, Logger, Random } from '#base';
import { startAgent, type Agent } from '#agent';
import { openSandbox, type Timers } from '#guest';
import {
  createAddressPool,
  createLocalProvider,
  type AddressPool,
  type AgentEnvironment,
  type Instance,
  type InstanceProvider,
  type InstanceRequest,
  type PeerPodsConfig,
  type PodVm,
  type PodVmAgent,
  type PodVmHooks,
} from '#peerpod';
import { DEFAULT_POLICY_PATH, kataProfile } from '#policy';
import { simErrors } from './errors.ts';

export interface MachinesOptions {
  readonly config: PeerPodsConfig;
  readonly directory: string;
  readonly imagePolicy: string;
  readonly kataVersion: string | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
}

/** One pod VM and what runs in it. */
export interface Machine {
  readonly vm: PodVm;
  readonly agent: Agent;
}

export interface MachineWatcher {
  /** The VM died before its agent could be reached. */
  readonly onDeath: (error: unknown) => void;
  readonly onAgent: (agent: Agent) => void;
}

export class Machines implements InstanceProvider, Closable {
  readonly pool: AddressPool;
  readonly #options: MachinesOptions;
  readonly #local: ReturnType<typeof createLocalProvider>;
  readonly #agents = new Map<string, Agent>();
  readonly #instances = new Map<string, string>();
  readonly #watchers = new Map<string, MachineWatcher>();

  constructor(options: MachinesOptions) {
    const { config, directory, logger } = options;
    this.#options = options;
    this.pool = createAddressPool({
      forwarderPort: config.forwarderPort,
      vxlanPort: config.vxlanPort,
      logger,
    });
    this.#local = createLocalProvider({
      pool: this.pool,
      directory: join(directory, 'i'),
      hooks: (request) => this.hooks(request),
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  close(): Promise<void> {
    return this.#local.close();
  }

  /** Follows the VM of a sandbox while it comes up; returns the function that stops it. */
  watch(sandboxId: string, watcher: MachineWatcher): () => void {
    this.#watchers.set(sandboxId, watcher);
    return () => void this.#watchers.delete(sandboxId);
  }

  machineOf(sandboxId: string): Machine {
    const vm = this.#local.machines.get(this.#instances.get(sandboxId) ?? '');
    const agent = this.#agents.get(sandboxId);
    if (vm === undefined || agent === undefined) throw new Error(`no machine of ${sandboxId}`);
    return { vm, agent };
  }

  async createInstance(request: InstanceRequest, signal: AbortSignal): Promise<Instance> {
    const instance = await this.#local.createInstance(request, signal);
    this.#instances.set(request.sandboxId, instance.id);
    const vm = this.#local.machines.get(instance.id);
    if (vm !== undefined) this.#watchBoot(vm, request);
    return instance;
  }

  async deleteInstance(id: string): Promise<void> {
    for (const [sandboxId, instance] of this.#instances) {
      if (instance !== id) continue;
      this.#instances.delete(sandboxId);
      this.#agents.delete(sandboxId);
    }
    await this.#local.deleteInstance(id);
  }

  #watchBoot(vm: PodVm, { sandboxId }: InstanceRequest): void {
    const tell = (error: unknown): void => this.#watchers.get(sandboxId)?.onDeath(error);
    vm.booted.then(
      () => {
        if (vm.units.get('attestation-agent') === 'condition-failed') {
          tell(simErrors.noAttestationConfig(vm.name));
        }
      },
      (error: unknown) => {
        const failed = [...vm.units].find(([, state]) => state === 'failed')?.[0] ?? 'boot';
        tell(simErrors.vmDead(vm.name, failed, error));
      },
    );
  }

  /** What each VM is made of. */
  hooks(request: InstanceRequest): PodVmHooks {
    const { imagePolicy, clock, random, logger } = this.#options;
    return {
      image: {
        name: request.image === '' ? 'podvm-image' : request.image,
        defaultPolicy: imagePolicy,
      },
      startAgent: (environment) => this.#startAgent(request.sandboxId, environment),
      clock,
      random,
      logger,
    };
  }

  async #startAgent(sandboxId: string, environment: AgentEnvironment): Promise<PodVmAgent> {
    const { clock, timers, random, kataVersion } = this.#options;
    const { version } = kataProfile(kataVersion);
    const sandbox = openSandbox({ clock, timers, random, agentVersion: version });
    const { source, text } = environment.policy;
    try {
      const agent = await startAgent({
        listen: [`unix://${environment.socketPath}`],
        policies: [{ source, text, module: DEFAULT_POLICY_PATH }],
        kataVersion: version,
        sandbox,
        clock,
        timers,
        random,
        logger: environment.logger,
      });
      if (environment.podIp !== undefined) sandbox.network.setAddresses([environment.podIp]);
      this.#agents.set(sandboxId, agent);
      this.#watchers.get(sandboxId)?.onAgent(agent);
      const close = async (): Promise<void> => {
        await agent.close();
        await sandbox.close();
      };
      return { network: sandbox.network, close, [Symbol.asyncDispose]: close };
    } catch (error) {
      await sandbox.close();
      throw error;
    }
  }
}
