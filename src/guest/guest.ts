/** The parts of one guest that its calls share: kernel, files, containers, network, machine. */
import type { Clock, Random } from '#base';
import { Containers } from './containers.ts';
import { EventQueue } from './event-queue.ts';
import { AGENT } from './fs/namespace.ts';
import { Store } from './fs/store.ts';
import { FileView } from './fs/view.ts';
import { ImageCatalogue } from './images/catalogue.ts';
import { Kernel } from './kernel/kernel.ts';
import type { Lsm } from './kernel/lsm.ts';
import { Machine } from './machine.ts';
import { NetworkState } from './network.ts';
import { NetworkStack } from './pod-network.ts';
import { programs } from './programs/table.ts';
import type { GuestEvent } from './sandbox.ts';
import { openNamespace } from './mounts.ts';
import type { Timers } from './time.ts';

export interface SandboxOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly images?: ImageCatalogue | undefined;
  /** Reported by GetGuestDetails. */
  readonly agentVersion: string;
  /** Built with policy enforcement: `agent-policy` among the extra features. Default true. */
  readonly policyEnforced?: boolean | undefined;
  /** Memory of the simulated VM in bytes; default 2 GiB. */
  readonly memoryBytes?: number | undefined;
  readonly cpus?: number | undefined;
  /** Security modules of the guest's kernel, in the order of `lsm=`. */
  readonly modules?: readonly Lsm[] | undefined;
  /** A simulated program failed in a way no real program fails: a bug of ours. */
  readonly onFault?:
    ((containerId: string, argv: readonly string[], error: unknown) => void) | undefined;
}

const DEFAULT_MEMORY = 2 * 2 ** 30;
/** Files of one guest on the host's heap. Beyond it programs see ENOSPC. */
const MAX_FILE_BYTES = 256 << 20;
const MAX_INODES = 200_000;
/** Source: kata-containers 4.1.0 src/agent/src/sandbox.rs, the OOM channel. */
const OOM_QUEUE = 100;

export class Guest {
  readonly network = new NetworkStack();
  readonly links = new NetworkState((addresses) => this.network.setAddresses(addresses));
  readonly oom = new EventQueue<{ container_id: string }>(OOM_QUEUE);
  readonly uts = { hostname: 'localhost' };
  readonly destroyed = new AbortController();
  readonly kernel: Kernel;
  readonly files: FileView;
  readonly containers: Containers;
  readonly machine: Machine;
  sandboxId = '';
  readonly #listeners = new Set<(event: GuestEvent) => void>();

  constructor(options: SandboxOptions) {
    this.kernel = openKernel(options, this.network);
    const { store } = this.kernel;
    this.files = new FileView(openNamespace(store, store.dir(), false), AGENT);
    for (const path of ['/run', '/etc', '/tmp', '/dev', '/rootfs']) this.files.mkdirs(path);
    this.containers = new Containers({
      kernel: this.kernel,
      files: this.files,
      images: options.images ?? new ImageCatalogue(),
      uts: this.uts,
      report: (event) => this.report(event),
      onOom: ({ id, status }, pid) => {
        this.report({ kind: 'oom', containerId: id, pid });
        // Watched from StartContainer on, and never for the sandbox container.
        if (id !== this.sandboxId && status !== 'Created') this.oom.push({ container_id: id });
      },
    });
    this.machine = new Machine({
      kernel: this.kernel,
      files: this.files,
      version: options.agentVersion,
      policyEnforced: options.policyEnforced ?? true,
    });
  }

  report(event: GuestEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  onEvent(listener: (event: GuestEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  removeContainers(): void {
    for (const container of [...this.containers.byId.values()]) this.containers.remove(container);
    this.oom.close();
  }

  async close(): Promise<void> {
    this.removeContainers();
    this.network.close();
    await this.kernel.shutdown();
    this.#listeners.clear();
  }
}

function openKernel(options: SandboxOptions, network: NetworkStack): Kernel {
  const { clock, timers, random, modules, cpus = 2, memoryBytes = DEFAULT_MEMORY } = options;
  const bytes = Math.min(MAX_FILE_BYTES, Math.floor(memoryBytes / 2));
  return new Kernel({
    clock,
    timers,
    random,
    store: new Store(clock, { bytes, inodes: MAX_INODES }),
    network,
    programs,
    cpus,
    memoryBytes,
    modules,
    onFault: (process, error) => options.onFault?.(process.scope.id, process.argv, error),
  });
}
