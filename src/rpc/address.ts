/**
 * Addresses as kata-agent-ctl, the shims and the agent itself write them. Sources: agent
 * `server_addr` (unix, abstract unix, tcp, vsock), Go runtime (hvsock, remote, mock).
 */
import { rpcErrors } from './errors.ts';

export type Address =
  /** `path` starts with NUL for a name in the abstract namespace. */
  | { readonly kind: 'unix'; readonly path: string; readonly vsockPort: number | undefined }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** The port an agent listens on behind a hybrid vsock. Source: kata-agent, default server address. */
const AGENT_VSOCK_PORT = 1024;

/** sun_path holds 108 bytes with its NUL on Linux, 104 on macOS; the smaller is safe on both. */
export const MAX_UNIX_PATH = 103;

const schemes: Readonly<Record<string, (rest: string, address: string) => Address>> = {
  unix: (rest, address) => unixAddress(rest, address),
  // The Go runtime's names for a plain unix socket: a peer pod's, and its own tests'.
  remote: (rest, address) => unixAddress(rest, address),
  mock: (rest, address) => unixAddress(rest, address),
  hvsock: hybridVsockAddress,
  tcp: tcpAddress,
  vsock: (_rest, address) => {
    throw rpcErrors.noVsock(address);
  },
};

/** Throws `RPC_BAD_ADDRESS`, pointing at the first character that does not fit. */
export function parseAddress(address: string): Address {
  const match = /^([a-z]+):\/\//.exec(address);
  if (match === null) throw rpcErrors.badAddress(address, 'there is no scheme such as tcp://');
  const scheme = match[1] ?? '';
  const parse = Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined;
  if (parse === undefined) throw rpcErrors.badAddress(address, `unknown scheme '${scheme}'`);
  return parse(address.slice(match[0].length), address);
}

function unixAddress(rest: string, address: string, vsockPort?: number): Address {
  const column = address.indexOf('://') + 4;
  if (rest === '') throw rpcErrors.badAddress(address, 'the path is missing', column);
  if (rest.includes('\0')) throw rpcErrors.badAddress(address, 'the path has a NUL', column);
  const path = rest.startsWith('@') ? `\0${rest.slice(1)}` : rest;
  if (path === '\0') throw rpcErrors.badAddress(address, 'the name after @ is missing', column + 1);
  const length = Buffer.byteLength(path);
  if (length > MAX_UNIX_PATH) {
    const reason = `the path has ${String(length)} bytes, a socket's may have ${String(MAX_UNIX_PATH)}`;
    throw rpcErrors.badAddress(address, reason, column);
  }
  return { kind: 'unix', path, vsockPort };
}

/** `hvsock:///path:1024`; the port may be left out. */
function hybridVsockAddress(rest: string, address: string): Address {
  const match = /^(.*):(\d+)$/.exec(rest);
  if (match === null) return unixAddress(rest, address, AGENT_VSOCK_PORT);
  const column = address.length - (match[2] ?? '').length + 1;
  // Vsock ports are 32-bit.
  const port = wholeNumber(match[2] ?? '', 0xffff_ffff);
  if (port === undefined) throw rpcErrors.badAddress(address, 'the port is too large', column);
  return unixAddress(match[1] ?? '', address, port);
}

function tcpAddress(rest: string, address: string): Address {
  const column = 'tcp://'.length + 1;
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(rest);
  if (match === null) throw rpcErrors.badAddress(address, 'write tcp://host:port', column);
  const host = match[1] ?? match[2] ?? '';
  const port = wholeNumber(match[3] ?? '', 65_535);
  if (host === '') throw rpcErrors.badAddress(address, 'the host is missing', column);
  if (!/^[\w.:%-]+$/.test(host))
    throw rpcErrors.badAddress(address, `'${host}' is no host name or address`, column);
  if (port === undefined) {
    const at = address.length - (match[3] ?? '').length + 1;
    throw rpcErrors.badAddress(address, 'the port is a number from 0 to 65535', at);
  }
  return { kind: 'tcp', host, port };
}

function wholeNumber(text: string, max: number): number | undefined {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  return value !== undefined && value <= max ? value : undefined;
}

/** The address as text that `parseAddress` reads back. */
export function formatAddress(address: Address): string {
  if (address.kind === 'tcp') {
    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    return `tcp://${host}:${String(address.port)}`;
  }
  const path = address.path.startsWith('\0') ? `@${address.path.slice(1)}` : address.path;
  return address.vsockPort === undefined
    ? `unix://${path}`
    : `hvsock://${path}:${String(address.vsockPort)}`;
}
