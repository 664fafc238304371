/**
 * Opens a guest: the kernel, the containers and the machine put together behind the `Sandbox`
 * contract. The caller closes it.
 */
import { NEWEST_KATA_VERSION, runOnce, type Clock, type Random } from '#base';
import type { Container } from './container.ts';
import { Containers } from './containers.ts';
import { copyFile } from './copy-file.ts';
import { anyhow, guestErrors, quoted } from './errors.ts';
import { EventQueue } from './event-queue.ts';
import { AGENT } from './fs/namespace.ts';
import { Store } from './fs/store.ts';
import { FileView } from './fs/view.ts';
import { ImageCatalogue } from './images/catalogue.ts';
import { errnoOf } from './kernel/errno.ts';
import { Kernel } from './kernel/kernel.ts';
import type { Lsm } from './kernel/lsm.ts';
import { SIGKILL } from './kernel/signals.ts';
import { Machine } from './machine.ts';
import { metricsText } from './metrics.ts';
import { NetworkState } from './network.ts';
import { NetworkStack } from './pod-network.ts';
import { programs } from './programs/table.ts';
import type { GuestEvent, Sandbox } from './sandbox.ts';
import { statsOf } from './stats.ts';
import { openNamespace } from './storage.ts';
import type { ContainerProcess } from './stdio.ts';
import type { Timers } from './time.ts';

export interface SandboxOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly images?: ImageCatalogue;
  /** Reported by GetGuestDetails; the newest Kata release by default. */
  readonly agentVersion?: string;
  /** Built with policy enforcement: `agent-policy` among the extra features. Default true. */
  readonly policyEnforced?: boolean;
  /** Memory of the simulated VM in bytes; default 2 GiB. */
  readonly memoryBytes?: number;
  readonly cpus?: number;
  /** Security modules of the guest's kernel, in the order of `lsm=`. */
  readonly modules?: readonly Lsm[] | undefined;
  /** Told when a simulated program fails in a way no real program fails: a bug of ours. */
  readonly onFault?: (containerId: string, argv: readonly string[], error: unknown) => void;
}

const DEFAULT_MEMORY = 2 * 2 ** 30;
/** Files of one guest on the host's heap. Beyond it programs see ENOSPC. */
const MAX_FILE_BYTES = 256 << 20;
const MAX_INODES = 200_000;
/** Source: kata-containers src/agent/src/sandbox.rs, the OOM channel. */
const OOM_QUEUE = 100;
/** Source: rpc.rs, TERMINATION_LOG_MAX. */
const TERMINATION_LOG_BYTES = 4096;
/** Source: kata-agent.md 1.8 and upstream's resolv.conf handling. */
const RESOLV_CONF = '/etc/resolv.conf';

