/**
 * The containers of a sandbox: creation with all its checks in upstream's order, look-up, removal.
 * Source: kata-containers src/agent/src/rpc.rs, do_create_container.
 */
import type { Api } from '#wire';
import { Container, limitsOf, makeScope } from './container.ts';
import { guestErrors } from './errors.ts';
import type { Node } from './fs/node.ts';
import type { FileView } from './fs/view.ts';
import type { CatalogueImage, ImageCatalogue } from './images/catalogue.ts';
import { Cgroup } from './kernel/cgroup.ts';
import type { Kernel } from './kernel/kernel.ts';
import { PidNamespace } from './kernel/pid-namespace.ts';
import type { Process } from './kernel/process.ts';
import { mountAll, openNamespace } from './mounts.ts';
import type { GuestEvent } from './sandbox.ts';
import { imageOf, isSandboxContainer, SandboxStorages } from './storage.ts';
import type { ContainerProcess } from './stdio.ts';

const CONTAINER_ID = /^[a-zA-Z0-9][a-zA-Z0-9._-]+$/;

const DEVICE_TYPES = new Set([
  'blk',
  'mmioblk',
  'nvdimm',
  'scsi',
  'vfio-pci',
  'vfio-pci-gk',
  'vfio-ap',
  'vfio-ap-cold',
]);

export interface ContainersOptions {
  readonly kernel: Kernel;
  readonly files: FileView;
  readonly images: ImageCatalogue;
  readonly uts: { hostname: string };
  readonly report: (event: GuestEvent) => void;
  readonly onOom: (container: Container, pid: number) => void;
}

export class Containers {
  readonly storages: SandboxStorages;
  readonly byId = new Map<string, Container>();
  readonly #options: ContainersOptions;
  /** Of the sandbox's first container; others may ask to share it. */
  #sharedPids: PidNamespace<Process> | undefined;

  constructor(options: ContainersOptions) {
    this.#options = options;
    this.storages = new SandboxStorages(options.files, options.images);
  }

  create(request: Api.CreateContainerRequest): void {
    const { container_id: id, OCI: spec } = request;
    if (!CONTAINER_ID.test(id)) throw guestErrors.invalidContainerIdText(id);
    if (this.byId.has(id)) throw guestErrors.containerExists(id);
    if (spec === null) throw guestErrors.einval();
    for (const device of request.devices) checkDevice(device);
    const mountPoints: string[] = [];
    try {
      const image = this.storages.add(request.storages, mountPoints);
      this.#build(request, spec, { image, mountPoints });
    } catch (error) {
      this.storages.release(mountPoints);
      throw error;
    }
  }

  #build(
    request: Api.CreateContainerRequest,
    spec: Api.Spec,
    { image, mountPoints }: { image: CatalogueImage | undefined; mountPoints: string[] },
  ): void {
    const { container_id: id } = request;
    const { kernel, files } = this.#options;
    if (spec.Linux === null) throw guestErrors.noLinux();
    const pids = this.#pidNamespace(request.sandbox_pidns);
    if (spec.Root === null || spec.Process === null) throw guestErrors.einval();
    const found = image ?? imageOf(spec, this.#options.images);
    const { root, owned } = this.#rootNode(spec.Root.Path, found);
    files.mkdirs(`/run/kata-containers/${id}`);
    const cgroup = new Cgroup(kernel.clock, kernel.cpus);
    const namespace = openNamespace(kernel.store, root, spec.Root.Readonly);
    const scope = makeScope({ id, namespace, pids, cgroup, uts: this.#options.uts });
    const container = new Container({
      id,
      spec,
      image: found?.name ?? '',
      kernel,
      scope,
      cgroup,
      onStatus: (status) => this.#options.report({ kind: 'container', containerId: id, status }),
      onExit: (process) => this.#reportExit(id, process),
    });
    container.mountPoints.push(...mountPoints);
    if (owned) container.nodes.push(root);
    container.nodes.push(...mountAll(scope, kernel, { guest: files, spec, root }));
    container.create(processOf(spec, spec.Process, found));
    if (spec.Linux.Resources !== null) cgroup.update(limitsOf(spec.Linux.Resources));
    cgroup.onOom = (victim) => {
      this.#options.onOom(container, victim.pid);
    };
    this.byId.set(id, container);
    this.#sharedPids ??= pids;
  }

  #reportExit(containerId: string, entry: ContainerProcess): void {
    this.#options.report({
      kind: 'exited',
      containerId,
      execId: entry.key,
      argv: entry.process.argv,
      exitCode: entry.exitCode ?? 0,
    });
  }

  #pidNamespace(shared: boolean): PidNamespace<Process> {
    if (!shared) return new PidNamespace();
    if (this.#sharedPids !== undefined) return this.#sharedPids;
    if (this.byId.size > 0) throw guestErrors.noSharedPidns();
    return new PidNamespace();
  }

  /** What a storage mounted there, what was copied there, or the image itself. */
  #rootNode(path: string, image: CatalogueImage | undefined): { root: Node; owned: boolean } {
    const { files, kernel } = this.#options;
    if (files.exists(path)) {
      const root = files.stat(path);
      const mounted = files.place(path).mount.destination !== '/';
      if (mounted || files.list(path).length > 0) return { root, owned: false };
    }
    const { store } = kernel;
    const root = image === undefined ? store.dir() : store.fromTemplate(image.tree);
    return { root, owned: true };
  }

  /** The container, or the failure the calling RPC answers with. */
  get(id: string, otherwise: () => Error): Container {
    const container = this.byId.get(id);
    if (container === undefined) throw otherwise();
    return container;
  }

  /** Process look-up with the enum's three failures. */
  lookup(id: string, execId: string): { container: Container; entry: ContainerProcess } {
    const container = this.get(id, guestErrors.lookupContainer);
    const entry = container.find(execId);
    if (entry !== undefined) return { container, entry };
    throw execId === '' || execId === id ? guestErrors.lookupInit() : guestErrors.lookupExec();
  }

  remove(container: Container): void {
    container.destroy();
    this.byId.delete(container.id);
    this.storages.release(container.mountPoints);
    for (const node of container.nodes) this.#options.kernel.store.release(node);
    this.#options.files.removeTree(`/run/kata-containers/${container.id}`);
    if (container.scope.pids === this.#sharedPids && this.byId.size === 0)
      this.#sharedPids = undefined;
    this.#options.report({ kind: 'removed', containerId: container.id });
  }
}

/** A sandbox container runs the guest's own pause, whatever its spec says. */
function processOf(
  spec: Api.Spec,
  process: Api.Process,
  image: CatalogueImage | undefined,
): Api.Process {
  const isPause = image?.name.endsWith('/pause') === true && isSandboxContainer(spec.Annotations);
  if (!isPause) return process;
  return { ...process, Args: [...image.config.entrypoint], Cwd: '/' };
}

function checkDevice(device: Api.Device): void {
  const shown = `Device { id: "${device.id}", type_: "${device.type}", vm_path: "${device.vm_path}", container_path: "${device.container_path}" }`;
  if (device.type === '') throw guestErrors.badDevice('type', shown);
  if (device.id === '' && device.vm_path === '')
    throw guestErrors.badDevice('ID and VM path', shown);
  if (device.container_path === '') throw guestErrors.badDevice('container path', shown);
  if (!DEVICE_TYPES.has(device.type)) throw guestErrors.noDeviceHandler(device.type);
}
