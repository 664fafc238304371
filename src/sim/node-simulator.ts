/** A worker node of this process: it admits, schedules, starts and ends pods. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import {
  closeAll,
  randomHex,
  randomUuid,
  runOnce,
  type Clock,
  type Logger,
  type Random,
} from '#base';
import { NodeCapacity, type SlotReservations } from '#cluster';
import { advertised, type Amounts, type Manifest, type Pod } from '#kube';
import {
  ContainerLogs,
  PodLife,
  readLog,
  type LogOptions,
  type LogText,
  type PodName,
  type PodStatus,
} from '#node';
import type { ConfigWarning, PeerPodsConfig, PodCni, Worker } from '#peerpod';
import {
  NODE_IP,
  NODE_NAME,
  remoteHypervisor,
  startPod,
  type ExecOptions,
  type PodSandbox,
  type ProcessSession,
  type RuntimeName,
  type ShimOptions,
} from '#shim';
import { admit, schedule } from './admission.ts';
import { simErrors } from './errors.ts';
import { imageRegistry } from './images.ts';
import type { Machine, MachineProvider } from './machine.ts';
import { assertFilesFor } from './open-files.ts';
import type { SharedPolicies } from './shared-policies.ts';
import { simulatedPod, type SimulatedPod } from './simulated-pod.ts';
import type { RunPodOptions, Simulator } from './simulator-config.ts';

/** Of the cluster's DNS service. */
const NAMESERVER = '10.96.0.10';

interface NodeSimulatorParts extends Pick<
  Simulator,
  'config' | 'warnings' | 'worker' | 'directory' | 'policies'
> {
  readonly machines: MachineProvider;
  readonly cni: PodCni;
  readonly allocatable: Amounts | undefined;
  readonly reservations: SlotReservations | undefined;
  /** The limit of the process; undefined is none that we know of. */
  readonly openFiles: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly runtime: RuntimeName | undefined;
  readonly annotations: Pick<
    ShimOptions,
    'enabledAnnotations' | 'emptyDirs' | 'initdataAnnotation'
  >;
}

export class NodeSimulator implements Simulator {
  readonly config: PeerPodsConfig;
  readonly warnings: readonly ConfigWarning[];
  readonly worker: Worker;
  readonly directory: string;
  readonly images = imageRegistry();
  readonly policies: SharedPolicies;
  readonly capacity: NodeCapacity;
  readonly pods = new Map<string, SimulatedPod>();
  readonly close: () => Promise<void>;
  readonly #parts: NodeSimulatorParts;
  readonly #shim: ShimOptions;
  /** Names taken by pods that run or are starting. */
  readonly #names = new Set<string>();
  /** Starts on their way; `close` gives them up and waits for what they leave. */
  readonly #starting = new Set<Promise<unknown>>();
  readonly #over = new AbortController();

