/**
 * Port 15150: a TCP listener, and TLS unless both ends go without. Connections are handed to a TLS
 * server that never listens itself, so that faults on demand can come before it.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Duplex } from 'node:stream';
import { messageOf, type Logger } from '#base';
import { peerpodErrors } from '../errors.ts';
import type { KeyedCertificate } from '../tls/certificates.ts';
import { resolveTls, serverOptions, type TlsSettings } from '../tls/settings.ts';
import type { ApfConfig } from './apf-config.ts';

/** Source: cloud-api-adaptor pkg/forwarder/forwarder.go. */
export const DEFAULT_FORWARDER_PORT = 15150;
/** A client that opens TCP and says nothing does not keep its place. */
const HANDSHAKE_TIMEOUT_MS = 30_000;
const MAX_CLIENTS = 1024;

export interface ListenOptions {
  readonly host: string;
  readonly port?: number;
  /** TLS settings; the PEM texts of apf.json fill what is not given. `plain` is -disable-tls. */
  readonly tls: TlsSettings | 'plain';
  readonly config: ApfConfig;
  /** Looks at a client before TLS; returns the stream to go on with, or undefined when it keeps it. */
  readonly admit?: (socket: Socket) => Duplex | undefined;
  /** Faults on demand: shown in place of its own. */
  readonly certificate?: KeyedCertificate;
}

export interface TcpListener {
  readonly port: number;
  /** Faults on demand: closes the port, while open connections stay, or opens it again. */
  setListening(on: boolean): Promise<void>;
  /** Faults on demand: another certificate from the next handshake on; its own again without. */
  showCertificate(other?: KeyedCertificate): void;
  close(): Promise<void>;
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

export async function listenTcp(
  options: ListenOptions,
  serve: (stream: Duplex, peer: string) => void,
  log: Logger,
): Promise<TcpListener> {
  const secure = await secureWith(options, serve, log);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', (error) => {
      log.debug({ err: error }, 'client connection failed');
      socket.destroy();
    });
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
  // No file descriptor left for a client, for example: the others go on.
  server.on('error', (error) => log.error({ err: error }, 'listener failed'));
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
  options: ListenOptions,
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
