/** What can go wrong with addresses, listeners and connections, before there is a call. */
import { KatasimError, isSystemError, messageOf } from '#base';

const FORMS = 'Write unix:///path, unix://@name, tcp://host:port or hvsock:///path:port.';

export const rpcErrors = {
  badAddress: (address: string, reason: string, column = 1) =>
    new KatasimError('RPC_BAD_ADDRESS', `address '${address}': ${reason}`, {
      hint: FORMS,
      excerpt: [address, `${' '.repeat(column - 1)}^`],
    }),
  noVsock: (address: string) =>
    new KatasimError('RPC_NO_VSOCK', `address '${address}': there is no virtual machine here`, {
      hint: 'Use hvsock:///path:1024 for a hybrid vsock over a unix socket, or unix:///path.',
    }),
  addressInUse: (address: string, cause: unknown) =>
    new KatasimError('RPC_ADDRESS_IN_USE', `${address} is in use by another program`, {
      hint: 'Choose another address, or port 0 for a free one.',
      cause,
    }),
  notASocket: (path: string) =>
    new KatasimError('RPC_NOT_A_SOCKET', `${path} exists and is not a socket`, {
      hint: 'Move the file away or choose another path.',
    }),
  noRoomForSockets: (directory: string, room: number) =>
    new KatasimError(
      'RPC_NO_ROOM_FOR_SOCKETS',
      `${directory} is too long for unix sockets below it: ${Buffer.byteLength(directory)} bytes, ${room} fit`,
      { hint: 'Set TMPDIR to a short directory that you may write to, such as /tmp.' },
    ),
  cannotListen: (address: string, cause: unknown) =>
    new KatasimError('RPC_CANNOT_LISTEN', `cannot listen on ${address}: ${reasonOf(cause)}`, {
      hint: 'Check that the directory exists and that you may write to it.',
      cause,
    }),
  cannotConnect: (address: string, cause: unknown) =>
    new KatasimError('RPC_CANNOT_CONNECT', `cannot connect to ${address}: ${reasonOf(cause)}`, {
      hint: 'Check that the agent runs and listens on this address.',
      cause,
    }),
  handshakeRefused: (address: string, answer: string) =>
    new KatasimError(
      'RPC_HANDSHAKE_REFUSED',
      `${address}: the hybrid vsock handshake was answered with '${answer.trim()}'`,
      { hint: 'The other end must answer a line that starts with OK.' },
    ),
};

/** A system error's short reason: `connection refused` says more than a stack of names. */
function reasonOf(cause: unknown): string {
  if (isSystemError(cause)) {
    const known: Readonly<Record<string, string>> = {
      ECONNREFUSED: 'connection refused',
      ENOENT: 'no such file or directory',
      EACCES: 'permission denied',
      EADDRNOTAVAIL: 'this machine does not have that address',
      ENOTFOUND: 'unknown host',
      ETIMEDOUT: 'timed out',
    };
    const reason = known[cause.code ?? ''];
    if (reason !== undefined) return reason;
  }
  return messageOf(cause);
}
