/**
 * The sandbox's storages: what the agent's storage handlers do.
 * Source: kata-containers 4.1.0 src/agent/src/storage.
 */
import type { Api } from '#wire';
import { anyhow, guestErrors } from './errors.ts';
import type { Node } from './fs/node.ts';
import type { Store } from './fs/store.ts';
import type { FileView } from './fs/view.ts';
import { errnoOf } from './kernel/errno.ts';
import {
  assertMountable,
  assertWatchable,
  imageMetadata,
  storageAttributes,
} from './storage-handlers.ts';
import type { CatalogueImage, ImageCatalogue } from './images/catalogue.ts';

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
  add(storages: readonly Api.Storage[], mountPoints: string[]): CatalogueImage | undefined {
    let image: CatalogueImage | undefined;
    for (const storage of storages) {
      const { mount_point: mountPoint, driver } = storage;
      const count = this.#uses.get(mountPoint) ?? 0;
      this.#uses.set(mountPoint, count + 1);
      mountPoints.push(mountPoint);
      // Shared by reference: the second user finds it there, whatever became of the first.
      if (count > 0) continue;
      // An unknown driver leaves its mount point in use, as upstream.
      if (!STORAGE_HANDLERS.includes(driver)) throw guestErrors.noStorageHandler(driver);
      try {
        image = this.#mount(storage) ?? image;
      } catch (error) {
        this.#uses.delete(mountPoint);
        throw error;
      }
    }
    return image;
  }

  #mount(storage: Api.Storage): CatalogueImage | undefined {
    const { driver, mount_point: destination, source, fstype } = storage;
    if (driver === 'image_guest_pull') {
      const image = this.#pull(storage);
      this.#put(destination, this.#store.fromTemplate(image.tree), { source: image.name, fstype });
      return image;
    }
    if (driver === 'watchable-bind') this.#bindWatched(storage);
    else {
      const attributes = storageAttributes(storage, this.files);
      this.#put(destination, this.#store.dir(attributes), { source, fstype });
    }
    return undefined;
  }

  #bindWatched({ mount_point: destination, source }: Api.Storage): void {
    assertWatchable(destination);
    const node = this.files.find(source);
    if (node === undefined)
      throw anyhow(
        'Failed to add container',
        'Failed to add storage',
        'No such file or directory (os error 2)',
      );
    this.#put(destination, node, { source, fstype: 'bind' });
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
  #pull(storage: Api.Storage): CatalogueImage {
    const metadata = imageMetadata(storage);
    const sandbox = isSandboxContainer(metadata);
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
  update(storages: readonly Api.Storage[]): void {
    for (const storage of storages) {
      const { driver, mount_point: mountPoint, options } = storage;
      if (driver !== 'ephemeral')
        throw anyhow(
          `Unsupported storage type for syncing mounts ${driver}. Only ephemeral storage update is supported`,
        );
      this.files.mkdirs(mountPoint);
      if (options.length === 0) continue;
      assertMountable({
        ...storage,
        options: options.filter((option) => !option.startsWith('fsgid=')),
      });
      const mode = options.find((option) => option.startsWith('mode='));
      if (mode !== undefined) this.files.chmod(mountPoint, parseInt(mode.slice(5), 8));
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
export function imageOf(spec: Api.Spec, images: ImageCatalogue): CatalogueImage | undefined {
  const { Annotations: annotations, Root: root } = spec;
  const named =
    annotations['io.kubernetes.cri.image-name'] ?? annotations['io.kubernetes.cri-o.ImageName'];
  if (isSandboxContainer(annotations)) return images.find('registry.k8s.io/pause');
  if (named !== undefined) return images.find(named);
  const path = root?.Path ?? '';
  // A shared file system would show it there; /rootfs/NAME is a built-in image by its name.
  const folder = [`${KATA_ROOT}/`, '/rootfs/'].find((prefix) => path.startsWith(prefix));
  if (folder === undefined) return undefined;
  return (
    (folder === '/rootfs/' ? images.find(path.slice(folder.length)) : undefined) ??
    images.find('busybox')
  );
}
