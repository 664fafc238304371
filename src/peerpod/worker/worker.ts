/**
 * A worker node with its cloud-api-adaptor: configuration, TLS identity, pod network, the hypervisor
 * service for shims, and the machines behind it. Everything it opens it closes; sockets and
 * directories go with it.
 */
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  closeAll,
  runOnce,
  silentLogger,
  systemClock,
  systemRandom,
  type Closable,
  type Clock,
  type Logger,
  type Random,
} from '#base';
import { listen } from '#rpc';
import { peerpodErrors } from '../errors.ts';
import { openKernelEnd, type KernelEnd } from '../network/kernel-end.ts';
import { openWorkerNetworkOn, type WorkerNetwork } from '../network/worker-network.ts';
import type { RelayEvent } from '../relay/redirector.ts';
import type { Sleep } from '../relay/retry.ts';
import { createAddressPool, type AddressPool } from '../vm/address-pool.ts';
import type { PodVm } from '../vm/pod-vm.ts';
import { Adaptor, type PeerPodRecords } from './adaptor.ts';
import type { PeerPodsConfig } from './config.ts';
import { hypervisorDispatcher } from './hypervisor-service.ts';
import { assertGlobalInitdata } from './initdata-choice.ts';
import { createPodCni, type PodCni } from './pod-cni.ts';
import {
  createLocalProvider,
  type InstanceProvider,
  type InstanceRequest,
  type PodVmHooks,
} from './provider.ts';
import type { Sandbox } from './sandbox.ts';
import { createWorkerTls } from './worker-tls.ts';

export type PodNetworkKind = 'user' | 'kernel';

export interface WorkerOptions {
  readonly config: PeerPodsConfig;
  /** Agent sockets of pod VMs go below it; it is removed with the worker. Keep it short. */
  readonly directory: string;
  /** How each pod VM is equipped: image, agent, faults. Needed unless there is a `provider`. */
  readonly podVm?: (request: InstanceRequest) => PodVmHooks;
  /** StartVM dials only once the VM is up, so that the proxy's first delay is not sat out. */
  readonly waitForBoot?: boolean;
  /** Instead of VMs in this process. */
  readonly provider?: InstanceProvider;
  readonly pool?: AddressPool;
  readonly gateway?: string;
  /** Where the worker's ends of the tunnels are: in this process, or in the kernel (Linux, root). */
  readonly net?: PodNetworkKind;
  readonly cni?: PodCni;
  readonly vxlanMinId?: number;
  /** -disable-tls; the pod VMs must go without as well. */
  readonly disableTls?: boolean;
  readonly adaptorVersion?: string;
  readonly pullSecrets?: (namespace: string, pod: string) => string | undefined;
  readonly peerPods?: PeerPodRecords;
  readonly observe?: (sandbox: Sandbox, event: RelayEvent) => void;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly sleep?: Sleep;
}

export interface Worker extends Closable {
  /** `unix://` plus this is where shims call. */
  readonly hypervisorSocket: string;
  readonly network: WorkerNetwork;
  /** With `net: 'kernel'`: the namespace to work in. */
  readonly kernel: KernelEnd | undefined;
  readonly sandboxes: ReadonlyMap<string, Sandbox>;
  /** Machines of the local provider, by instance id. */
  readonly machines: ReadonlyMap<string, PodVm>;
  /** The pod VM of a sandbox, once StartVM made it. */
  machineOf(sandboxId: string): PodVm | undefined;
}

/** Prefix length of the loopback network the machines live in. */
const LOOPBACK_PREFIX = 8;

export async function createWorker(options: WorkerOptions): Promise<Worker> {
  const { config, logger = silentLogger, clock = systemClock, random = systemRandom } = options;
  if (config.tunnelType !== 'vxlan') throw peerpodErrors.unknownTunnel(config.tunnelType);
  assertGlobalInitdata(config.initdata);
  const tls = await createWorkerTls({
    config,
    disableTls: options.disableTls ?? false,
    clock,
    random,
  });
  const pool =
    options.pool ??
    createAddressPool({ forwarderPort: config.forwarderPort, vxlanPort: config.vxlanPort, logger });
  const opened: { close(): Promise<void> }[] = [];
  try {
    const address = await pool.claim();
    opened.push(address);
    const network = openWorkerNetworkOn(address.vxlan, {
      ...(options.gateway !== undefined && { gateway: options.gateway }),
      clock,
      random,
    });
    opened.push(network);
    const kernel =
      options.net === 'kernel'
        ? await openKernelEnd({ network, socket: address.vxlan, port: config.vxlanPort, logger })
        : undefined;
    if (kernel !== undefined) opened.push(kernel);
    const local = createLocalProvider({
      pool,
      directory: join(options.directory, 'vm'),
      hooks: (request) => {
        if (options.podVm === undefined) throw peerpodErrors.noPodVmHooks();
        return withDefaults(options.podVm(request), options);
      },
      waitForBoot: options.waitForBoot ?? false,
    });
    opened.push(local);
    const adaptor = new Adaptor({
      config,
      tls,
      tunnels: kernel ?? network,
      workerNodeIp: kernel?.workerNodeIp ?? `${address.host}/${LOOPBACK_PREFIX}`,
      cni: options.cni ?? createPodCni(network.gatewayPrefix, kernel && [kernel.ip]),
      provider: options.provider ?? local,
      adaptorVersion: options.adaptorVersion,
      pullSecrets: options.pullSecrets,
      peerPods: options.peerPods,
      observe: options.observe,
      logger,
      random,
      sleep: options.sleep,
      ...(options.vxlanMinId !== undefined && { vxlanMinId: options.vxlanMinId }),
    });
    opened.push(adaptor);
    const socket = config.hypervisorSocket;
    await mkdir(dirname(socket), { recursive: true });
    const dispatcher = hypervisorDispatcher(adaptor);
    const listener = await listen(`unix://${socket}`, dispatcher, {
      logger,
      flavour: 'go',
      protocols: 'ttrpc',
    });
    opened.push(listener);
    const close = runOnce(async () => {
      await closeAll(opened);
      await rm(options.directory, { recursive: true, force: true });
    });
    return {
      hypervisorSocket: socket,
      network,
      kernel,
      sandboxes: adaptor.sandboxes,
      machines: local.machines,
      machineOf: (id) => local.machines.get(adaptor.sandboxes.get(id)?.instance?.id ?? ''),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** What the worker was given holds for its VMs too, unless a hook says otherwise. */
function withDefaults(hooks: PodVmHooks, options: WorkerOptions): PodVmHooks {
  const { logger, clock, random, sleep, disableTls } = options;
  return {
    ...(logger && { logger }),
    ...(clock && { clock }),
    ...(random && { random }),
    ...(sleep && { sleep }),
    ...(disableTls === true && { tls: 'plain' as const }),
    ...hooks,
  };
}
