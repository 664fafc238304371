/**
 * The agent-protocol-forwarder of one pod VM: TCP 15150, TLS, one ttrpc server whose every call
 * goes to the agent's unix socket. Source: peer-pods.md 1.1-1.6.
 *
 * The agent is dialled by the first call. If that fails after its ten attempts, the forwarder stays
 * without an agent until it is started anew, exactly like the real one.
 */
import { connect as connectUnix, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Duplex } from 'node:stream';
import {
  closeAll,
  messageOf,
  runOnce,
  silentLogger,
  systemRandom,
  type Closable,
  type Logger,
  type Random,
} from '#base';
import { serveTtrpcOn, ttrpcClientOn, type RpcClient } from '#rpc';
import { peerpodErrors } from '../errors.ts';
import { dialError } from '../relay/go-words.ts';
import { createRedirector, type RelayEvent } from '../relay/redirector.ts';
import { realSleep, retry, type Backoff, type Sleep } from '../relay/retry.ts';
import type { KeyedCertificate } from '../tls/certificates.ts';
import { resolveTls, serverOptions, type TlsSettings } from '../tls/settings.ts';
import type { ApfConfig } from './apf-config.ts';
import { forwarderChanges } from './changes.ts';
import type { VolumeHost } from './cloud-volumes.ts';

/** Source: cloud-api-adaptor pkg/forwarder/forwarder.go. */
export const DEFAULT_FORWARDER_PORT = 15150;
export const DEFAULT_POD_NAMESPACE = '/run/netns/podns';
/** About 0.2, 0.4 ... 51.2 s between ten attempts, 102 s in all: measured with retry-go 4.6.1. */
export const AGENT_BACKOFF: Backoff = { firstMs: 200, maxMs: 60_000, jitterMs: 100 };
const AGENT_ATTEMPTS = 10;
const AGENT_DIAL_TIMEOUT_MS = 150_000;
/** A client that opens TCP and says nothing does not keep its place. */
const HANDSHAKE_TIMEOUT_MS = 30_000;
const MAX_CLIENTS = 1024;

export interface ForwarderOptions {
  readonly host: string;
  readonly port?: number;
  readonly agentSocketPath: string;
  /** TLS settings; the PEM texts of apf.json fill what is not given. `plain` is -disable-tls. */
  readonly tls: TlsSettings | 'plain';
  readonly config: ApfConfig;
  readonly podNamespace?: string;
  readonly volumes?: VolumeHost;
  /** Sets the pod network up before anything listens; closed last. */
  readonly setUpPodNetwork?: () => Promise<Closable>;
  /** systemd's READY=1 and STOPPING=1. */
  readonly notify?: (state: 'READY=1' | 'STOPPING=1') => void;
  /** Looks at a client before TLS; returns the stream to go on with, or undefined when it keeps it. */
  readonly admit?: (socket: Socket) => Duplex | undefined;
  /** Faults on demand: shown in place of its own. */
  readonly certificate?: KeyedCertificate;
  readonly logger?: Logger;
  readonly random?: Random;
  readonly sleep?: Sleep;
  readonly observe?: (event: RelayEvent) => void;
}

export interface Forwarder extends Closable {
  readonly host: string;
  readonly port: number;
  /** Clients connected now. */
  readonly clients: number;
  /** Faults on demand: closes the port, while open connections stay, or opens it again. */
  setListening(on: boolean): Promise<void>;
  /** Faults on demand: another certificate from the next handshake on; its own again without. */
  showCertificate(other?: KeyedCertificate): void;
}

