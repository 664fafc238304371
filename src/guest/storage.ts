/**
 * The sandbox's storages and the mounts of a container: what the agent's storage handlers and
 * rustjail's mount code do. Sources: kata-containers src/agent/src/storage, rustjail/src/mount.rs.
 */
import { guestErrors } from './errors.ts';
import { makeDev } from './fs/device.ts';
import { MountNamespace, type Mount } from './fs/namespace.ts';
import { isDir, type Node } from './fs/node.ts';
import { makeProc, makeSys } from './fs/proc.ts';
import type { Store } from './fs/store.ts';
import { FileView } from './fs/view.ts';
import { errnoOf, SysError } from './kernel/errno.ts';
import type { Host, Scope } from './kernel/process.ts';
import type { CatalogueImage, ImageCatalogue } from './images/catalogue.ts';
import type { OciMount, OciSpec, Storage } from './oci.ts';

/** GetGuestDetails lists these; anything else is refused. */
export const STORAGE_HANDLERS: readonly string[] = [
  'blk',
  'ephemeral',
  'erofs.multi-layer',
  'image_guest_pull',
  'local',
  'mmioblk',
  'nvdimm',
  'overlayfs',
  'scsi',
  'virtio-fs',
  'watchable-bind',
];

export const KATA_ROOT = '/run/kata-containers';
export const SHARED_ROOT = '/run/kata-containers/shared/containers/';

/** The container type as CRI runtimes annotate it. */
export const isSandboxContainer = (annotations: Readonly<Record<string, string>>): boolean =>
  annotations['io.kubernetes.cri.container-type'] === 'sandbox' ||
  annotations['io.kubernetes.cri-o.ContainerType'] === 'sandbox' ||
  annotations['io.katacontainers.pkg.oci.container_type'] === 'pod_sandbox';

/** Guest paths with something mounted, and how many containers use them. */
export class SandboxStorages {
  readonly files: FileView;
  readonly #store: Store;
  readonly #images: ImageCatalogue;
  readonly #uses = new Map<string, number>();

  constructor(files: FileView, images: ImageCatalogue) {
    this.files = files;
    this.#store = files.namespace.store;
    this.#images = images;
  }

  /** Mounts in order; returns the image of the first `image_guest_pull`. */
  add(storages: readonly Storage[], mountPoints: string[]): CatalogueImage | undefined {
    let image: CatalogueImage | undefined;
    for (const storage of storages) {
      if (!STORAGE_HANDLERS.includes(storage.driver))
        throw guestErrors.noStorageHandler(storage.driver);
      const { mount_point: mountPoint } = storage;
      const count = this.#uses.get(mountPoint) ?? 0;
      this.#uses.set(mountPoint, count + 1);
      mountPoints.push(mountPoint);
      // Shared by reference: the second user finds it mounted.
      if (count > 0) continue;
      image = this.#mount(storage) ?? image;
    }
    return image;
  }

  #mount(storage: Storage): CatalogueImage | undefined {
    const { driver, mount_point: destination, source, fstype, options } = storage;
    if (driver === 'image_guest_pull') {
      const image = this.#pull(storage);
      this.#put(destination, this.#store.fromTemplate(image.tree), { source: image.name, fstype });
      return image;
    }
    if (driver === 'watchable-bind') {
      const node = this.files.stat(source);
      this.#put(destination, node, { source, fstype: 'bind' });
      return undefined;
    }
    const mode = /(?:^|,)mode=([0-7]+)/.exec(options.join(','))?.[1];
    const gid =
      storage.fs_group?.group_id ?? Number(/(?:^|,)fsgid=(\d+)/.exec(options.join(','))?.[1] ?? 0);
    const dir = this.#store.dir({ mode: mode === undefined ? 0o755 : parseInt(mode, 8), gid });
    this.#put(destination, dir, { source, fstype });
    return undefined;
  }

  #put(destination: string, root: Node, from: { source: string; fstype: string }): void {
    this.files.mkdirs(destination);
    const path = this.files.place(destination).path;
    const mount = {
      destination: path,
      source: from.source,
      type: from.fstype,
      options: [],
      readonly: false,
      root,
    };
    this.files.namespace.mount(mount);
  }

  /** With guest pull the sandbox container always gets the guest's own pause bundle. */
  #pull(storage: Storage): CatalogueImage {
    const metadata = storage.driver_options.join('\n');
    const sandbox =
      /"io\.kubernetes\.cri(?:-o)?\.(?:container-type|ContainerType)":\s*"sandbox"/.test(metadata);
    const name = sandbox ? 'registry.k8s.io/pause' : storage.source;
    const image = this.#images.find(name);
    if (image === undefined)
      throw guestErrors.noSuchImage(
        storage.source,
        this.#images.list().map((each) => each.name),
      );
    return image;
  }

  release(mountPoints: readonly string[]): void {
    for (const mountPoint of mountPoints) {
      const count = (this.#uses.get(mountPoint) ?? 1) - 1;
      if (count > 0) {
        this.#uses.set(mountPoint, count);
        continue;
      }
      this.#uses.delete(mountPoint);
      try {
        const { path, mount } = this.files.place(mountPoint);
        if (mount.destination === path) this.files.namespace.unmount(path);
        this.#store.release(mount.root);
      } catch (error) {
        // Already gone with a recreated sandbox directory.
        if (errnoOf(error) === undefined) throw error;
      }
    }
  }

  /** Remounts ephemeral storages with new options. */
  update(storages: readonly Storage[]): void {
    for (const storage of storages) {
      if (storage.driver !== 'ephemeral') continue;
      this.files.mkdirs(storage.mount_point);
      const mode = storage.options.find((option) => option.startsWith('mode='));
      if (mode !== undefined) this.files.chmod(storage.mount_point, parseInt(mode.slice(5), 8));
    }
  }

  /** A sandbox that starts anew finds `/run/kata-containers` empty. */
  wipe(): void {
    const { mounts } = this.files.namespace;
    for (const mount of [...mounts].reverse())
      if (mount.destination.startsWith(`${KATA_ROOT}/`))
        this.files.namespace.unmount(mount.destination);
    this.#uses.clear();
    this.files.removeTree(KATA_ROOT);
    this.files.mkdirs(KATA_ROOT);
  }
}

