/**
 * A network namespace for the worker's side of the pod network, with one veth pair to the namespace
 * we run in: over it VXLAN reaches the pod VMs on 127.42.x.y. The kernel binds VXLAN to every address
 * of its namespace, which would collide with pod VMs in ours; hence a namespace of its own.
 *
 * Outside only the veth's own end is touched: its address, and its `route_localnet`, without which
 * the kernel takes 127.42.x.y on a wire for a mistake. The end carries the namespace's name as its
 * alias and the namespace our pid, so that what a killed katasim left behind is found and removed.
 */
import { access, readFile, readlink } from 'node:fs/promises';
import { platform } from 'node:os';
import { closeAll, runOnce, type Closable } from '#base';
import { peerpodErrors } from '../errors.ts';
import { inNamespace, ip, kernelSays, type Iproute } from './iproute.ts';

export interface KernelNamespace extends Closable {
  /** For `ip netns exec`. */
  readonly name: string;
  /** Its end of the veth pair with the prefix length: the worker's address, as pod VMs see it. */
  readonly address: string;
  /** iproute2 inside of it. */
  readonly within: Iproute;
}

const PREFIX = 'katasim';
const OURS = new RegExp(`^${PREFIX}-(\\d+)(?:-\\d+)?$`);
/** Interface names have 15 characters. The number is claimed by making the pair. */
const VETH = 'ksim';
const VETH_NAME = new RegExp(`^${VETH}\\d+$`);
/** Pairs at once on one machine; their /30s are 169.254.142.0 to 169.254.157.255. */
const SLOTS = 1024;
const LINK_LOCAL_FROM = 142;

/** `peers`: the addresses that are reached over the pair, `127.42.0.0/16`. */
export async function openKernelNamespace(peers: string): Promise<KernelNamespace> {
  await assertPossible();
  await sweepStale();
  const name = await addNamespace();
  const within = inNamespace(name);
  const undo: { close(): Promise<void> }[] = [{ close: () => ip('netns', 'del', name) }];
  try {
    const pair = await claimPair(name);
    // A shell that is still inside keeps the namespace, but not the link to us.
    undo.push({ close: () => deleteLink(pair.outside) });
    await ip('addr', 'add', `${pair.outsideIp}/30`, 'dev', pair.outside);
    await ip('link', 'set', pair.outside, 'alias', name, 'up');
    await allowLoopback(pair.outside);
    await within('addr', 'add', `${pair.insideIp}/30`, 'dev', INSIDE);
    await within('link', 'set', INSIDE, 'up');
    await within('link', 'set', 'lo', 'up');
    // Only 127.0.0.1 is its own: the rest of 127.0.0.0/8 is where the pod VMs are.
    await within('addr', 'del', '127.0.0.1/8', 'dev', 'lo');
    await within('addr', 'add', '127.0.0.1/32', 'dev', 'lo');
    await ip('netns', 'exec', name, 'sh', '-c', INSIDE_SETTINGS);
    await within('route', 'add', peers, 'via', pair.outsideIp);
    const close = runOnce(() => closeAll(undo));
    return {
      name,
      address: `${pair.insideIp}/30`,
      within,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await closeAll(undo);
    throw error;
  }
}

/** The second of one process has a number behind the pid, and so on. */
async function addNamespace(): Promise<string> {
  const first = `${PREFIX}-${await readlink('/proc/self')}`;
  for (let count = 1; ; count++) {
    const name = count === 1 ? first : `${first}-${count}`;
    try {
      await ip('netns', 'add', name);
      return name;
    } catch (error) {
      if (!kernelSays(error, 'exists')) throw error;
    }
  }
}

const INSIDE = 'veth0';
/** Nobody routes through the namespace: a pod must not come out of it into the host. */
const INSIDE_SETTINGS = [
  `echo 1 > /proc/sys/net/ipv4/conf/${INSIDE}/route_localnet`,
  'echo 0 > /proc/sys/net/ipv4/ip_forward',
].join(' && ');

const allowLoopback = (link: string): Promise<void> =>
  ip.shell(`echo 1 > /proc/sys/net/ipv4/conf/${link}/route_localnet`);

interface Pair {
  readonly outside: string;
  readonly outsideIp: string;
  readonly insideIp: string;
}

/** Two katasims that start at once ask for the same name, and the kernel gives it to one of them. */
async function claimPair(netns: string): Promise<Pair> {
  for (let slot = 0; slot < SLOTS; slot++) {
    const outside = `${VETH}${slot}`;
    try {
      await ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', INSIDE, 'netns', netns);
    } catch (error) {
      if (kernelSays(error, 'exists')) continue;
      throw kernelSays(error, 'unsupported') ? peerpodErrors.noKernelDevice('veth', error) : error;
    }
    const net = `169.254.${LINK_LOCAL_FROM + (slot >> 6)}`;
    const base = (slot & 63) * 4;
    return { outside, outsideIp: `${net}.${base + 1}`, insideIp: `${net}.${base + 2}` };
  }
  throw peerpodErrors.kernelNetwork(`all ${SLOTS} links ${VETH}N are taken`);
}

/** Gone already is as good: the pair goes with the namespace, a little later. */
async function deleteLink(name: string): Promise<void> {
  try {
    await ip('link', 'del', name);
  } catch (error) {
    if (!kernelSays(error, 'absent')) throw error;
  }
}

async function sweepStale(): Promise<void> {
  for (const line of await ip.lines('netns', 'list')) {
    const [name = ''] = line.split(' ');
    // Another katasim may be sweeping, too.
    if (await isStale(name)) await ip('netns', 'del', name).catch(() => undefined);
  }
  for (const { ifname, ifalias = '' } of await ip.links('type', 'veth')) {
    if (VETH_NAME.test(ifname) && (await isStale(ifalias))) await deleteLink(ifname);
  }
}

async function isStale(name: string): Promise<boolean> {
  const pid = OURS.exec(name)?.[1];
  if (pid === undefined) return false;
  return access(`/proc/${pid}`).then(
    () => false,
    () => true,
  );
}

/** What making namespaces and links takes; root in a container may lack them. */
const CAPABILITIES: readonly (readonly [string, bigint])[] = [
  ['CAP_NET_ADMIN', 12n],
  ['CAP_SYS_ADMIN', 21n],
];

async function assertPossible(): Promise<void> {
  if (platform() !== 'linux') {
    throw peerpodErrors.noKernelNetwork(`this is ${platform()}, not Linux`);
  }
  const status = await readFile('/proc/self/status', 'utf8');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  const missing = CAPABILITIES.filter(([, bit]) => ((effective >> bit) & 1n) === 0n);
  if (missing.length > 0) {
    const names = missing.map(([capability]) => capability).join(' and ');
    throw peerpodErrors.noKernelNetwork(`katasim runs without ${names}`);
  }
}
