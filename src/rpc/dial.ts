/** Connects to an agent, real or simulated, in either protocol. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { isSystemError } from '#base';
import { formatAddress, parseAddress, type Address } from './address.ts';
import { rpcErrors } from './errors.ts';
import { grpcClientTo } from './grpc-client.ts';
import { readLine } from './sniff.ts';
import { ttrpcClientOn } from './ttrpc-client.ts';
import type { RpcClient } from './client.ts';

export interface DialOptions {
  /** ttrpc by default, as every Kata component speaks it. */
  readonly protocol?: 'ttrpc' | 'grpc' | undefined;
  readonly tls?: ConnectionOptions | undefined;
  /** Says `CONNECT <port>` first. `hvsock://` addresses carry it themselves. */
  readonly hybridVsockPort?: number | undefined;
  /** Gives up connecting; does not affect calls later on. */
  readonly signal?: AbortSignal | undefined;
}

/** Source: Go runtime, hybrid vsock dialer: any line with OK within 10 s. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
const MAX_HANDSHAKE_LINE = 64;

/** Throws `RPC_BAD_ADDRESS`, `RPC_CANNOT_CONNECT` or `RPC_HANDSHAKE_REFUSED`. */
export async function dial(address: string, options: DialOptions = {}): Promise<RpcClient> {
  const parsed = parseAddress(address);
  if (options.protocol === 'grpc') return await grpcClientTo(parsed, address, options);
  return ttrpcClientOn(await openSocket(parsed, address, options));
}

/** A connected socket, TLS and handshake done. */
async function openSocket(parsed: Address, address: string, options: DialOptions): Promise<Socket> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openOnce(parsed, address, options);
    } catch (error) {
      if (attempt === ATTEMPTS_WHEN_BUSY || !isBusy(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, attempt));
    }
  }
}

/**
 * A unix socket whose queue is full refuses a non-blocking connect, where a blocking one would wait. So
 * do we: 1, 2, 3 ... ms, half a second in all.
 */
const ATTEMPTS_WHEN_BUSY = 32;

const isBusy = (error: unknown): boolean =>
  error instanceof Error && isSystemError(error.cause) && error.cause.code === 'EAGAIN';

async function openOnce(parsed: Address, address: string, options: DialOptions): Promise<Socket> {
  const target =
    parsed.kind === 'tcp' ? { host: parsed.host, port: parsed.port } : { path: parsed.path };
  const { tls, signal } = options;
  const socket = tls === undefined ? connect(target) : connectTls({ ...target, ...tls });
  try {
    await once(socket, tls === undefined ? 'connect' : 'secureConnect', { signal });
    socket.setNoDelay(true);
    const vsockPort = parsed.kind === 'unix' ? parsed.vsockPort : undefined;
    const port = options.hybridVsockPort ?? vsockPort;
    if (port !== undefined) await shakeHands(socket, port, formatAddress(parsed));
  } catch (error) {
    socket.on('error', () => undefined);
    socket.destroy();
    if (error instanceof Error && error.name === 'KatasimError') throw error;
    throw rpcErrors.cannotConnect(address, error);
  }
  return socket;
}

async function shakeHands(socket: Socket, port: number, address: string): Promise<void> {
  const line = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(rpcErrors.handshakeRefused(address, 'nothing within 10 s'));
    }, HANDSHAKE_TIMEOUT_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      reject(rpcErrors.handshakeRefused(address, 'the connection closed'));
    });
    socket.once('error', reject);
    readLine(socket, MAX_HANDSHAKE_LINE, (text) => {
      clearTimeout(timer);
      socket.off('error', reject);
      resolve(text);
    });
    socket.write(`CONNECT ${String(port)}\n`);
  });
  if (!line.includes('OK')) throw rpcErrors.handshakeRefused(address, line);
}
