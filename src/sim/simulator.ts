/**
 * A worker node whose pod VMs are objects of this process: shim, hypervisor service, agent proxies,
 * forwarders and tunnels over real sockets, with the agent and the guest inside each VM.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  closeAll,
  randomHex,
  randomUuid,
  runOnce,
  silentLogger,
  systemClock,
  systemRandom,
  type Closable,
  type Clock,
  type Logger,
  type Random,
} from '#base';
import type { Agent } from '#agent';
import { advertised, type Amounts, type Manifest, type Pod } from '#kube';
import { NodeCapacity, type PlaceKeeper } from '#cluster';
import { systemTimers, type Timers } from '#guest';
import { initdataAnnotationKey } from '#initdata';
import { kataProfile } from '#gate';
import {
  createAddressPool,
  createPodCni,
  createWorker,
  parseFaults,
  parsePeerPodsConfig,
  type ConfigWarning,
  type PeerPodsConfig,
  type PodCni,
  type PodNetworkKind,
  type PodVm,
  type Worker,
} from '#peerpod';
import {
  type ImageRegistry,
  type PodSandbox,
  type PodStartError,
  remoteHypervisor,
  type RuntimeName,
  type ShimOptions,
  startPod,
  type StartPodOptions,
} from '#shim';
import { makeSocketDirectory, type RpcClient } from '#rpc';
import { admit, schedule } from './admission.ts';
import { ContainerLogs } from './container-logs.ts';
import { simErrors } from './errors.ts';
import { imageRegistry } from './images.ts';
import type { DenialReport, Machine, MachineProvider } from './machine.ts';
import { Machines } from './machines.ts';
import { assertFilesFor, openFileLimit } from './open-files.ts';
import { ProcessMachines } from './process-machines.ts';
import { SharedPolicies } from './shared-policies.ts';
import { simulatedPod, type SimulatedPod } from './simulated-pod.ts';

export interface SimulatorConfig {
  /** The `data` of the ConfigMap peer-pods-cm; `VXLAN_PORT` is 9000 unless it says otherwise. */
  readonly peerPods?: Readonly<Record<string, unknown>>;
  /** Rego text of the guest image's default policy. */
  readonly imagePolicy: string;
  readonly kataVersion?: string;
  /** Whose calls the shims make; the Go runtime's by default. */
  readonly runtime?: RuntimeName;
  /**
   * Behave as this release of cloud-api-adaptor and the runtime of its time (`v0.15.0`): one key for
   * initdata. Without it both spellings are read.
   */
  readonly adaptorVersion?: string;
  /** `enable_annotations` of the shim; upstream's list unless given. */
  readonly enabledAnnotations?: readonly string[];
  /**
   * The worker's ends of the tunnels: in this process, or `vxlan` devices of the kernel in a network
   * namespace (Linux, root), whose name is `worker.kernel.netns`.
   */
  readonly net?: PodNetworkKind;
  /** What is wrong with every pod VM: `15150:reset`, `9000:loss=0.3`. */
  readonly faults?: readonly string[];
  /** Pods may be given other faults while they run; costs a little on each connection. */
  readonly faultsOnDemand?: boolean;
  /** Starts each pod VM as a process: the program and its words, `katasim podvm`. */
  readonly podVmCommand?: readonly string[];
  /** `cpu` in thousandths and `memory` in bytes of the node; without them they are not counted. */
  readonly allocatable?: Amounts;
  /** The account of a node that other processes share. */
  readonly places?: PlaceKeeper;
  /** Files the process may open, if not as many as the system says. */
  readonly openFiles?: number;
  /** Sockets and logs lie below it, in a folder of their own that goes with the simulator. */
  readonly directory?: string;
  /** Where shims call, when it is to be elsewhere than in that folder. */
  readonly hypervisorSocket?: string;
  /** Folders of the pods, likewise. Keep it short. */
  readonly podsDir?: string;
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly random?: Random;
  readonly logger?: Logger;
}

/** A refused start while its VM and tunnel are still up. */
export interface Refusal {
  readonly error: PodStartError;
  readonly agent: Agent;
  readonly vm: PodVm;
  /** Over the same tunnel as the shim. */
  readonly client: RpcClient;
}

export interface RunPodOptions extends Pick<StartPodOptions, 'onCall' | 'signal'> {
  readonly objects?: Manifest['objects'];
  /** Runs before what was made is taken down again; not for a VM in a process of its own. */
  readonly onRefused?: (refusal: Refusal) => Promise<void> | void;
  /** As soon as the pod's machine runs its agent: to listen to its decisions. */
  readonly onAgent?: (agent: Agent) => void;
  /** A refused start with a VM in a process of its own: what that process says of it. */
  readonly onDenied?: (report: DenialReport) => void;
  /** What is wrong with this pod's VM, instead of what is wrong with every one. */
  readonly faults?: readonly string[];
}

