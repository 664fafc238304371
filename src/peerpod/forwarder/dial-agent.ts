/**
 * The forwarder's dial of the agent's unix socket: ten attempts, and then never again.
 * Source: cloud-api-adaptor v0.22.0 pkg/util/agentproto/redirector.go.
 */
import { connect, type Socket } from 'node:net';
import { messageOf, type Logger, type Random } from '#base';
import { ttrpcClientOn, type RpcClient } from '#rpc';
import { peerpodErrors } from '../errors.ts';
import { dialError } from '../relay/go-words.ts';
import { retry, type Backoff, type Sleep } from '../relay/retry.ts';

/** About 0.2, 0.4 ... 51.2 s between ten attempts, 102 s in all: measured with retry-go 4.6.1. */
const AGENT_BACKOFF: Backoff = { firstMs: 200, maxMs: 60_000, jitterMs: 100 };
const AGENT_ATTEMPTS = 10;
const AGENT_DIAL_TIMEOUT_MS = 150_000;

interface DialAgentOptions {
  readonly path: string;
  readonly stop: AbortSignal;
  readonly sleep: Sleep;
  readonly random: Random;
  readonly log: Logger;
}

export async function dialAgent(options: DialAgentOptions): Promise<RpcClient> {
  const { path, stop, sleep, random, log } = options;
  const result = await retry((signal) => connectSocket(path, signal), {
    backoff: AGENT_BACKOFF,
    attempts: AGENT_ATTEMPTS,
    signal: AbortSignal.any([stop, AbortSignal.timeout(AGENT_DIAL_TIMEOUT_MS)]),
    sleep,
    random,
    onRetry: (error) => log.warn({ err: messageOf(error) }, 'Retrying agent connection'),
  });
  if (result.kind === 'done') return ttrpcClientOn(result.value);
  throw peerpodErrors.agentUnreachable(path, result.errors.map(messageOf));
}

function connectSocket(path: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
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
