/**
 * The agent proxy of one pod VM, on the worker: a unix socket for the shim, one connection to the
 * forwarder. Clients may connect to the socket at once, but nothing is answered before the tunnel
 * stands. A lost tunnel stays lost. Source: cloud-api-adaptor v0.22.0 pkg/adaptor/proxy/proxy.go.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  deferred,
  messageOf,
  runOnce,
  silentLogger,
  systemRandom,
  type Closable,
  type Logger,
  type Random,
} from '#base';
import {
  listen,
  ttrpcClientOn,
  wrapDispatcher,
  type Dispatcher,
  type Listener,
  type RpcClient,
} from '#rpc';
import { peerpodErrors } from '../errors.ts';
import { createRedirector, type RelayEvent } from '../relay/redirector.ts';
import { realSleep, retry, type Backoff, type Sleep } from '../relay/retry.ts';
import { resolveTls, type ResolvedTls, type TlsSettings } from '../tls/settings.ts';
import { noDirectVolumes, proxyChanges, type DirectVolumes } from './changes.ts';
import { dialForwarder, type DialTarget } from './dial.ts';

/** About 0.2, 0.4 ... 3.2 s, then 5 s, each plus up to 0.1 s, without limit of attempts. */
const PROXY_BACKOFF: Backoff = { firstMs: 200, maxMs: 5000, jitterMs: 100 };
/** Source: cloud-api-adaptor -proxy-timeout. */
const DEFAULT_PROXY_TIMEOUT_MS = 5 * 60_000;

export interface AgentProxyOptions {
  /** `<pods-dir>/<sandbox id>/agent.ttrpc`; its directory is made. */
  readonly socketPath: string;
  /** The name the forwarder's certificate must carry. */
  readonly serverName: string;
  readonly tls: TlsSettings | 'plain';
  readonly proxyTimeoutMs?: number;
  readonly directVolumes?: DirectVolumes;
  readonly logger?: Logger;
  readonly random?: Random;
  readonly sleep?: Sleep;
  readonly observe?: (event: RelayEvent) => void;
}

export interface AgentProxy extends Closable {
  readonly socketPath: string;
  /**
   * Listens, dials until it succeeds or the time is up, then serves. Rejects with the real text.
   */
  start(target: DialTarget, signal?: AbortSignal): Promise<void>;
  /** Settles when the tunnel is gone, whichever end closed it; undefined before `start` succeeded. */
  readonly tunnelClosed: Promise<void> | undefined;
}

export function createAgentProxy(options: AgentProxyOptions): AgentProxy {
  const log = options.logger ?? silentLogger;
  const ready = deferred<undefined>();
  ready.promise.catch(() => undefined);
  const stop = new AbortController();
  let listener: Listener | undefined;
  let tunnelClosed: Promise<void> | undefined;
  let target: DialTarget | undefined;
  const redirector = createRedirector({
    dial: async () => {
      if (target === undefined) throw peerpodErrors.proxyNotStarted();
      return dialUntil(target, options, stop.signal, log);
    },
    changes: proxyChanges(options.directVolumes ?? noDirectVolumes, log),
    observe: options.observe,
  });
  const close = runOnce(async () => {
    stop.abort(peerpodErrors.proxyStopped());
    ready.reject(peerpodErrors.proxyStopped());
    await listener?.close();
    await redirector.close();
  });
  const held = holdUntil(ready.promise, redirector.dispatcher);
  return {
    socketPath: options.socketPath,
    get tunnelClosed() {
      return tunnelClosed;
    },
    async start(to, signal) {
      target = to;
      const onAbort = (): void => stop.abort(signal?.reason);
      if (signal?.aborted === true) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        await mkdir(dirname(options.socketPath), { recursive: true });
        listener = await listen(`unix://${options.socketPath}`, held, {
          logger: log,
          flavour: 'go',
          protocols: 'ttrpc',
        });
        log.info({ socket: options.socketPath }, 'Listening on');
        const client = await redirector.connect();
        tunnelClosed = client.closed;
        ready.resolve(undefined);
      } catch (error) {
        await close();
        // A close that came while the socket was being opened has not seen it.
        await listener?.close();
        throw peerpodErrors.proxyFailed(messageOf(error), error);
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Upstream accepts no connection before the tunnel stands; here a call waits, which looks the same. */
function holdUntil(ready: Promise<unknown>, dispatcher: Dispatcher): Dispatcher {
  let isReady = false;
  ready.then(
    () => (isReady = true),
    () => undefined,
  );
  return wrapDispatcher(dispatcher, {
    passThrough: (service, method) =>
      isReady ? dispatcher.passThrough?.(service, method) : undefined,
    async call(call) {
      if (!isReady) await ready;
      return dispatcher.call(call);
    },
  });
}

async function dialUntil(
  target: DialTarget,
  options: AgentProxyOptions,
  stop: AbortSignal,
  log: Logger,
): Promise<RpcClient> {
  let tls: ResolvedTls | undefined | 'plain';
  try {
    tls = options.tls === 'plain' ? 'plain' : await resolveTls(options.tls);
  } catch (error) {
    throw peerpodErrors.tlsConfig(error);
  }
  const timeoutMs = options.proxyTimeoutMs ?? DEFAULT_PROXY_TIMEOUT_MS;
  const expired = AbortSignal.timeout(timeoutMs);
  const result = await retry(
    (signal) => dialForwarder({ target, tls, serverName: options.serverName, signal }),
    {
      backoff: PROXY_BACKOFF,
      signal: AbortSignal.any([stop, expired]),
      sleep: options.sleep ?? realSleep,
      random: options.random ?? systemRandom,
      onRetry: (error) =>
        log.warn(
          { err: messageOf(error), address: `${target.host}:${target.port}` },
          'Retrying failed agent proxy connection',
        ),
    },
  );
  if (result.kind === 'done') return ttrpcClientOn(result.value);
  if (stop.aborted && !expired.aborted) throw peerpodErrors.proxyStopped();
  throw peerpodErrors.proxyTimeout(`${target.host}:${target.port}`, result.errors.at(-1));
}
