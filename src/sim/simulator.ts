/**
 * A worker node whose pod VMs are objects of this process: shim, hypervisor service, agent proxies,
 * forwarders and tunnels over real sockets, with the agent and the guest inside each VM.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { closeAll, silentLogger, systemClock, systemRandom } from '#base';
import { systemTimers } from '#guest';
import { initdataAnnotationKey } from '#initdata';
import { kataProfile } from '#gate';
import {
  createAddressPool,
  createPodCni,
  createWorker,
  parseFaults,
  parsePeerPodsConfig,
  type PeerPodsConfig,
} from '#peerpod';
import { makeSocketDirectory } from '#rpc';
import { simErrors } from './errors.ts';
import type { MachineProvider } from './machine.ts';
import { Machines } from './machines.ts';
import { NodeSimulator } from './node-simulator.ts';
import { openFileLimit } from './open-files.ts';
import { ProcessMachines } from './process-machines.ts';
import { SharedPolicies } from './shared-policies.ts';
import type { Simulator, SimulatorConfig } from './simulator-config.ts';

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

const ANY_SANDBOX_ID = '0'.repeat(64);

/** The node's address in a pod network that has room for so many pods. */
function gatewayFor(pods: number): string {
  let length = NODE_PREFIX;
  while (length > LARGEST_NETWORK && 2 ** (32 - length) - SPARE_ADDRESSES < pods) length -= 1;
  return `${GATEWAY}/${length}`;
}

export async function createSimulator(options: SimulatorConfig): Promise<Simulator> {
  // Before anything is created: an unknown release is refused.
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
    // Before anything is created: an invalid fault is refused.
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
      reservations: options.reservations,
      openFiles: options.openFiles ?? openFileLimit(),
      clock,
      random,
      logger,
      runtime: options.runtime,
      annotations: {
        enabledAnnotations,
        emptyDirs: options.emptyDirs,
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
