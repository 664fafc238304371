/**
 * The containers of a sandbox: creation with all its checks in upstream's order, look-up, removal.
 * Source: kata-containers src/agent/src/rpc.rs, do_create_container.
 */
import type { Api } from '#wire';
import { Container, limitsOf, makeScope } from './container.ts';
import { addDevices } from './devices.ts';
import { anyhow, guestErrors } from './errors.ts';
import type { Node } from './fs/node.ts';
import type { FileView } from './fs/view.ts';
import type { CatalogueImage, ImageCatalogue } from './images/catalogue.ts';
import { Cgroup } from './kernel/cgroup.ts';
import { errnoOf } from './kernel/errno.ts';
import type { Kernel } from './kernel/kernel.ts';
import { PidNamespace } from './kernel/pid-namespace.ts';
import type { Process } from './kernel/process.ts';
import { mountAll, openNamespace } from './mounts.ts';
import type { GuestEvent } from './sandbox.ts';
import { assertEnvironment, withDefaults, type CompleteSpec } from './spec-defaults.ts';
import { imageOf, isSandboxContainer, KATA_ROOT, SandboxStorages } from './storage.ts';
import type { ContainerProcess } from './stdio.ts';

/** Source: kata-containers 4.1.0 src/libs/kata-sys-util/src/validate.rs, verify_id. */
const CONTAINER_ID = /^[\p{Alphabetic}\p{N}][\p{Alphabetic}\p{N}._-]*$/u;
const isContainerId = (id: string): boolean => CONTAINER_ID.test(id) && Buffer.byteLength(id) > 1;

interface ContainersOptions {
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
    const { container_id: id, OCI: given } = request;
    if (!isContainerId(id)) throw guestErrors.invalidContainerIdText(id);
    if (this.byId.has(id)) throw guestErrors.containerExists(id);
    if (given === null) throw guestErrors.einval();
    addDevices(request.devices, this.#options.files);
    const spec = withDefaults(given);
    assertEnvironment(spec.Process);
    const mountPoints: string[] = [];
    const image = this.storages.add(request.storages, mountPoints);
    try {
      this.#build(request, spec, { image, mountPoints });
    } catch (error) {
      this.storages.release(mountPoints);
      const errno = errnoOf(error);
      throw errno === undefined ? error : guestErrors.ioInside(errno);
    }
  }

  #build(
    request: Api.CreateContainerRequest,
    spec: CompleteSpec,
    { image, mountPoints }: { image: CatalogueImage | undefined; mountPoints: string[] },
  ): void {
    const { container_id: id } = request;
    const { kernel, files } = this.#options;
    const pids = this.#pidNamespace(request.sandbox_pidns);
    const found = image ?? imageOf(spec, this.#options.images);
    const { root, owned } = this.#rootNode(id, spec.Root.Path, found);
    files.mkdirs(`${KATA_ROOT}/${id}`);
    if (spec.Process.Capabilities === null) throw anyhow('missing process capabilities');
    // Without any namespace in the spec none is added for processes either.
    if (spec.Linux.Namespaces.length === 0) throw anyhow('cannot find the pid ns');
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

  /**
   * The bundle's own root file system where a storage put one; otherwise the spec's, mounted there:
   * what a storage mounted, what was copied, or the image that a shared file system would show.
   * Source: kata-containers 4.1.0 src/agent/src/rpc.rs, setup_bundle.
   */
  #rootNode(
    id: string,
    path: string,
    image: CatalogueImage | undefined,
  ): { root: Node; owned: boolean } {
    const { files, kernel } = this.#options;
    const bundled = `${KATA_ROOT}/${id}/rootfs`;
    if (path === '' && !files.exists(bundled)) throw anyhow('need mount source');
    for (const place of [bundled, path]) {
      if (!files.exists(place)) continue;
      const root = files.stat(place);
      const mounted = files.place(place).mount.destination !== '/';
      if (mounted || image === undefined || files.list(place).length > 0)
        return { root, owned: false };
    }
    if (image === undefined)
      throw anyhow(
        `failed to mount ${path} to ${bundled}, with error: ENOENT: No such file or directory`,
      );
    return { root: kernel.store.fromTemplate(image.tree), owned: true };
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