export interface Simulator extends Closable {
  readonly config: PeerPodsConfig;
  readonly warnings: readonly ConfigWarning[];
  readonly worker: Worker;
  readonly images: ImageRegistry;
  /** Of the agents in this process; those with a VM process have their own. */
  readonly policies: SharedPolicies;
  /** The node's capacity of pod VMs, and who takes it. */
  readonly capacity: NodeCapacity;
  readonly pods: ReadonlyMap<string, SimulatedPod>;
  /** Sockets and logs; removed by `close`. */
  readonly directory: string;
  /** Starts a pod through the whole path. Throws what a user would see. */
  runPod(pod: Pod, options?: RunPodOptions): Promise<SimulatedPod>;
}

/** Sizes of the OpenShift documentation; for a ConfigMap that names no machines of its own. */
const DEFAULT_MACHINES = {
  AZURE_INSTANCE_SIZE: 'Standard_DC2as_v5',
  AZURE_INSTANCE_SIZES: 'Standard_DC2as_v5,Standard_DC4as_v5,Standard_DC8as_v5',
};
const NAMES_MACHINES = /^CLOUD_PROVIDER$|_INSTANCE_(?:TYPE|SIZE)S?$|_MACHINE_TYPES?$/;

function withDefaults(data: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const own = Object.keys(data).some((key) => NAMES_MACHINES.test(key));
  return { ...DEFAULT_CONFIG_MAP, ...(own ? {} : DEFAULT_MACHINES), ...data };
}

/** As every ConfigMap of OpenShift sandboxed containers has it; upstream's default is 4789. */
const DEFAULT_CONFIG_MAP = { VXLAN_PORT: '9000', PEERPODS_LIMIT_PER_NODE: '10' };
const GATEWAY = '10.244.1.1';
/** Of a node's pod network, as kube-controller-manager hands them out; larger when the limit asks for it. */
const NODE_PREFIX = 24;
const LARGEST_NETWORK = 16;
/** Addresses that no pod VM gets: the node's own, and some for pods that the limit does not count. */
const SPARE_ADDRESSES = 64;
/** Of the worker's kernel, with `net: 'kernel'`. */
const KERNEL_ADDRESS = '10.244.1.2';
/** Of the cluster's DNS service. */
const NAMESERVER = '10.96.0.10';

const ANY_SANDBOX_ID = '0'.repeat(64);

/** The node's address in a pod network that has room for so many pods. */
function gatewayFor(pods: number): string {
  let length = NODE_PREFIX;
  while (length > LARGEST_NETWORK && 2 ** (32 - length) - SPARE_ADDRESSES < pods) length -= 1;
  return `${GATEWAY}/${length}`;
}

