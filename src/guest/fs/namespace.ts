/**
 * A mount namespace: one root, mounts on top, and the path walk of path_resolution(7). Search
 * permission of every directory on the way is checked here.
 */
import { NO_MODULES, type Boundary } from '../kernel/boundary.ts';
import { SysError, type Errno } from '../kernel/errno.ts';
import { isDir, type AnyDir, type Caller, type Node } from './node.ts';
import { childOf, namesIn, type Store } from './store.ts';

/** Source: Linux limits.h and namei.c. */
const PATH_MAX = 4096;
const NAME_MAX = 255;
const MAX_SYMLINKS = 40;

export interface Mount {
  readonly destination: string;
  readonly source: string;
  readonly type: string;
  readonly options: readonly string[];
  readonly readonly: boolean;
  readonly root: Node;
}

/** Where a path leads: a node, or a name in a directory that does not have it yet. */
export interface Place {
  /** Absolute, symlinks resolved. */
  readonly path: string;
  readonly node: Node | undefined;
  readonly parent: AnyDir;
  readonly name: string;
  readonly mount: Mount;
}

/** Who asks, and who decides what they may do. */
export interface Viewer {
  /** Undefined: the agent itself, which may do everything. */
  readonly caller: Caller | undefined;
  readonly boundary: Boundary;
}

export const AGENT: Viewer = { caller: undefined, boundary: NO_MODULES };

interface Step {
  readonly name: string;
  /** Absolute; of the root the empty string, so that a child's is one concatenation. */
  readonly path: string;
  readonly node: Node;
  readonly mount: Mount;
}

export class MountNamespace {
  readonly store: Store;
  readonly root: Mount;
  readonly mounts: Mount[];
  /** The topmost mount of each destination. */
  readonly #byPath = new Map<string, Mount>();

  constructor(store: Store, root: Mount) {
    this.store = store;
    this.root = root;
    this.mounts = [root];
  }

  mount(mount: Mount): void {
    this.mounts.push(mount);
    this.#byPath.set(mount.destination, mount);
  }

  /** Removes the topmost mount at the path; EINVAL when it is none. */
  unmount(destination: string): void {
    const index = this.mounts.findLastIndex((mount) => mount.destination === destination);
    if (index <= 0) throw new SysError('EINVAL');
    this.mounts.splice(index, 1);
    const below = this.mounts.findLast((mount) => mount.destination === destination);
    if (below === undefined || below === this.root) this.#byPath.delete(destination);
    else this.#byPath.set(destination, below);
  }

  /**
   * Walks `path` from `cwd`. The last component need not exist; with `follow` a symlink there is
   * followed, also when it dangles.
   */
  resolve(path: string, cwd: string, follow: boolean, viewer: Viewer = AGENT): Place {
    const found = this.lookup(path, cwd, follow, viewer);
    if (typeof found === 'string') throw new SysError(found);
    return found;
  }

  /** As `resolve`, with the errno as a value: searches along PATH fail often and must be cheap. */
  lookup(path: string, cwd: string, follow: boolean, viewer: Viewer = AGENT): Place | Errno {
    if (path === '') return 'ENOENT';
    if (path.length > PATH_MAX) return 'ENAMETOOLONG';
    const root: Step = { name: '/', path: '', node: this.root.root, mount: this.root };
    let steps: Step[] = [root];
    const pending = path.split('/').reverse();
    if (!path.startsWith('/')) pending.push(...cwd.split('/').reverse());
    const mustBeDir = path.endsWith('/');
    let links = 0;
    while (pending.length > 0) {
      const name = pending.pop() ?? '';
      const here = steps.at(-1) ?? root;
      if (name === '' || name === '.') continue;
      if (name.length > NAME_MAX) return 'ENAMETOOLONG';
      if (!isDir(here.node)) return 'ENOTDIR';
      if (!viewer.boundary.permits(viewer.caller, here.node, 'x')) return 'EACCES';
      if (name === '..') {
        if (steps.length > 1) steps.pop();
        continue;
      }
      const last = pending.length === 0 || pending.every((rest) => rest === '' || rest === '.');
      const next = this.#child(here, name, viewer);
      if (next === undefined) {
        if (!last) return 'ENOENT';
        const missing = `${here.path}/${name}`;
        return { path: missing, node: undefined, parent: here.node, name, mount: here.mount };
      }
      if (next.node.kind === 'link' && (!last || follow || mustBeDir)) {
        if (++links > MAX_SYMLINKS) return 'ELOOP';
        const { target } = next.node;
        pending.push(...target.split('/').reverse());
        if (target.startsWith('/')) steps = [root];
        continue;
      }
      steps.push(next);
    }
    return placeOf(steps, mustBeDir);
  }

  #child(here: Step, name: string, viewer: Viewer): Step | undefined {
    const path = `${here.path}/${name}`;
    const mount = this.#byPath.get(path);
    if (mount !== undefined) return { name, path, node: mount.root, mount };
    const dir = here.node;
    const node =
      dir.kind === 'virtual-dir'
        ? dir.lookup(name, viewer.caller)
        : dir.kind === 'dir'
          ? childOf(this.store, dir, name)
          : undefined;
    return node === undefined ? undefined : { name, path, node, mount: here.mount };
  }

  /** Names in a directory, sorted; mount points that the directory lacks are not invented. */
  list(dir: AnyDir, viewer: Viewer): string[] {
    return dir.kind === 'dir' ? namesIn(dir) : dir.names(viewer.caller);
  }
}

function placeOf(steps: readonly Step[], mustBeDir: boolean): Place | Errno {
  const here = steps.at(-1);
  if (here === undefined) return 'ENOENT';
  if (mustBeDir && !isDir(here.node)) return 'ENOTDIR';
  const parent = steps.at(-2)?.node ?? here.node;
  if (!isDir(parent)) return 'ENOTDIR';
  const path = here.path === '' ? '/' : here.path;
  return { path, node: here.node, parent, name: here.name, mount: here.mount };
}
