/**
 * The pod network seen by the real kernel: a `vxlan` device in a network namespace of its own,
 * joined to the worker's bridge. There plain `ping` and `curl` reach the simulated pods:
 * `ip netns exec katasim curl http://10.244.1.21:8080`. Needs Linux, root and iproute2.
 *
 * The kernel binds VXLAN to every address of its namespace, which our own sockets on 127.42.x.y
 * would collide with; hence a namespace and a veth pair between the two.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { closeAll, messageOf, runOnce, type Closable, type Logger } from '#base';
import { peerpodErrors } from '../errors.ts';
import { openVxlanSocket } from './vxlan-socket.ts';
import { TUNNEL_MTU, type WorkerNetwork } from './worker-network.ts';

const run = promisify(execFile);
const COMMAND_TIMEOUT_MS = 10_000;

export interface KernelEndOptions {
  readonly network: WorkerNetwork;
  /** Name of the namespace, made and removed here. */
  readonly netns: string;
  /** The namespace's address on the pod network: `10.244.1.2/24`. */
  readonly address: string;
  readonly vni?: number;
  readonly port?: number;
  readonly logger?: Logger;
}

/** Link-local addresses of the veth pair; only the two ends know them. */
const OUTSIDE = '169.254.142.1';
const INSIDE = '169.254.142.2';
/** Above any index an adaptor counts to. */
const DEFAULT_VNI = 0xf00000;

export async function openKernelEnd(options: KernelEndOptions): Promise<Closable> {
  const { network, netns, address, vni = DEFAULT_VNI, port = 9000 } = options;
  // Interface names have 15 characters; the name of the namespace may be longer.
  const [outside, inside] = [`${netns.slice(0, 12)}-o`, `${netns.slice(0, 12)}-i`];
  const undo: { close(): Promise<void> }[] = [];
  const ip = async (...args: string[]): Promise<void> => {
    try {
      await run('ip', args, { timeout: COMMAND_TIMEOUT_MS });
    } catch (error) {
      throw peerpodErrors.kernelNetwork(`ip ${args.join(' ')}`, reasonOf(error), error);
    }
  };
  const within = (...args: string[]): Promise<void> => ip('-n', netns, ...args);
  try {
    await ip('netns', 'add', netns);
    undo.push({ close: () => ip('netns', 'del', netns) });
    await ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', netns);
    // With its namespace the inner end goes, and with it the outer one.
    await ip('addr', 'add', `${OUTSIDE}/30`, 'dev', outside);
    await ip('link', 'set', outside, 'up');
    await within('addr', 'add', `${INSIDE}/30`, 'dev', inside);
    await within('link', 'set', inside, 'up');
    await within('link', 'set', 'lo', 'up');
    const id = String(vni);
    await within(
      'link',
      'add',
      'vxlan0',
      'type',
      'vxlan',
      'id',
      id,
      'remote',
      OUTSIDE,
      'dstport',
      String(port),
      'nolearning',
    );
    await within('link', 'set', 'vxlan0', 'mtu', String(TUNNEL_MTU));
    await within('addr', 'add', address, 'dev', 'vxlan0');
    const socket = await openVxlanSocket({
      host: OUTSIDE,
      port,
      ...(options.logger && { logger: options.logger }),
    });
    undo.push(socket);
    const link = socket.attach(vni, { host: INSIDE, port }, (frame) => onBridge.input(frame));
    const onBridge = network.attachPort({ deliver: (frame) => link.send(frame) });
    undo.push({
      close: () => {
        onBridge.detach();
        link.close();
        return Promise.resolve();
      },
    });
    await within('link', 'set', 'vxlan0', 'up');
  } catch (error) {
    await closeAll(undo);
    throw error;
  }
  const close = runOnce(() => closeAll(undo));
  return { close, [Symbol.asyncDispose]: close };
}

/** What the program said rather than how it was called. */
function reasonOf(error: unknown): string {
  const { stderr } = error as { stderr?: unknown };
  return typeof stderr === 'string' && stderr !== '' ? stderr.trim() : messageOf(error);
}