export function openSandbox(options: SandboxOptions): Sandbox {
  const { clock, timers, random } = options;
  const memoryBytes = options.memoryBytes ?? DEFAULT_MEMORY;
  const bytes = Math.min(MAX_FILE_BYTES, Math.floor(memoryBytes / 2));
  const store = new Store(clock, { bytes, inodes: MAX_INODES });
  const network = new NetworkStack();
  const kernel = new Kernel({
    clock,
    timers,
    random,
    store,
    network,
    programs,
    cpus: options.cpus ?? 2,
    memoryBytes,
    modules: options.modules,
    onFault: (process, error) => options.onFault?.(process.scope.id, process.argv, error),
  });
  const files = new FileView(openNamespace(store, store.dir(), false), AGENT);
  for (const path of ['/run/kata-containers', '/etc', '/tmp', '/dev']) files.mkdirs(path);

  const uts = { hostname: 'localhost' };
  let sandboxId = '';
  const listeners = new Set<(event: GuestEvent) => void>();
  const report = (event: GuestEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const oom = new EventQueue<{ container_id: string }>(OOM_QUEUE);
  const images = options.images ?? new ImageCatalogue();
  const containers = new Containers({
    kernel,
    files,
    images,
    uts,
    report,
    onOom: ({ id, status }: Container, pid) => {
      report({ kind: 'oom', containerId: id, pid });
      // Watched from StartContainer on, and never for the sandbox container.
      if (id !== sandboxId && status !== 'Created') oom.push({ container_id: id });
    },
  });
  const net = new NetworkState((addresses) => network.setAddresses(addresses));
  const machine = new Machine({
    kernel,
    files,
    version: options.agentVersion ?? NEWEST_KATA_VERSION,
    policyEnforced: options.policyEnforced ?? true,
  });
  const destroyed = new AbortController();
  let scrapes = 0;
  let closed = false;

  const close = runOnce(async () => {
    closed = true;
    oom.close();
    for (const container of [...containers.byId.values()]) containers.remove(container);
    network.close();
    await kernel.shutdown();
    listeners.clear();
  });

  /** Calls are synchronous inside; this makes failures rejections and refuses a closed sandbox. */
  const call = async <T>(action: () => T | Promise<T>): Promise<T> => {
    if (closed) throw guestErrors.closed();
    return await action();
  };

  const writer = (id: string, execId: string): ContainerProcess => {
    const entry = containers.get(id, guestErrors.noSuchContainer).find(execId);
    if (entry !== undefined) return entry;
    const init = execId === '' || execId === id;
    throw anyhow(`Process not found: ${init ? 'init process missing' : 'invalid exec id'}`);
  };

  return {
    network,
    destroyed: destroyed.signal,
    get sandboxId() {
      return sandboxId;
    },
    get hostname() {
      return uts.hostname;
    },
    onEvent: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    containers: () =>
      [...containers.byId.values()].map(({ id, status, image, processes }) => ({
        id,
        status,
        image,
        processes: [...processes.keys()],
      })),
    processes: (containerId) =>
      [...kernel.processes]
        .filter(({ scope }) => containerId === undefined || scope.id === containerId)
        .map((process) => ({
          containerId: process.scope.id,
          pid: process.pid,
          ppid: process.parent?.pid ?? 0,
          uid: process.credentials.uid,
          argv: process.argv,
          state: process.state,
        })),

    createSandbox: (request) =>
      call(() => {
        containers.storages.wipe();
        uts.hostname = request.hostname;
        if (request.sandbox_id !== '') sandboxId = request.sandbox_id;
        for (const { name } of request.kernel_modules)
          if (name === '') throw anyhow('Kernel module name is empty');
        files.mkdirs('/run/kata-containers/sandbox');
        containers.storages.add(request.storages, []);
        if (request.dns.length > 0) files.writeFile(RESOLV_CONF, request.dns.join('\n'));
      }),
    destroySandbox: () =>
      call(() => {
        if (destroyed.signal.aborted)
          throw quoted('INTERNAL', 'failed to get sandbox sender channel');
        for (const container of [...containers.byId.values()]) containers.remove(container);
        oom.close();
        destroyed.abort();
      }),
    createContainer: (request) => call(() => containers.create(request)),
    startContainer: ({ container_id: id }) =>
      call(() => {
        const container = containers.get(id, guestErrors.noSuchContainer);
        container.start();
        const argv = container.find('')?.process.argv ?? [];
        report({ kind: 'started', containerId: id, execId: id, argv });
      }),
    removeContainer: ({ container_id: id }) =>
      call(() => containers.remove(containers.get(id, guestErrors.noSuchContainer))),
    pauseContainer: ({ container_id: id }) =>
      call(() => containers.get(id, guestErrors.noSuchContainerQuoted).pause()),
    resumeContainer: ({ container_id: id }) =>
      call(() => containers.get(id, guestErrors.noSuchContainerQuoted).resume()),
    updateContainer: ({ container_id: id, resources }) =>
      call(() => {
        const container = containers.get(id, guestErrors.noSuchContainerQuoted);
        if (resources != null) container.update(resources);
      }),
    statsContainer: ({ container_id: id }) =>
      call(() => {
        const { cgroup } = containers.get(id, guestErrors.noSuchContainerQuoted);
        return { cgroup_stats: statsOf(cgroup), network_stats: [] };
      }),
    execProcess: ({ container_id: id, exec_id: execId, process }) =>
      call(() => {
        if (process == null) throw guestErrors.noProcess();
        containers.get(id, guestErrors.noSuchContainer).exec(execId, process);
        report({ kind: 'started', containerId: id, execId, argv: process.Args });
      }),
    signalProcess: ({ container_id: id, exec_id: execId, signal }) =>
      call(() => {
        if (execId === '' && signal === SIGKILL) {
          containers.get(id, () => guestErrors.noSuchContainerNamed(id, ' ')).signalAll();
          return;
        }
        const { container, entry } = containers.lookup(id, execId);
        container.signal(entry, signal);
      }),
    waitProcess: ({ container_id: id, exec_id: execId }, signal) =>
      call(async () => {
        const { container, entry } = containers.lookup(id, execId);
        const status = await entry.wait(signal);
        if (containers.byId.get(id) !== container) throw guestErrors.noSuchContainer();
        container.reap(entry);
        return { status };
      }),
    readStdout: ({ container_id: id, exec_id: execId, len }, signal) =>
      call(async () => ({
        data: await containers.lookup(id, execId).entry.readStdout(len, signal),
      })),
    readStderr: ({ container_id: id, exec_id: execId, len }, signal) =>
      call(async () => ({
        data: await containers.lookup(id, execId).entry.readStderr(len, signal),
      })),
    writeStdin: ({ container_id: id, exec_id: execId, data }, signal) =>
      call(async () => ({ len: await writer(id, execId).writeStdin(data, signal) })),
    closeStdin: ({ container_id: id, exec_id: execId }) =>
      call(() => containers.lookup(id, execId).entry.closeStdin()),
    ttyWinResize: ({ container_id: id, exec_id: execId, row, column }) =>
      call(() => containers.lookup(id, execId).entry.resize(row, column)),
    copyFile: (request) =>
      call(() => {
        copyFile(files, request);
        report({ kind: 'copied', path: request.path, bytes: request.data.length });
      }),
    getOOMEvent: (signal) => call(() => oom.take(signal)),
    getGuestDetails: (request) => call(() => machine.details(request)),
    getMetrics: () => call(() => ({ metrics: metricsText(kernel, ++scrapes) })),
    getDiagnosticData: ({ container_id: id, log_type: type }) =>
      call(() => {
        if (type !== 'termination_log')
          throw quoted('INVALID_ARGUMENT', `unsupported diagnostic log_type: ${type}`);
        const container = containers.get(id, () => guestErrors.noSuchContainerNamed(id, ': '));
        return { data: terminationLog(container, files) };
      }),

    updateInterface: ({ interface: link }) => call(() => net.update(link)),
    updateRoutes: ({ routes }) => call(() => ({ Routes: net.updateRoutes(routes?.Routes) })),
    listInterfaces: () => call(() => ({ Interfaces: net.list() })),
    listRoutes: () => call(() => ({ Routes: net.listRoutes() })),
    addARPNeighbors: ({ neighbors }) => call(() => net.addNeighbors(neighbors?.ARPNeighbors)),
    getIPTables: ({ is_ipv6: ipv6 }) => call(() => ({ data: net.iptables(ipv6, kernel.now()) })),
    setIPTables: ({ is_ipv6: ipv6, data }) =>
      call(() => {
        net.restore(ipv6, data);
        return { data: new Uint8Array() };
      }),

    updateEphemeralMounts: ({ storages }) =>
      call(() => {
        try {
          containers.storages.update(storages);
        } catch (error) {
          const errno = errnoOf(error);
          if (errno === undefined) throw error;
          throw quoted('INTERNAL', `Failed to update mounts: ${guestErrors.system(errno).message}`);
        }
      }),
    removeStaleVirtiofsShareMounts: () => call(() => undefined),
    onlineCPUMem: ({ nb_cpus: cpus }) => call(() => machine.onlineCpus(cpus)),
    memHotplugByProbe: ({ memHotplugProbeAddr: addresses }) =>
      call(() => machine.probeMemory(addresses)),
    reseedRandomDev: ({ data }) => call(() => machine.reseed(data)),
    setGuestDateTime: ({ Sec, Usec }) => call(() => machine.setDate(Sec, Usec)),
    addSwap: ({ PCIPath }) => call(() => machine.addSwap(PCIPath)),
    addSwapPath: ({ path }) => call(() => machine.addSwapPath(path)),
    getVolumeStats: ({ volume_guest_path: path }) => call(() => machine.volumeStats(path)),
    resizeVolume: () => call(() => machine.resizeVolume()),
    memAgentMemcgSet: () => Promise.reject(guestErrors.plain('mem-agent is disabled')),
    memAgentCompactSet: () => Promise.reject(guestErrors.plain('mem-agent is disabled')),

    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The file behind the container's termination message path, as far as it is kept. */
function terminationLog(container: Container, files: FileView): string {
  const path = container.spec.Annotations['io.kubernetes.container.terminationMessagePath'];
  if (path === undefined) throw anyhow('No terminationMessagePath annotation');
  const mount = container.spec.Mounts.find(({ destination }) => destination === path);
  if (mount === undefined) throw anyhow(`termination message mount not found for ${path}`);
  try {
    const content = files.readFile(mount.source).subarray(0, TERMINATION_LOG_BYTES);
    return Buffer.from(content).toString('utf8');
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (errno === 'ENOENT') return '';
    throw anyhow(`Failed to read termination log: ${guestErrors.ioInside(errno).message}`);
  }
}
