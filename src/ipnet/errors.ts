/** What goes wrong in the user-space network: addresses that do not parse, and hosts that do not answer. */
import { KatasimError } from '#base';

const CONNECTION_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'no route to host',
};

export const ipnetErrors = {
  badMac: (text: string) =>
    new KatasimError('PEERPOD_BAD_ADDRESS', `"${text}" is not a MAC address`, {
      hint: 'Write six bytes in hex: 32:b9:59:6b:f0:d5.',
    }),
  badIpv4: (text: string) =>
    new KatasimError('PEERPOD_BAD_ADDRESS', `"${text}" is not an IPv4 address`, {
      hint: 'Write four numbers from 0 to 255: 10.244.1.21.',
    }),
  badPrefix: (text: string) =>
    new KatasimError('PEERPOD_BAD_ADDRESS', `"${text}" is not an IPv4 prefix`, {
      hint: 'Write address and length: 10.244.1.21/24.',
    }),
  connection: (code: string, address: string, port: number) =>
    new KatasimError(
      `PEERPOD_${code}`,
      `connect ${address}:${port} over the pod network: ${CONNECTION_REASONS[code] ?? code}`,
      { hint: 'Look at the pod: does a process listen on the port, and is its tunnel up?' },
    ),
  hostUnreachable: (address: string) =>
    new KatasimError('PEERPOD_EHOSTUNREACH', `${address}: no answer to ARP over the pod network`, {
      hint: 'The pod VM is gone, its forwarder has not set the tunnel up, or the VNI differs.',
    }),
  pingTimeout: (address: string, ms: number) =>
    new KatasimError('PEERPOD_PING_TIMEOUT', `no echo reply from ${address} within ${ms} ms`, {
      hint: 'ARP was answered or is still being asked; a fault on UDP may hold the frames.',
    }),
  pingTooLarge: (size: number, largest: number) =>
    new KatasimError('PEERPOD_PING_SIZE', `a ping of ${size} data bytes does not fit`, {
      hint: `Send 0 to ${largest} bytes.`,
    }),
  tooManyPings: (limit: number) =>
    new KatasimError('PEERPOD_LIMIT', `more than ${limit} pings are under way`, {
      hint: 'Wait for some to be answered.',
    }),
  tooManyConnections: (limit: number) =>
    new KatasimError('PEERPOD_LIMIT', `more than ${limit} connections over one pod network`, {
      hint: 'Close some first.',
    }),
  networkClosed: () =>
    new KatasimError('PEERPOD_NETWORK_CLOSED', 'the pod network was torn down', {
      hint: 'The pod was stopped while something still used its network.',
    }),
};
