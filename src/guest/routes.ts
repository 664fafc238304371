/**
 * The main routing table. Source: kata-containers 4.1.0 src/agent/src/netlink.rs, update_routes and
 * list_routes; Linux net/ipv4/fib_frontend.c, fib_trie.c (order of the dump).
 */
import type { Api } from '#wire';
import { errnoNumber, errnoText, type Errno } from './kernel/errno.ts';
import type { Link } from './network.ts';
import { isAddress, parseNetwork, type Network, type Parsed } from './rust-parse.ts';

/** Source: Linux include/uapi/linux/rtnetlink.h, RT_SCOPE_LINK. */
const SCOPE_LINK = 253;
const MAX_ROUTES = 10_000;

interface Entry {
  readonly family: 4 | 6;
  readonly destination: bigint;
  readonly prefix: number;
  /** As it was written. */
  readonly text: string;
  readonly gateway: string;
  readonly link: Link;
  readonly scope: number;
  readonly mtu: number;
}

export class Routes {
  #entries: Entry[] = [];

  /** The text of the failure, or undefined. A route to the same destination is replaced. */
  add(route: Api.Route, link: Link, links: readonly Link[]): string | undefined {
    const family = route.family === 1 ? 6 : 4;
    const any = family === 4 ? '0.0.0.0/0' : '::/0';
    const network = parseNetwork(route.dest === '' ? any : route.dest, family);
    if ('error' in network) return network.error;
    const source = sourceError(route.source, family);
    if (source !== undefined) return source;
    if (route.gateway !== '' && !isAddress(route.gateway, family))
      return `invalid IPv${family} address syntax`;
    const entry = entryOf(route, network.value, { family, link });
    const errno = this.#refused(entry, links);
    if (errno !== undefined)
      return `Failed to add IP v${family} route (src: ${route.source}, dst: ${route.dest}, gtw: ${route.gateway},Err: ${errnoText(errno)} (os error ${errnoNumber(errno)}))`;
    this.#entries = this.#entries.filter((each) => !isSame(each, entry));
    if (this.#entries.length < MAX_ROUTES) this.#entries.push(entry);
    return undefined;
  }

  /** The gateway must be reachable without another one, and bits behind the prefix must be zero. */
  #refused({ family, destination, prefix, gateway, link }: Entry, links: readonly Link[]) {
    const refuse = (errno: Errno): Errno => errno;
    const hostBits = BigInt(width(family) - prefix);
    if (family === 4 && destination & ((1n << hostBits) - 1n)) return refuse('EINVAL');
    if (!link.isUp) return refuse('ENETDOWN');
    if (gateway === '') return undefined;
    const target = numberOf(gateway, family);
    const reachable = this.#all(links).some(
      (each) =>
        each.family === family &&
        each.gateway === '' &&
        each.link === link &&
        each.prefix > 0 &&
        target >> BigInt(width(family) - each.prefix) ===
          each.destination >> BigInt(width(family) - each.prefix),
    );
    return reachable ? undefined : refuse(family === 4 ? 'ENETUNREACH' : 'EHOSTUNREACH');
  }

  /** What was added, and what the kernel makes for the addresses of links that are up. */
  #all(links: readonly Link[]): Entry[] {
    const connected = links
      .filter((link) => link.isUp && link.hwAddr !== '00:00:00:00:00:00')
      .flatMap((link) => link.addresses.map((address) => connectedEntry(link, address)))
      .filter((entry) => !this.#entries.some((each) => isSame(each, entry)));
    return [...connected, ...this.#entries];
  }

  list(links: readonly Link[]): Api.Route[] {
    return this.#all(links)
      .sort(
        (a, b) =>
          a.family - b.family ||
          (a.destination < b.destination ? -1 : a.destination > b.destination ? 1 : 0) ||
          b.prefix - a.prefix,
      )
      .map(shown)
      .filter(({ dest }) => dest !== '');
  }
}

function entryOf(
  route: Api.Route,
  { address, prefix }: Network,
  { family, link }: { readonly family: 4 | 6; readonly link: Link },
): Entry {
  return {
    family,
    destination: numberOf(address, family),
    prefix,
    text: address,
    gateway: route.gateway,
    link,
    scope: family === 6 ? 0 : route.scope & 0xff,
    mtu: route.mtu,
  };
}

function connectedEntry(link: Link, { address, prefix }: Link['addresses'][number]): Entry {
  const family = address.includes(':') ? 6 : 4;
  const hostBits = BigInt(width(family) - prefix);
  const destination = (numberOf(address, family) >> hostBits) << hostBits;
  const text = textOf(destination, family);
  const scope = family === 4 ? SCOPE_LINK : 0;
  return { family, destination, prefix, text, gateway: '', link, scope, mtu: 0 };
}

const isSame = (a: Entry, b: Entry): boolean =>
  a.family === b.family && a.destination === b.destination && a.prefix === b.prefix;

/** A route by a gateway shows the unspecified address as its destination, whatever it is. */
function shown({ family, text, prefix, gateway, link, scope, mtu }: Entry): Api.Route {
  const unspecified = family === 4 ? '0.0.0.0' : '::1';
  const own = prefix === 0 ? '' : `${text}/${prefix}`;
  return {
    dest: gateway === '' ? own : unspecified,
    gateway,
    device: link.name,
    source: '',
    scope,
    family: 0,
    flags: 0,
    mtu,
  };
}

function sourceError(source: string, family: 4 | 6): string | undefined {
  if (source === '') return undefined;
  const parsed: Parsed<Network> = parseNetwork(source, family);
  return 'error' in parsed ? parsed.error : undefined;
}

const width = (family: 4 | 6): number => (family === 4 ? 32 : 128);

function numberOf(address: string, family: 4 | 6): bigint {
  if (family === 4) return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  return groupsOf(address).reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
}

/** The eight numbers of an IPv6 address; its last two may be written as an IPv4 address. */
function groupsOf(address: string): number[] {
  const plain = address.replace(/[\d.]*\.[\d.]*$/, (tail) => {
    const value = Number(numberOf(tail, 4));
    return `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
  });
  const [head = '', tail] = plain.split('::');
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => parseInt(group, 16));
  const [before, after] = [parse(head), parse(tail ?? '')];
  const missing = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: missing }, () => 0), ...after];
}

function textOf(value: bigint, family: 4 | 6): string {
  if (family === 4)
    return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  );
  // The longest run of zeros is written as `::`. Source: RFC 5952 4.2.
  const text = groups.join(':');
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort(
    (a, b) => b[0].replace(/^:/, '').length - a[0].replace(/^:/, '').length,
  );
  const [run] = runs;
  if (run === undefined) return text;
  return `${text.slice(0, run.index)}::${text.slice(run.index + run[0].length + 1)}`;
}
