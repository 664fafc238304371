/**
 * Character devices of a container: /dev/null and its siblings.
 */
import { SysError } from '../kernel/errno.ts';
import { OpenFile, type FileOperations } from '../kernel/open-file.ts';
import type { Caller, DeviceNode, Node } from './node.ts';
import type { Store } from './store.ts';

/** Longest single read of an endless device. */
const CHUNK = 64 << 10;

const discard: NonNullable<FileOperations['write']> = () => Promise.resolve();
const zeros: NonNullable<FileOperations['read']> = (_, max) =>
  Promise.resolve(new Uint8Array(Math.min(max, CHUNK)));

export function openDevice(node: DeviceNode, caller: Caller | undefined): OpenFile {
  switch (node.device) {
    case 'null':
      return new OpenFile({
        name: '/dev/null',
        read: () => Promise.resolve(new Uint8Array()),
        write: discard,
      });
    case 'zero':
      return new OpenFile({ name: '/dev/zero', read: zeros, write: discard });
    case 'full':
      return new OpenFile({
        name: '/dev/full',
        read: zeros,
        write: () => Promise.reject(new SysError('ENOSPC')),
      });
    case 'random':
      return new OpenFile({
        name: '/dev/urandom',
        read: (_, max) =>
          Promise.resolve(caller?.randomBytes(Math.min(max, CHUNK)) ?? new Uint8Array()),
        write: discard,
      });
    case 'tty':
    case 'console':
      if (caller === undefined) throw new SysError('ENXIO');
      return caller.openTerminal();
    case 'ptmx':
    case 'block':
      throw new SysError('ENXIO');
  }
}

type DeviceRow = readonly [string, DeviceNode['device'], readonly [number, number]];

/** Source: OCI runtime spec, default devices. */
const DEVICES: readonly DeviceRow[] = [
  ['null', 'null', [1, 3]],
  ['zero', 'zero', [1, 5]],
  ['full', 'full', [1, 7]],
  ['random', 'random', [1, 8]],
  ['urandom', 'random', [1, 9]],
  ['tty', 'tty', [5, 0]],
];

const LINKS: readonly (readonly [string, string])[] = [
  ['fd', '/proc/self/fd'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
  ['stderr', '/proc/self/fd/2'],
  ['ptmx', 'pts/ptmx'],
];

/** A fresh /dev for one container. */
export function makeDev(store: Store, terminal: boolean): Node {
  const dev = store.dir();
  for (const [name, device, number] of DEVICES) dev.entries.set(name, store.device(device, number));
  for (const [name, target] of LINKS) dev.entries.set(name, store.link(target));
  for (const name of ['pts', 'shm', 'mqueue'])
    dev.entries.set(name, store.dir({ mode: name === 'shm' ? 0o1777 : 0o755 }));
  if (terminal) dev.entries.set('console', store.device('console', [136, 0], { mode: 0o620 }));
  return dev;
}
