/**
 * One listener for both protocols: it looks at a connection's first bytes and goes on accordingly.
 * On a unix socket it also answers the hybrid-vsock handshake, once, before the protocol begins.
 */
import { lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { once } from 'node:events';
import { isSystemError, runOnce, silentLogger, type Closable, type Logger } from '#base';
import { formatAddress, parseAddress, type Address } from './address.ts';
import {
  dispatcherFor,
  isDispatcher,
  wrapDispatcher,
  type Dispatcher,
  type ServiceTables,
} from './dispatch.ts';
import { rpcErrors } from './errors.ts';
import { openGrpcServer, type GrpcServer } from './grpc-server.ts';
import { readConnectLine, sniff } from './sniff.ts';
import {
  serveTtrpcOn,
  type TtrpcServerConnection,
  type TtrpcServerFlavour,
} from './ttrpc-server.ts';

interface ListenOptions {
  readonly logger?: Logger;
  /** With these, every connection is TLS; both protocols run inside. */
  readonly tls?: TlsOptions;
  /** Whose words ttrpc refusals use; the agent's by default. */
  readonly flavour?: TtrpcServerFlavour;
  /** `ttrpc` leaves gRPC out, as the real proxy and forwarder do. */
  readonly protocols?: 'both' | 'ttrpc';
  /** Further clients wait in the kernel's backlog or are refused there. */
  readonly maxConnections?: number;
}

export interface Listener extends Closable {
  /** Where to dial, with the real port: `tcp://127.0.0.1:43211`. */
  readonly address: string;
  /** The port, for TCP. */
  readonly port: number | undefined;
  /** Connections open right now. */
  readonly connections: number;
  /** Takes no more connections, lets running calls finish and their answers go out, then closes. */
  drain(): Promise<void>;
}

/** Well above the thousand clients that a test bed opens, below what exhausts file descriptors. */
const DEFAULT_MAX_CONNECTIONS = 8192;

/** Throws `RPC_BAD_ADDRESS`, `RPC_ADDRESS_IN_USE`, `RPC_NOT_A_SOCKET` or `RPC_CANNOT_LISTEN`. */
export async function listen(
  address: string,
  services: ServiceTables | Dispatcher,
  options: ListenOptions = {},
): Promise<Listener> {
  const parsed = parseAddress(address);
  const calls = counted(isDispatcher(services) ? services : dispatcherFor(services));
  const { dispatcher } = calls;
  const log = options.logger ?? silentLogger;
  const grpc = options.protocols === 'ttrpc' ? undefined : openGrpcServer(dispatcher);
  const sockets = new Set<Socket>();
  const served = new Set<TtrpcServerConnection>();
  const undecided = new Set<Socket>();
  const onConnection = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.setNoDelay(true);
    const peerAddress = socket.remoteAddress ?? formatAddress(parsed);
    serveConnection(socket, { dispatcher, grpc, served, undecided, log, peerAddress, options });
  };
  const server =
    options.tls === undefined
      ? createServer(onConnection)
      : createTlsServer(options.tls, onConnection).on('tlsClientError', (error, socket) => {
          log.warn({ err: error }, 'TLS handshake failed');
          socket.destroy();
        });
  server.maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  try {
    await bind(server, parsed, address);
  } catch (error) {
    await grpc?.close();
    throw error;
  }
  server.on('error', (error) => {
    log.error({ err: error, address }, 'listener failed');
  });
  const bound = boundAddress(server, parsed);
  const stopListening = runOnce(
    () => new Promise<void>((resolve) => server.close(() => resolve())),
  );
  const close = runOnce(async () => {
    const closed = stopListening();
    await Promise.all(Array.from(served, (connection) => connection.close()));
    await grpc?.close();
    // server.close waits for these: connections that never said what they are, and gRPC's.
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return {
    address: formatAddress(bound),
    port: bound.kind === 'tcp' ? bound.port : undefined,
    get connections() {
      return sockets.size;
    },
    async drain() {
      const closed = stopListening();
      for (const socket of undecided) socket.destroy();
      await Promise.all([calls.idle(), ...Array.from(served, (connection) => connection.drain())]);
      grpc?.drain();
      await closed;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A dispatcher that knows whether a call is running. */
function counted(inner: Dispatcher): { dispatcher: Dispatcher; idle(): Promise<void> } {
  let running = 0;
  const waiting: (() => void)[] = [];
  // What passes through is not counted: a connection drains that by itself.
  const dispatcher = wrapDispatcher(inner, {
    async call(call) {
      running += 1;
      try {
        return await inner.call(call);
      } finally {
        running -= 1;
        if (running === 0) for (const done of waiting.splice(0)) done();
      }
    },
  });
  const idle = (): Promise<void> =>
    running === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
  return { dispatcher, idle };
}

interface Serving {
  readonly dispatcher: Dispatcher;
  readonly grpc: GrpcServer | undefined;
  readonly served: Set<TtrpcServerConnection>;
  /** Connections whose protocol is not known yet. */
  readonly undecided: Set<Socket>;
  readonly log: Logger;
  readonly peerAddress: string;
  readonly options: ListenOptions;
}

function serveConnection(socket: Socket, serving: Serving, handshakes = true): void {
  const { dispatcher, grpc, served, undecided, log, peerAddress, options } = serving;
  const onError = (error: Error): void => {
    log.debug({ err: error }, 'connection failed');
    socket.destroy();
  };
  socket.on('error', onError);
  undecided.add(socket);
  socket.once('close', () => undecided.delete(socket));
  sniff(socket, (protocol) => {
    undecided.delete(socket);
    if (protocol === 'hybrid-vsock' && handshakes) {
      socket.off('error', onError);
      answerHandshake(socket, serving);
    } else if (protocol === 'grpc' && grpc !== undefined) grpc.accept(socket);
    else {
      const flavour = options.flavour ?? 'rust';
      const connection = serveTtrpcOn(socket, dispatcher, { flavour, logger: log, peerAddress });
      served.add(connection);
      void connection.closed.then(() => served.delete(connection));
    }
  });
}

/** `CONNECT 1024` is answered `OK <port>`; the real one names the host side's port, any will do. */
function answerHandshake(socket: Socket, serving: Serving): void {
  readConnectLine(socket, (port) => {
    if (port === undefined) {
      socket.destroy();
      return;
    }
    socket.write(`OK ${String(port)}\n`);
    serveConnection(socket, serving, false);
  });
}

/**
 * Connections that may wait until the event loop takes them: a whole node's shims may call at once. The
 * kernel lowers it to its somaxconn, which is what Go asks for; Node's own default is 511.
 */
const BACKLOG = 4096;

async function bind(server: Server, parsed: Address, address: string): Promise<void> {
  const abort = new AbortController();
  const listening = async (): Promise<void> => {
    const ready = once(server, 'listening', { signal: abort.signal });
    // once() rejects with the server's own 'error', such as EADDRINUSE.
    const where =
      parsed.kind === 'tcp' ? { host: parsed.host, port: parsed.port } : { path: parsed.path };
    server.listen({ ...where, backlog: BACKLOG });
    await ready;
  };
  try {
    await listening();
  } catch (error) {
    const inUse = isSystemError(error) && error.code === 'EADDRINUSE';
    if (!inUse) throw rpcErrors.cannotListen(address, error);
    if (parsed.kind === 'tcp' || !(await removeStale(parsed.path)))
      throw rpcErrors.addressInUse(address, error);
    await listening().catch((again: unknown) => {
      throw rpcErrors.cannotListen(address, again);
    });
  }
}

/** Removes a socket file whose owner is gone. False when somebody answers on it. */
async function removeStale(path: string): Promise<boolean> {
  if (path.startsWith('\0')) return false;
  const stats = await lstat(path);
  if (!stats.isSocket()) throw rpcErrors.notASocket(path);
  if (await isAnswered(path)) return false;
  await unlink(path);
  return true;
}

async function isAnswered(path: string): Promise<boolean> {
  const probe = connect(path);
  try {
    await once(probe, 'connect');
    return true;
  } catch (error) {
    // Only a refusal proves that nobody listens; anything else is taken for an owner.
    return !(isSystemError(error) && error.code === 'ECONNREFUSED');
  } finally {
    probe.destroy();
  }
}

function boundAddress(server: Server, asked: Address): Address {
  if (asked.kind === 'unix') return asked;
  const { port } = server.address() as AddressInfo;
  return { ...asked, port };
}
