/**
 * One attempt to reach the forwarder: TCP, then TLS unless both ends go without. Settles only after
 * the handshake. No ALPN, no HTTP: ttrpc starts with the first byte. Source: cloud-api-adaptor
 * v0.22.0 pkg/adaptor/proxy/proxy.go.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { dialError } from '../relay/go-words.ts';
import { peerpodErrors } from '../errors.ts';
import { clientOptions, type ResolvedTls } from '../tls/settings.ts';

export interface DialTarget {
  readonly host: string;
  readonly port: number;
}

interface DialSettings {
  readonly target: DialTarget;
  /** `plain` only when the forwarder does without as well. */
  readonly tls: ResolvedTls | undefined | 'plain';
  readonly serverName: string;
  readonly signal: AbortSignal;
}

export function dialForwarder({ target, tls, serverName, signal }: DialSettings): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const tcp = connectTcp({ host: target.host, port: target.port });
    const socket =
      tls === 'plain' ? tcp : connectTls({ socket: tcp, ...clientOptions(tls, serverName) });
    const settle = (): void => {
      signal.removeEventListener('abort', onAbort);
      for (const s of [tcp, socket]) s.off('error', onError).off('close', onClose);
    };
    const fail = (error: unknown): void => {
      settle();
      // An error after the outcome is not reported.
      for (const s of [tcp, socket]) s.on('error', () => undefined).destroy();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const onAbort = (): void => fail(signal.reason);
    const address = `${target.host}:${target.port}`;
    const onError = (error: Error): void =>
      fail(peerpodErrors.dialFailed(dialError('tcp', address, error), error));
    const onClose = (): void =>
      fail(peerpodErrors.dialFailed(`dial tcp ${address}: EOF`, undefined));
    socket.once(tls === 'plain' ? 'connect' : 'secureConnect', () => {
      settle();
      tcp.setNoDelay(true);
      resolve(socket);
    });
    for (const s of [tcp, socket]) s.on('error', onError).on('close', onClose);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
