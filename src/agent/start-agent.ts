/**
 * The daemon: policy, guest and listeners joined, until it is closed or the sandbox is destroyed.
 * No request is ever judged by a half-loaded policy: listeners open last.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import {
  closeAll,
  deferred,
  randomUuid,
  runOnce,
  silentLogger,
  systemClock,
  systemRandom,
  type Clock,
  type Closable,
  type Logger,
  type Random,
} from '#base';
import { openSandbox, systemTimers, type Sandbox, type Timers } from '#guest';
import {
  AgentPolicy,
  kataProfile,
  type Budget,
  type KataProfile,
  type LoadText,
  type PolicyDocument,
} from '#gate';
import { listen, type Dispatcher, dispatcherFor, type Listener } from '#rpc';
import { gated, type CallReport } from './gate.ts';
import { healthService } from './health.ts';
import { AgentMetrics } from './metrics.ts';
import { openObserver } from './observe.ts';
import { agentErrors } from './errors.ts';
import { agentService } from './service.ts';

export interface AgentOptions {
  /** `unix:///path`, `unix://@name`, `tcp://host:port`; port 0 takes a free one. May be empty. */
  readonly listen?: readonly string[];
  /**
   * In the order they are loaded, each replacing the one before: the image's default, then initdata's.
   * `none` is an agent built without policy: every call is let through.
   */
  readonly policies: readonly PolicyDocument[] | 'none';
  /** A Kata release such as 4.1.0, the newest by default. */
  readonly kataVersion?: string;
  /** A sandbox of the caller's, who also closes it; by default the agent has its own. */
  readonly sandbox?: Sandbox;
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly random?: Random;
  readonly logger?: Logger;
  /** Where the agent's debug log goes, truncated at the start. */
  readonly policyLog?: string;
  readonly budget?: Partial<Budget>;
  /** How a policy text becomes an engine, for agents that share theirs. */
  readonly loadText?: LoadText;
  readonly onCall?: (report: CallReport) => void;
  /** Serves `/metrics` and `/decisions` over HTTP there. */
  readonly observe?: string;
}

export interface Agent extends Closable {
  /** Addresses to dial, in the order of `listen`, with real ports. */
  readonly endpoints: readonly string[];
  /** Undefined in an agent built without policy. */
  readonly policy: AgentPolicy | undefined;
  readonly kata: KataProfile;
  readonly sandbox: Sandbox;
  /** The services themselves, for a tunnel end that lives in the same process. */
  readonly dispatcher: Dispatcher;
  /** Prometheus text of the agent's own counters. */
  metrics(): string;
  /** Where `/metrics` and `/decisions` are served, when asked for. */
  readonly observer: string | undefined;
  /** Settles when the agent has stopped serving: after DestroySandbox or `close`. */
  readonly stopped: Promise<void>;
}

/** How long handlers may still run once the sandbox is destroyed. Source: the agent's server. */
const SHUTDOWN_GRACE_MS = 10_000;

/** Throws the located error of a policy that does not parse, and whatever keeps a listener from opening. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const timers = options.timers ?? systemTimers;
  const logger = options.logger ?? silentLogger;
  const kata = kataProfile(options.kataVersion);
  const opened: { close(): Promise<void> }[] = [];
  try {
    const log = options.policyLog === undefined ? undefined : openPolicyLog(options.policyLog);
    if (log !== undefined) opened.push(log);
    const policy =
      options.policies === 'none'
        ? undefined
        : AgentPolicy.open(options.policies, {
            kata,
            clock,
            random,
            logger,
            policyLog: log?.write,
            ...(options.budget !== undefined && { budget: options.budget }),
            ...(options.loadText !== undefined && { loadText: options.loadText }),
          });
    const sandbox =
      options.sandbox ??
      openSandbox({
        clock,
        timers,
        random,
        agentVersion: kata.version,
        policyEnforced: policy !== undefined,
      });
    if (options.sandbox === undefined) opened.push(sandbox);
    const metrics = new AgentMetrics();
    policy?.onDecision((decision) => {
      metrics.observeDecision(decision);
    });
    const dispatcher = dispatcherFor({
      'grpc.AgentService': gated(agentService(sandbox, policy), {
        policy,
        logger,
        monotonicNs: () => clock.monotonicNs(),
        onCall(report) {
          metrics.observeCall(report);
          options.onCall?.(report);
        },
      }),
      'grpc.Health': healthService(kata.version),
    });
    const listeners: Listener[] = [];
    for (const address of options.listen ?? []) {
      const listener = await listen(address, dispatcher, { logger });
      listeners.push(listener);
      opened.push(listener);
    }
    const labels = { id: randomUuid(random), version: kata.version };
    const observer =
      options.observe === undefined
        ? undefined
        : await openObserver({ address: options.observe, policy, metrics, labels });
    if (observer !== undefined) opened.push(observer);
    return serving({
      opened,
      listeners,
      policy,
      kata,
      sandbox,
      dispatcher,
      timers,
      logger,
      metrics: () => metrics.text(policy),
      observer: observer?.address,
    });
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

type Parts = Pick<Agent, 'policy' | 'kata' | 'sandbox' | 'dispatcher' | 'metrics' | 'observer'> & {
  readonly opened: readonly { close(): Promise<void> }[];
  readonly listeners: readonly Listener[];
  readonly timers: Timers;
  readonly logger: Logger;
};

function serving(parts: Parts): Agent {
  const { opened, listeners, sandbox, timers, logger } = parts;
  const stopped = deferred<undefined>();
  const close = runOnce(async () => {
    try {
      await closeAll(opened);
    } finally {
      stopped.resolve(undefined);
    }
  });
  const shutDown = async (): Promise<void> => {
    const grace = deferred<undefined>();
    const timer = timers.after(SHUTDOWN_GRACE_MS, () => {
      grace.resolve(undefined);
    });
    await Promise.race([Promise.all(listeners.map((each) => each.drain())), grace.promise]);
    timer.cancel();
    await close();
  };
  const onDestroyed = (): void => {
    shutDown().catch((error: unknown) => {
      logger.error({ err: error }, 'the agent did not shut down cleanly');
    });
  };
  sandbox.destroyed.addEventListener('abort', onDestroyed, { once: true });
  const { policy, kata, dispatcher, metrics, observer } = parts;
  return {
    endpoints: listeners.map(({ address }) => address),
    policy,
    kata,
    sandbox,
    dispatcher,
    metrics,
    observer,
    stopped: stopped.promise,
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface PolicyLog {
  readonly write: (line: string) => void;
  close(): Promise<void>;
}

/** Written line by line and at once, as the agent flushes each: a reader sees every decided request. */
function openPolicyLog(path: string): PolicyLog {
  let file: number;
  try {
    file = openSync(path, 'w', 0o600);
  } catch (cause) {
    throw agentErrors.policyLog(path, cause);
  }
  const close = runOnce(() => {
    closeSync(file);
    return Promise.resolve();
  });
  return { write: (line) => void writeSync(file, line), close };
}
