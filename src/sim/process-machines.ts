/** The cloud of the simulator with a process for each pod VM: `--isolate process`. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOnce } from '#base';
import { parseFaults, type Instance, type InstanceRequest } from '#peerpod';
import type { Machine, MachineProvider, MachineWatcher } from './machine.ts';
import { spawnPodVm, type PodVmProcess } from './pod-vm-process.ts';

interface ProcessMachinesOptions {
  /** The program that is a pod VM, and its words up to the options: `katasim podvm`. */
  readonly command: readonly string[];
  readonly directory: string;
  readonly imagePolicy: string;
  readonly kataVersion: string | undefined;
  readonly forwarderPort: number;
  readonly vxlanPort: number;
  /** As `--fault` takes them. */
  readonly faults: readonly string[];
}

interface ProcessMachine {
  readonly process: PodVmProcess;
  readonly sandboxId: string;
  readonly name: string;
  readonly directory: string;
}

export class ProcessMachines implements MachineProvider {
  readonly close: () => Promise<void>;
  readonly #options: ProcessMachinesOptions;
  readonly #machines = new Map<string, ProcessMachine>();
  readonly #watchers = new Map<string, MachineWatcher>();
  #count = 0;

  constructor(options: ProcessMachinesOptions) {
    this.#options = options;
    this.close = runOnce(async () => {
      await Promise.all([...this.#machines.keys()].map((id) => this.deleteInstance(id)));
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  watch(sandboxId: string, watcher: MachineWatcher): () => void {
    this.#watchers.set(sandboxId, watcher);
    return () => void this.#watchers.delete(sandboxId);
  }

  async machineOf(sandboxId: string): Promise<Machine> {
    const found = [...this.#machines.values()].find((one) => one.sandboxId === sandboxId);
    if (found === undefined) throw new Error(`no machine of ${sandboxId}`);
    const { host } = await found.process.poweredOn;
    const { policy, algorithm, digest, pcr8 } = await found.process.up;
    return {
      name: found.name,
      host,
      policySource: policy,
      measured: { algorithm, digest, pcr8 },
      pid: found.process.pid,
      changeFaults: (words) => {
        // Checked here, so that the one who asks hears what is wrong.
        parseFaults(words);
        return found.process.changeFaults(words);
      },
      denialOf: (endpoint) => found.process.denialOf(endpoint),
    };
  }

  async createInstance(request: InstanceRequest, signal: AbortSignal): Promise<Instance> {
    signal.throwIfAborted();
    const { sandboxId, instanceName: name } = request;
    const id = `i-${(++this.#count).toString(16).padStart(4, '0')}`;
    const directory = join(this.#options.directory, 'i', id);
    await mkdir(directory, { recursive: true });
    const process = await this.#spawn(request, directory);
    this.#machines.set(id, { process, sandboxId, name, directory });
    process.up.catch((error: unknown) => this.#watchers.get(sandboxId)?.onDeath(error));
    try {
      const { host, agentPort, vxlanPort } = await process.poweredOn;
      return { id, name, addresses: [{ host, agentPort, vxlanPort }] };
    } catch (error) {
      await this.deleteInstance(id);
      throw error;
    }
  }

  async #spawn(request: InstanceRequest, directory: string): Promise<PodVmProcess> {
    const { command, imagePolicy, kataVersion, forwarderPort, vxlanPort } = this.#options;
    const faults = this.#watchers.get(request.sandboxId)?.faults ?? this.#options.faults;
    const files = { userData: join(directory, 'user-data'), policy: join(directory, 'image.rego') };
    // The server's key is in the user-data.
    await writeFile(files.userData, request.userData, { mode: 0o600 });
    await writeFile(files.policy, imagePolicy);
    return spawnPodVm(command, [
      ...['--name', request.instanceName, '--listen', 'auto'],
      ...['--user-data', files.userData, '--image-policy', files.policy],
      ...['--forwarder-port', String(forwarderPort), '--vxlan-port', String(vxlanPort)],
      ...['--agent-socket', join(directory, 'agent.sock')],
      ...(kataVersion === undefined ? [] : ['--kata-version', kataVersion]),
      ...faults.flatMap((fault) => ['--fault', fault]),
    ]);
  }

  async deleteInstance(id: string): Promise<void> {
    const machine = this.#machines.get(id);
    if (machine === undefined) return;
    this.#machines.delete(id);
    await machine.process.close();
    await rm(machine.directory, { recursive: true, force: true });
  }
}
