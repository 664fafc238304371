/**
 * Addresses for machines that do not exist: each gets its own out of 127.42.0.0/16, so that all
 * listen on the same ports, as in a cloud. Where only 127.0.0.1 exists (macOS without aliases) they
 * share it with ports of their own, and say so.
 *
 * An address is claimed by binding its VXLAN port, so two katasims on one machine do not collide.
 */
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import {
  isSystemError,
  KatasimError,
  runOnce,
  silentLogger,
  type Closable,
  type Logger,
} from '#base';
import { peerpodErrors } from '../errors.ts';
import { openVxlanSocket, type FateOfFrames, type VxlanSocket } from '../network/vxlan-socket.ts';

export interface MachineAddress extends Closable {
  readonly host: string;
  /** TCP port of the forwarder; 0 lets it choose. */
  readonly agentPort: number;
  /** Bound from the beginning; frames are dropped until a tunnel is set up on it. */
  readonly vxlan: VxlanSocket;
  readonly mode: 'own-address' | 'shared-address';
}

export interface AddressPool {
  claim(fate?: FateOfFrames): Promise<MachineAddress>;
}

interface AddressPoolOptions {
  readonly forwarderPort: number;
  readonly vxlanPort: number;
  /** First two numbers of the range. */
  readonly prefix?: string;
  readonly logger?: Logger;
}

const DEFAULT_PREFIX = '127.42';
const FIRST = 1;
/** x.y.255.254; network-looking ends (.0 and .255) are left out. */
const LAST = 0xfffe;
const SHARED_HOST = '127.0.0.1';

export function createAddressPool(options: AddressPoolOptions): AddressPool {
  const log = options.logger ?? silentLogger;
  const prefix = options.prefix ?? DEFAULT_PREFIX;
  const claimed = new Set<number>();
  let next = FIRST;
  let shared = false;

  const following = (): number | undefined => {
    for (let tried = FIRST; tried <= LAST; tried++) {
      const candidate = next;
      next = candidate === LAST ? FIRST : candidate + 1;
      const last = candidate & 0xff;
      if (last !== 0 && last !== 0xff && !claimed.has(candidate)) return candidate;
    }
    return undefined;
  };

  const claimOwn = async (fate: FateOfFrames | undefined): Promise<MachineAddress | undefined> => {
    for (;;) {
      const candidate = following();
      if (candidate === undefined) throw peerpodErrors.noAddressLeft(prefix);
      claimed.add(candidate);
      const host = `${prefix}.${candidate >> 8}.${candidate & 0xff}`;
      try {
        const vxlan = await bindMachine(host, options, fate);
        return machine(vxlan, options.forwarderPort, 'own-address', () =>
          claimed.delete(candidate),
        );
      } catch (error) {
        claimed.delete(candidate);
        if (causedBy(error, 'EADDRNOTAVAIL')) return undefined;
        // Somebody else's machine: take the next one.
        if (!causedBy(error, 'EADDRINUSE')) throw error;
      }
    }
  };

  const claimShared = async (fate: FateOfFrames | undefined): Promise<MachineAddress> => {
    const vxlan = await openVxlanSocket({ host: SHARED_HOST, port: 0, ...(fate && { fate }) });
    return machine(vxlan, await freePort(SHARED_HOST), 'shared-address', () => true);
  };

  return {
    async claim(fate) {
      const own = shared ? undefined : await claimOwn(fate);
      if (own) return own;
      if (!shared) {
        shared = true;
        log.warn(
          { prefix },
          'this machine has no addresses of that range: all pod VMs share 127.0.0.1, each with ports of its own',
        );
      }
      return claimShared(fate);
    },
  };
}

function machine(
  vxlan: VxlanSocket,
  agentPort: number,
  mode: MachineAddress['mode'],
  onClosed: () => void,
): MachineAddress {
  const close = runOnce(async () => {
    await vxlan.close();
    onClosed();
  });
  return { host: vxlan.host, agentPort, vxlan, mode, close, [Symbol.asyncDispose]: close };
}

async function bindMachine(
  host: string,
  { vxlanPort, forwarderPort }: AddressPoolOptions,
  fate: FateOfFrames | undefined,
): Promise<VxlanSocket> {
  const vxlan = await openVxlanSocket({ host, port: vxlanPort, ...(fate && { fate }) });
  try {
    // The forwarder comes later; find out now whether its port is taken.
    if (forwarderPort !== 0) await probe(host, forwarderPort);
    return vxlan;
  } catch (error) {
    await vxlan.close();
    throw error;
  }
}

async function probe(host: string, port: number): Promise<number> {
  const server = createServer();
  server.listen({ host, port });
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  const closed = once(server, 'close');
  server.close();
  await closed;
  return bound;
}

const freePort = (host: string): Promise<number> => probe(host, 0);

function causedBy(error: unknown, code: string): boolean {
  const cause = error instanceof KatasimError ? error.cause : error;
  return isSystemError(cause) && cause.code === code;
}