/** Which image stands behind a root path that no storage provides. */
export function imageOf(spec: OciSpec, images: ImageCatalogue): CatalogueImage | undefined {
  const { Annotations: annotations } = spec;
  const named =
    annotations['io.kubernetes.cri.image-name'] ?? annotations['io.kubernetes.cri-o.ImageName'];
  if (isSandboxContainer(annotations)) return images.find('registry.k8s.io/pause');
  return images.find(named ?? 'busybox');
}

export interface ContainerMounts {
  readonly guest: FileView;
  readonly spec: OciSpec;
  readonly root: Node;
}

export function openNamespace(store: Store, root: Node, readonly: boolean): MountNamespace {
  const options = [readonly ? 'ro' : 'rw', 'relatime'];
  return new MountNamespace(store, {
    destination: '/',
    source: 'overlay',
    type: 'overlay',
    options,
    readonly,
    root,
  });
}

const PSEUDO: Readonly<Record<string, (store: Store, scope: Scope, kernel: Host) => Node>> = {
  proc: (store, scope, kernel) => makeProc(store, scope, { kernel }),
  sysfs: (store, scope) => makeSys(store, scope),
  tmpfs: (store) => store.dir({ mode: 0o1777 }),
  devpts: (store) => store.dir(),
  mqueue: (store) => store.dir({ mode: 0o1777 }),
  cgroup: (store) => store.dir({ mode: 0o555 }),
  cgroup2: (store) => store.dir({ mode: 0o555 }),
};

/** Applies the spec's mounts to the container's namespace; returns the trees made for it. */
export function mountAll(scope: Scope, kernel: Host, { guest, spec }: ContainerMounts): Node[] {
  const made: Node[] = [];
  const { namespace } = scope;
  const { store } = namespace;
  // Mount points are made before the root turns read-only.
  const writable = new FileView(new MountNamespace(store, { ...namespace.root, readonly: false }));
  const put = (mount: Mount): void => {
    namespace.mount(mount);
    writable.namespace.mount({ ...mount, readonly: false });
  };
  const place = (destination: string, root: Node): string => {
    const parent = destination.replace(/\/[^/]*\/?$/, '');
    if (isDir(root)) writable.mkdirs(destination);
    else {
      if (parent !== '') writable.mkdirs(parent);
      if (!writable.exists(destination)) writable.writeFile(destination, '');
    }
    return writable.place(destination).path;
  };
  const terminal = spec.Process?.Terminal ?? false;
  try {
    for (const mount of spec.Mounts) {
      const root =
        rootOf(mount, guest, () => makeDev(store, terminal)) ??
        PSEUDO[mount.type]?.(store, scope, kernel);
      if (root === undefined) throw new SysError('ENODEV');
      if (root.kind === 'dir' && !isBind(mount)) made.push(root);
      const { source, type, options } = mount;
      const destination = mount.destination.startsWith('/')
        ? mount.destination
        : `/${mount.destination}`;
      const readonly = options.includes('ro');
      put({ destination: place(destination, root), source, type, options, readonly, root });
    }
    if (!spec.Mounts.some(({ destination }) => destination === '/dev')) {
      const root = makeDev(store, terminal);
      made.push(root);
      put({
        destination: place('/dev', root),
        source: 'devtmpfs',
        type: 'tmpfs',
        options: [],
        readonly: false,
        root,
      });
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    throw guestErrors.ioInside(errno);
  }
  return made;
}

const isBind = (mount: OciMount): boolean =>
  mount.type === 'bind' || mount.options.some((option) => /^r?bind$/.test(option));

function rootOf(mount: OciMount, guest: FileView, dev: () => Node): Node | undefined {
  if (isBind(mount)) return guest.stat(mount.source);
  return mount.destination === '/dev' ? dev() : undefined;
}