export async function startForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const log = options.logger ?? silentLogger;
  const network = await setUpNetwork(options);
  const opened: { close(): Promise<void> }[] = network ? [network] : [];
  try {
    const stop = new AbortController();
    const redirector = createRedirector({
      dial: () => dialAgent(options, stop.signal, log),
      changes: forwarderChanges({
        podNamespace: options.podNamespace ?? DEFAULT_POD_NAMESPACE,
        volumes: options.volumes,
        sleep: options.sleep ?? realSleep,
        logger: log,
      }),
      observe: options.observe,
    });
    opened.push({
      close: () => {
        stop.abort(new Error('context canceled'));
        return redirector.close();
      },
    });
    const served = new Set<Closable>();
    const serve = (stream: Duplex, peer: string): void => {
      const connection = serveTtrpcOn(stream, redirector.dispatcher, {
        flavour: 'go',
        logger: log,
        peerAddress: peer,
      });
      served.add(connection);
      connection.closed.then(() => served.delete(connection)).catch(() => undefined);
    };
    const listener = await listenTcp(options, serve, log);
    opened.push(listener, { close: () => closeAll([...served]) });
    options.notify?.('READY=1');
    const close = runOnce(async () => {
      options.notify?.('STOPPING=1');
      await closeAll(opened);
    });
    return {
      host: options.host,
      port: listener.port,
      get clients() {
        return served.size;
      },
      setListening: (on) => listener.setListening(on),
      showCertificate: (other) => listener.showCertificate(other),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

async function setUpNetwork({ setUpPodNetwork }: ForwarderOptions): Promise<Closable | undefined> {
  try {
    return await setUpPodNetwork?.();
  } catch (error) {
    throw peerpodErrors.podNetwork(error);
  }
}

/** Certificate and CA are decided separately: files given by flag keep the texts of apf.json out. */
function mergedTls(flags: TlsSettings, config: ApfConfig): TlsSettings {
  const certFromFlags = flags.certFile ?? flags.cert;
  const caFromFlags = flags.caFile ?? flags.ca;
  return {
    ...flags,
    ...(certFromFlags === undefined && {
      cert: config['tls-server-cert'],
      key: config['tls-server-key'],
    }),
    ...(caFromFlags === undefined && { ca: config['tls-client-ca'] }),
    minVersion: flags.minVersion ?? config['tls-min-version'],
    cipherSuites: flags.cipherSuites ?? config['tls-cipher-suites'],
  };
}

interface TcpListener extends Pick<Forwarder, 'port' | 'setListening' | 'showCertificate'> {
  close(): Promise<void>;
}

async function listenTcp(
  options: ForwarderOptions,
  serve: (stream: Duplex, peer: string) => void,
  log: Logger,
): Promise<TcpListener> {
  const secure = await secureWith(options, serve, log);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', (error) => log.debug({ err: error }, 'client connection failed'));
    socket.setNoDelay(true);
    const stream = options.admit ? options.admit(socket) : socket;
    if (stream !== undefined) secure.accept(stream, peerOf(socket));
  });
  server.maxConnections = MAX_CLIENTS;
  server.listen({ host: options.host, port: options.port ?? DEFAULT_FORWARDER_PORT });
  try {
    await once(server, 'listening');
  } catch (error) {
    const address = `${options.host}:${options.port ?? DEFAULT_FORWARDER_PORT}`;
    throw peerpodErrors.cannotListen(address, error);
  }
  const { port } = server.address() as AddressInfo;
  log.info({ address: `${options.host}:${port}` }, 'agent-protocol-forwarder is listening');
  let isOver = false;
  return {
    port,
    showCertificate: (other) => secure.showCertificate(other),
    async setListening(on) {
      if (isOver || on === server.listening) return;
      // Only the port closes at once; the server's own `close` waits for the connections.
      if (!on) server.close();
      else await once(server.listen({ host: options.host, port }), 'listening');
    },
    async close() {
      isOver = true;
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const peerOf = (socket: Socket): string =>
  `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`;

interface Entrance {
  accept(stream: Duplex, peer: string): void;
  showCertificate(other?: KeyedCertificate): void;
}

/** A TLS server that never listens: it is handed connections, so that faults can come before it. */
async function secureWith(
  options: ForwarderOptions,
  serve: (stream: Duplex, peer: string) => void,
  log: Logger,
): Promise<Entrance> {
  if (options.tls === 'plain') return { accept: serve, showCertificate: () => undefined };
  let settings: TlsOptions;
  try {
    settings = serverOptions(await resolveTls(mergedTls(options.tls, options.config)));
  } catch (error) {
    throw peerpodErrors.tlsConfig(error);
  }
  const showing = (other: KeyedCertificate | undefined): TlsOptions => ({
    ...settings,
    ...(other && { cert: other.cert, key: other.key }),
  });
  const first = showing(options.certificate);
  const tls = createTlsServer({ ...first, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, (socket) => {
    serve(socket, peerOf(socket));
  });
  tls.on('tlsClientError', (error, socket) => {
    log.warn({ err: messageOf(error) }, 'TLS handshake failed');
    socket.destroy();
  });
  return {
    accept: (stream) => tls.emit('connection', stream),
    showCertificate: (other) => tls.setSecureContext(showing(other)),
  };
}

/** Ten attempts with growing delays, then final. */
async function dialAgent(
  options: ForwarderOptions,
  stop: AbortSignal,
  log: Logger,
): Promise<RpcClient> {
  const path = options.agentSocketPath;
  const result = await retry((signal) => connectSocket(path, signal), {
    backoff: AGENT_BACKOFF,
    attempts: AGENT_ATTEMPTS,
    signal: AbortSignal.any([stop, AbortSignal.timeout(AGENT_DIAL_TIMEOUT_MS)]),
    sleep: options.sleep ?? realSleep,
    random: options.random ?? systemRandom,
    onRetry: (error) => log.warn({ err: messageOf(error) }, 'Retrying agent connection'),
  });
  if (result.kind === 'done') return ttrpcClientOn(result.value);
  throw peerpodErrors.agentUnreachable(path, result.errors.map(messageOf));
}

function connectSocket(path: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectUnix({ path });
    const settle = (): void => {
      socket.off('error', onError);
      signal.removeEventListener('abort', onAbort);
    };
    const onError = (error: Error): void => {
      settle();
      reject(peerpodErrors.dialFailed(dialError('unix', path, error), error));
    };
    const onAbort = (): void => {
      settle();
      socket.on('error', () => undefined).destroy();
      reject(signal.reason as Error);
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      settle();
      resolve(socket);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