export async function createSimulator(options: SimulatorConfig): Promise<Simulator> {
  // A release that nobody knows is told before anything is made.
  kataProfile(options.kataVersion);
  const { config, warnings } = parsePeerPodsConfig(withDefaults(options.peerPods));
  const directory = await makeSocketDirectory({
    prefix: 'ks-',
    longest: join('pods', ANY_SANDBOX_ID, 'agent.ttrpc'),
    parent: options.directory,
  });
  const opened: { close(): Promise<void> }[] = [];
  try {
    const clock = options.clock ?? systemClock;
    const random = options.random ?? systemRandom;
    const timers = options.timers ?? systemTimers;
    const logger = options.logger ?? silentLogger;
    const gateway = gatewayFor(config.peerPodsLimitPerNode);
    const cni = createPodCni(gateway, [KERNEL_ADDRESS]);
    const local: PeerPodsConfig = {
      ...config,
      hypervisorSocket: options.hypervisorSocket ?? join(directory, 'hypervisor.sock'),
      podsDir: options.podsDir ?? join(directory, 'pods'),
    };
    const pool = createAddressPool({
      forwarderPort: local.forwarderPort,
      vxlanPort: local.vxlanPort,
      logger,
    });
    const { imagePolicy, kataVersion, podVmCommand, faults = [] } = options;
    const { adaptorVersion, enabledAnnotations } = options;
    if (adaptorVersion !== undefined && !/^v?\d+\.\d+(?:\.\d+)?/.test(adaptorVersion)) {
      throw simErrors.badAdaptorVersion(adaptorVersion);
    }
    // A slip in a fault is told before anything is made.
    parseFaults(faults);
    const shared = { directory, imagePolicy, kataVersion };
    const policies = new SharedPolicies();
    const machines: MachineProvider =
      podVmCommand === undefined
        ? new Machines({
            ...shared,
            pool,
            faults,
            faultsOnDemand: options.faultsOnDemand ?? false,
            clock,
            timers,
            random,
            loadText: policies.load,
            logger,
          })
        : new ProcessMachines({
            ...shared,
            command: podVmCommand,
            forwarderPort: local.forwarderPort,
            vxlanPort: local.vxlanPort,
            faults,
          });
    opened.push(machines);
    const worker = await createWorker({
      config: local,
      directory,
      provider: machines,
      pool,
      gateway,
      ...(options.net !== undefined && { net: options.net }),
      cni,
      ...(adaptorVersion !== undefined && { adaptorVersion }),
      logger,
      clock,
      random,
    });
    opened.push(worker);
    return new NodeSimulator({
      config: local,
      warnings,
      worker,
      directory,
      policies,
      machines,
      cni,
      allocatable: options.allocatable,
      places: options.places,
      openFiles: options.openFiles ?? openFileLimit(),
      clock,
      random,
      logger,
      runtime: options.runtime,
      annotations: {
        enabledAnnotations,
        initdataAnnotation:
          adaptorVersion === undefined ? undefined : initdataAnnotationKey(adaptorVersion),
      },
    });
  } catch (error) {
    await closeAll(opened);
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

interface Parts extends Pick<
  Simulator,
  'config' | 'warnings' | 'worker' | 'directory' | 'policies'
> {
  readonly machines: MachineProvider;
  readonly cni: PodCni;
  readonly allocatable: Amounts | undefined;
  readonly places: PlaceKeeper | undefined;
  /** The limit of the process; undefined is none that we know of. */
  readonly openFiles: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly runtime: RuntimeName | undefined;
  readonly annotations: Pick<ShimOptions, 'enabledAnnotations' | 'initdataAnnotation'>;
}

class NodeSimulator implements Simulator {
  readonly config: PeerPodsConfig;
  readonly warnings: readonly ConfigWarning[];
  readonly worker: Worker;
  readonly directory: string;
  readonly images = imageRegistry();
  readonly policies: SharedPolicies;
  readonly capacity: NodeCapacity;
  readonly pods = new Map<string, SimulatedPod>();
  readonly close: () => Promise<void>;
  readonly #parts: Parts;
  readonly #shim: ShimOptions;
  /** Names taken by pods that run or are starting. */
  readonly #names = new Set<string>();
  /** Starts on their way; `close` gives them up and waits for what they leave. */
  readonly #starting = new Set<Promise<unknown>>();
  readonly #over = new AbortController();

  constructor(parts: Parts) {
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
    this.#shim = { hypervisor, images: this.images, random, logger, runtime, ...annotations };
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
    const key = `${pod.namespace}/${pod.name}`;
    this.#over.signal.throwIfAborted();
    if (this.#names.has(key)) throw simErrors.podExists(pod.namespace, pod.name);
    this.#names.add(key);
    const start = this.#admitAndStart(pod, key, options).then((running) => {
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
  async #admitAndStart(pod: Pod, key: string, options: RunPodOptions): Promise<SimulatedPod> {
    const admitted = admit(pod);
    assertFilesFor(this.#names.size, this.#parts.openFiles);
    await schedule(this.capacity, this.#parts.places, key, admitted);
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
      await this.#parts.places?.release(key);
    } catch (error) {
      // Nobody else gets its place before this process has ended; then anybody may.
      this.#parts.logger.warn({ err: error, pod: key }, 'the place of a pod cannot be given back');
    }
    this.#names.delete(key);
  }

  async #start(pod: Pod, key: string, options: RunPodOptions): Promise<SimulatedPod> {
    const { machines, cni, clock, random, logger } = this.#parts;
    const uid = pod.uid ?? randomUuid(random);
    const networkNamespacePath = `/var/run/netns/cni-${randomUuid(random)}`;
    const podIp = cni.inspect(networkNamespacePath).podIp.split('/')[0] ?? '';
    const searches = [`${pod.namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'];
    const network = { ip: podIp, nameservers: [NAMESERVER], searches };
    const logs = new ContainerLogs(
      join(this.directory, 'logs', `${pod.namespace}_${pod.name}_${uid}`),
      clock,
      logger,
    );
    // A VM that is dead never answers: waiting for the proxy's five minutes would tell nobody why.
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
}
