/**
 * The mounts of a container. Source: kata-containers 4.1.0 src/agent/rustjail/src/mount.rs.
 */
import type { Api } from '#wire';
import { anyhow, guestErrors } from './errors.ts';
import { makeDev } from './fs/device.ts';
import { MountNamespace, type Mount } from './fs/namespace.ts';
import { isDir, type Node } from './fs/node.ts';
import { makeProc, makeSys } from './fs/proc.ts';
import type { Store } from './fs/store.ts';
import { FileView } from './fs/view.ts';
import { errnoOf } from './kernel/errno.ts';
import type { Host, Scope } from './kernel/process.ts';

interface ContainerMounts {
  readonly guest: FileView;
  readonly spec: Api.Spec;
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
      assertDestination(mount);
      const root =
        rootOf(mount, guest, () => makeDev(store, terminal)) ??
        PSEUDO[mount.type]?.(store, scope, kernel);
      if (root === undefined) throw guestErrors.system('ENODEV');
      if (root.kind === 'dir' && !isBind(mount)) made.push(root);
      const { source, type, options } = mount;
      const { destination } = mount;
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

function assertDestination({ destination }: Api.Mount): void {
  if (!destination.startsWith('/') || destination.includes('..'))
    throw anyhow(`the mount destination ${destination} is invalid`);
}

const isBind = (mount: Api.Mount): boolean =>
  mount.type === 'bind' || mount.options.some((option) => /^r?bind$/.test(option));

function rootOf(mount: Api.Mount, guest: FileView, dev: () => Node): Node | undefined {
  if (isBind(mount)) return guest.stat(mount.source);
  return mount.destination === '/dev' ? dev() : undefined;
}