  constructor(parts: NodeSimulatorParts) {
    this.#parts = parts;
    this.config = parts.config;
    this.warnings = parts.warnings;
    this.worker = parts.worker;
    this.policies = parts.policies;
    this.capacity = new NodeCapacity({
      ...parts.allocatable,
      ...advertised(parts.config.peerPodsLimitPerNode),
    });
    this.directory = parts.directory;
    const { random, logger, annotations } = parts;
    const hypervisor = remoteHypervisor(parts.config.hypervisorSocket);
    const { runtime } = parts;
    const { clock } = parts;
    this.#shim = {
      hypervisor,
      images: this.images,
      random,
      clock,
      logger,
      runtime,
      ...annotations,
    };
    this.close = runOnce(async () => {
      this.#over.abort(simErrors.closed());
      await Promise.allSettled(this.#starting);
      try {
        await closeAll([parts.machines, parts.worker, ...this.pods.values()]);
      } finally {
        await rm(parts.directory, { recursive: true, force: true });
      }
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async runPod(pod: Pod, options: RunPodOptions = {}): Promise<SimulatedPod> {
    const key = keyOf(pod);
    this.#over.signal.throwIfAborted();
    if (this.#names.has(key)) throw simErrors.podExists(pod.namespace, pod.name);
    this.#names.add(key);
    const life = options.life ?? new PodLife(pod, this.#parts.clock);
    const start = this.#admitAndStart(pod, key, { ...options, life }).then((running) => {
      this.pods.set(key, running);
      return running;
    });
    this.#starting.add(start);
    try {
      return await start;
    } catch (error) {
      await this.#forget(key);
      throw error;
    } finally {
      this.#starting.delete(start);
    }
  }

  /** What the cluster decides, and only then what the node does. */
  async #admitAndStart(pod: Pod, key: string, options: StartOptions): Promise<SimulatedPod> {
    const admitted = admit(pod, this.#parts.random);
    assertFilesFor(this.#names.size, this.#parts.openFiles);
    await schedule(this.capacity, this.#parts.reservations, key, admitted);
    options.life.scheduled({ name: NODE_NAME, ip: NODE_IP });
    return this.#start(admitted, key, options);
  }

  async #machineOf(sandbox: PodSandbox): Promise<Machine> {
    try {
      return await this.#parts.machines.machineOf(sandbox.sandboxId);
    } catch (error) {
      await sandbox.close();
      throw error;
    }
  }

  async #forget(key: string): Promise<void> {
    this.capacity.release(key);
    try {
      await this.#parts.reservations?.release(key);
    } catch (error) {
      // The reservation becomes stale, and so free, when this process ends.
      this.#parts.logger.warn({ err: error, pod: key }, 'cannot release the reservation of a pod');
    }
    this.#names.delete(key);
  }

  async #start(pod: Pod, key: string, options: StartOptions): Promise<SimulatedPod> {
    const { machines, cni, clock, random, logger } = this.#parts;
    const uid = pod.uid ?? randomUuid(random);
    const networkNamespacePath = `/var/run/netns/cni-${randomUuid(random)}`;
    const podIp = cni.inspect(networkNamespacePath).podIp.split('/')[0] ?? '';
    const searches = [`${pod.namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'];
    const network = { ip: podIp, nameservers: [NAMESERVER], searches };
    const logs = new ContainerLogs(
      join(this.directory, 'logs', `${pod.namespace}_${pod.name}_${uid}`),
      clock,
      { logger },
    );
    // A VM that died never answers; without this the caller waits for the proxy's five minutes.
    const dead = new AbortController();
    const sandboxId = randomHex(random, 32);
    const unwatch = machines.watch(sandboxId, {
      onDeath: (error) => dead.abort(error),
      onAgent: (agent) => options.onAgent?.(agent),
      faults: options.faults,
    });
    try {
      const sandbox = await startPod(
        { ...pod, uid },
        { networkNamespacePath, network },
        this.#shim,
        {
          ...(options.objects !== undefined && { objects: options.objects }),
          ...(options.onCall !== undefined && { onCall: options.onCall }),
          sandboxId,
          onRefused: async (error, client) => {
            const machine = await machines.machineOf(sandboxId);
            const { local } = machine;
            if (local !== undefined) await options.onRefused?.({ error, ...local, client });
            const denial = options.onDenied && (await machine.denialOf?.(error.endpoint));
            if (denial !== undefined) options.onDenied?.(denial);
          },
          signal: AbortSignal.any([
            dead.signal,
            this.#over.signal,
            ...(options.signal === undefined ? [] : [options.signal]),
          ]),
          output: (container) => logs.sinks(container),
        },
      );
      return simulatedPod({
        sandbox,
        life: options.life,
        logs,
        podIp,
        worker: this.worker,
        machine: await this.#machineOf(sandbox),
        onClosed: async () => {
          this.pods.delete(key);
          await this.#forget(key);
        },
      });
    } catch (error) {
      cni.release(networkNamespacePath);
      await logs.close();
      const gaveUp = [dead.signal, this.#over.signal].find(({ aborted }) => aborted);
      throw gaveUp === undefined ? error : gaveUp.reason;
    } finally {
      unwatch();
    }
  }

  async createPod(pod: Pod, objects?: Manifest['objects']): Promise<void> {
    await this.runPod(pod, objects === undefined ? {} : { objects });
  }

  async deletePod(name: PodName): Promise<void> {
    await this.#podNamed(name).close();
  }

  getPod(name: PodName): Pod | undefined {
    return this.pods.get(keyOf(name))?.sandbox.pod;
  }

  getPods(): readonly Pod[] {
    return [...this.pods.values()].map(({ sandbox }) => sandbox.pod);
  }

  getPodStatus(name: PodName): PodStatus | undefined {
    return this.pods.get(keyOf(name))?.life.status;
  }

  getContainerLogs(
    name: PodName,
    container: string,
    { follow = false, tail, signal }: LogOptions,
  ): AsyncIterable<LogText> {
    const { logs, life } = this.#podNamed(name);
    const ended = (): Promise<boolean> => Promise.resolve(life.status.phase !== 'Running');
    return readLog(logs.pathOf(container), { follow, tail, signal, ended });
  }

  async runInContainer(name: PodName, options: ExecOptions): Promise<ProcessSession> {
    return this.#podNamed(name).sandbox.exec(options);
  }

  portForward(name: PodName, port: number): Duplex {
    return this.#podNamed(name).connect(port);
  }

  #podNamed(name: PodName): SimulatedPod {
    const pod = this.pods.get(keyOf(name));
    if (pod === undefined) throw simErrors.noPod(name.namespace, name.name);
    return pod;
  }
}

type StartOptions = RunPodOptions & { readonly life: PodLife };

const keyOf = ({ namespace, name }: PodName): string => `${namespace}/${name}`;
