/**
 * Links and neighbours of the guest: what the network calls change and list.
 * Source: kata-containers 4.1.0 src/agent/src/netlink.rs; Linux net/core/rtnetlink.c.
 */
import { isIP } from 'node:net';
import type { Api } from '#wire';
import { chainText, GuestError, quoted } from './errors.ts';
import { Iptables } from './iptables.ts';
import { errnoNumber, errnoText, type Errno } from './kernel/errno.ts';
import { parseSysfsPath } from './pci.ts';
import { Routes } from './routes.ts';
import { parseU8, type Parsed } from './rust-parse.ts';

/** Tables longer than this serve nobody. */
const MAX_ENTRIES = 10_000;
/** Source: Linux include/uapi/linux/if.h IFNAMSIZ; net/ethernet/eth.c, ether_setup. */
const MAX_NAME = 15;
const MIN_MTU = 68n;
const MAX_MTU = 65535n;

export interface Link {
  name: string;
  /** Six bytes, as the list shows them. */
  hwAddr: string;
  mtu: bigint;
  isUp: boolean;
  readonly addresses: { readonly address: string; readonly prefix: number }[];
}

const netlinkError = (errno: Errno): string =>
  `Received a netlink error message ${errnoText(errno)} (os error ${errnoNumber(errno)})`;

