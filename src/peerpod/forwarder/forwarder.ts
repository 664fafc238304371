/**
 * The agent-protocol-forwarder of one pod VM: TCP 15150, TLS, one ttrpc server whose every call
 * goes to the agent's unix socket. Source: cloud-api-adaptor v0.22.0
 * cmd/agent-protocol-forwarder/main.go and pkg/forwarder/forwarder.go.
 *
 * The agent is dialled by the first call. If that fails after its ten attempts, the forwarder stays
 * without an agent until it is started anew, exactly like the real one.
 */
import type { Duplex } from 'node:stream';
import {
  closeAll,
  runOnce,
  silentLogger,
  systemRandom,
  type Closable,
  type Logger,
  type Random,
} from '#base';
import { serveTtrpcOn } from '#rpc';
import { peerpodErrors } from '../errors.ts';
import { createRedirector, type RelayEvent } from '../relay/redirector.ts';
import { realSleep, type Sleep } from '../relay/retry.ts';
import { forwarderChanges } from './changes.ts';
import type { VolumeHost } from './cloud-volumes.ts';
import { dialAgent } from './dial-agent.ts';
import { listenTcp, type ListenOptions, type TcpListener } from './listener.ts';

export const DEFAULT_POD_NAMESPACE = '/run/netns/podns';

export interface ForwarderOptions extends ListenOptions {
  readonly agentSocketPath: string;
  readonly podNamespace?: string;
  readonly volumes?: VolumeHost;
  /** Sets the pod network up before anything listens; closed last. */
  readonly setUpPodNetwork?: () => Promise<Closable>;
  /** systemd's READY=1 and STOPPING=1. */
  readonly notify?: (state: 'READY=1' | 'STOPPING=1') => void;
  readonly logger?: Logger;
  readonly random?: Random;
  readonly sleep?: Sleep;
  readonly observe?: (event: RelayEvent) => void;
}

export interface Forwarder extends Closable, Pick<TcpListener, 'setListening' | 'showCertificate'> {
  readonly host: string;
  readonly port: number;
  /** Clients connected now. */
  readonly clients: number;
}

export async function startForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const { logger: log = silentLogger, sleep = realSleep, random = systemRandom } = options;
  const network = await setUpNetwork(options);
  const opened: { close(): Promise<void> }[] = network ? [network] : [];
  try {
    const stop = new AbortController();
    const redirector = createRedirector({
      dial: (first) =>
        dialAgent({
          path: options.agentSocketPath,
          stop: first ? AbortSignal.any([stop.signal, first]) : stop.signal,
          sleep,
          random,
          log,
        }),
      changes: forwarderChanges({
        podNamespace: options.podNamespace ?? DEFAULT_POD_NAMESPACE,
        volumes: options.volumes,
        sleep,
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