export class NetworkState {
  /** In the order of their indices. The guest boots with a loopback and one unconfigured link. */
  readonly #links: Link[] = [
    {
      name: 'lo',
      hwAddr: '00:00:00:00:00:00',
      mtu: 65536n,
      isUp: true,
      addresses: [
        { address: '127.0.0.1', prefix: 8 },
        { address: '::1', prefix: 128 },
      ],
    },
    { name: 'eth0', hwAddr: '02:42:AC:11:00:02', mtu: 1500n, isUp: false, addresses: [] },
  ];
  readonly #routes = new Routes();
  readonly #neighbors = new Map<string, Api.ARPNeighbor>();
  readonly iptables = new Iptables();
  readonly #onAddresses: (addresses: string[]) => void;

  constructor(onAddresses: (addresses: string[]) => void) {
    this.#onAddresses = onAddresses;
  }

  /** Echoes the request, as upstream does. */
  update(request: Api.Interface | null): Api.Interface {
    if (request === null) throw quoted('INVALID_ARGUMENT', 'empty update interface request');
    if (request.devicePath !== '') assertDevicePath(request.devicePath);
    const fail = (text: string, ...causes: string[]) =>
      quoted('INTERNAL', `update interface: ${chainText(text, causes)}`);
    const hwAddr = parseMac(request.hwAddr);
    if ('error' in hwAddr)
      throw fail(`Failed to parse MAC address: ${request.hwAddr}`, hwAddr.error);
    const link = this.#find(hwAddr.value, request.name);
    if (link === undefined) throw fail(`Link not found (Address: ${request.hwAddr})`);
    for (const address of request.IPAddresses) {
      const parsed = parseIpAddress(address);
      if ('error' in parsed) throw fail(parsed.error);
      const known = link.addresses.some((each) => each.address === parsed.value.address);
      if (!known && link.addresses.length < MAX_ENTRIES) link.addresses.push(parsed.value);
    }
    this.#announce();
    const refused = this.#set(link, request);
    if (refused !== undefined)
      throw fail(
        `Failure in LinkSetRequest for interface ${request.name}: ${netlinkError(refused)}`,
      );
    return request;
  }

  /** By its address; else the named link takes the address; else it is plugged in now. */
  #find(hwAddr: string, name: string): Link | undefined {
    const known = this.#links.find((link) => link.hwAddr === hwAddr);
    if (known !== undefined) return known;
    const named = this.#links.find((link) => link.name === name);
    if (named !== undefined) {
      named.hwAddr = hwAddr;
      return named;
    }
    // The simulated machine has whatever link the runtime announces.
    if (this.#links.length >= MAX_ENTRIES) return undefined;
    const link = { name, hwAddr, mtu: 1500n, isUp: false, addresses: [] };
    this.#links.push(link);
    return link;
  }

  /** A link that has the name already gives it up first, and is left without it when setting fails. */
  #set(link: Link, { name, mtu }: Api.Interface): Errno | undefined {
    link.isUp = false;
    const other = this.#links.find((each) => each !== link && each.name === name);
    if (other !== undefined) {
      other.isUp = false;
      other.name = `${other.name}_temp`;
    }
    if (name.length > MAX_NAME) return 'ERANGE';
    if (mtu < MIN_MTU || mtu > MAX_MTU) return 'EINVAL';
    const before = link.name;
    link.name = name === '' ? before : name;
    link.mtu = mtu;
    link.isUp = true;
    if (other !== undefined) {
      other.name = before;
      other.isUp = true;
    }
    return undefined;
  }

  #announce(): void {
    this.#onAddresses(
      this.#links
        .filter((link) => link.hwAddr !== '00:00:00:00:00:00')
        .flatMap((link) => link.addresses.map(({ address }) => address)),
    );
  }

  /** Families are swapped: upstream shows IPv4 addresses as v6 and the reverse. */
  list(): Api.Interface[] {
    return this.#links.map(({ name, hwAddr, mtu, addresses }) => ({
      device: '',
      name,
      IPAddresses: addresses.map(({ address, prefix }) => ({
        family: address.includes(':') ? 0 : 1,
        address,
        mask: String(prefix),
      })),
      mtu,
      hwAddr,
      devicePath: '',
      type: '',
      raw_flags: 0,
    }));
  }

  /** Gateway-less routes first, so that gateways are reachable. Never deletes. */
  updateRoutes(routes: readonly Api.Route[] | undefined): Api.Route[] {
    if (routes === undefined) throw quoted('INVALID_ARGUMENT', 'empty update routes request');
    const ordered = [...routes].sort((a, b) => Number(a.gateway !== '') - Number(b.gateway !== ''));
    for (const route of ordered) {
      const link = this.#links.find(({ name }) => name === route.device);
      const error =
        link === undefined ? netlinkError('ENODEV') : this.#routes.add(route, link, this.#links);
      if (error !== undefined) throw quoted('INTERNAL', `Failed to update routes: ${error}`);
    }
    return this.listRoutes();
  }

  listRoutes(): Api.Route[] {
    return this.#routes.list(this.#links);
  }

  addNeighbors(neighbors: readonly Api.ARPNeighbor[] | undefined): void {
    if (neighbors === undefined)
      throw quoted('INVALID_ARGUMENT', 'empty add arp neighbours request');
    for (const neighbor of neighbors) {
      const address = neighbor.toIPAddress?.address ?? '';
      const error = this.#neighborError(neighbor, address);
      if (error !== undefined)
        throw quoted(
          'INTERNAL',
          `Failed to add ARP neighbours: Failed to add ARP neighbor ${address}: ${error}`,
        );
      if (this.#neighbors.size < MAX_ENTRIES)
        this.#neighbors.set(`${neighbor.device} ${address}`, structuredClone(neighbor));
    }
  }

  #neighborError({ device, lladdr }: Api.ARPNeighbor, address: string): string | undefined {
    if (address === '') return 'Unable to determine ip address of ARP neighbor';
    if (isIP(address) === 0 || address.includes('%'))
      return `Failed to parse IP ${address}: AddrParseError(Ip)`;
    if (!this.#links.some(({ name }) => name === device)) return netlinkError('ENODEV');
    // The kernel wants a link-layer address for a neighbour that it does not resolve itself.
    if (lladdr === '') return chainText('executing NeighbourAddRequest', [netlinkError('EINVAL')]);
    const mac = parseMac(lladdr);
    return 'error' in mac ? chainText('parsing lladdr', [mac.error]) : undefined;
  }

  get neighbors(): readonly Api.ARPNeighbor[] {
    return [...this.#neighbors.values()];
  }
}

function assertDevicePath(path: string): void {
  try {
    parseSysfsPath(path);
  } catch (error) {
    throw quoted('INTERNAL', `Invalid PCI path for network interface: ${textOf(error)}`);
  }
}

/** Six hexadecimal numbers, upper case as the list shows them. */
function parseMac(text: string): Parsed<string> {
  // What follows the fifth colon is one block, whatever it holds.
  const blocks = text.split(':');
  const six = blocks.length > 6 ? [...blocks.slice(0, 5), blocks.slice(5).join(':')] : blocks;
  const bytes: string[] = [];
  for (let i = 0; i < 6; i++) {
    const block = six[i];
    if (block === undefined) return { error: `Invalid MAC address ${text}` };
    const parsed = parseU8(block, 16);
    if ('error' in parsed) return parsed;
    bytes.push(parsed.value.toString(16).toUpperCase().padStart(2, '0'));
  }
  return { value: bytes.join(':') };
}

function parseIpAddress({
  address,
  mask,
}: Api.IPAddress): Parsed<{ address: string; prefix: number }> {
  if (isIP(address) === 0 || address.includes('%')) return { error: 'invalid IP address syntax' };
  const prefix = parseU8(mask);
  if ('error' in prefix) return prefix;
  if (prefix.value > (address.includes(':') ? 128 : 32)) return { error: 'invalid prefix' };
  return { value: { address, prefix: prefix.value } };
}

function textOf(error: unknown): string {
  if (!(error instanceof GuestError) || error.failure.kind !== 'anyhow') throw error;
  return chainText(error.failure.text, error.failure.causes);
}
