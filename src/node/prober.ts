/**
 * The probes of a pod's containers while they run: startup until it succeeds, then liveness and
 * readiness, each in its own period. Source: Kubernetes pkg/kubelet/prober/worker.go.
 */
import type { Closable } from '#base';
import type { Timer, Timers } from '#guest';
import type { Container, Probe, ProbeKind } from '#kube';
import type { PodSandbox, RunningContainer } from '#shim';
import type { PodLife } from './pod-life.ts';
import { probeOnce, type Attempt, type ProbeTarget } from './probe-once.ts';

/** Where a prober reports: readiness at the start and whenever it changes, and events. */
type ProbeResults = Pick<PodLife, 'containerReady' | 'event'>;

interface ProberOptions {
  readonly timers: Timers;
  readonly life: ProbeResults;
}

/** What a probe needs of a pod that runs. */
export interface ProbedPod extends ProbeTarget {
  readonly sandbox: Pick<PodSandbox, 'exec' | 'pod' | 'containers'>;
}

const SIGTERM = 15;
const SIGKILL = 9;

export function startProbes(pod: ProbedPod, options: ProberOptions): Closable {
  const over = new AbortController();
  for (const container of pod.sandbox.pod.containers) {
    const running = pod.sandbox.containers.find(({ name }) => name === container.name);
    if (running === undefined) continue;
    new ContainerProber(pod, { container, running }, options, over.signal).start();
  }
  const close = (): Promise<void> => {
    over.abort();
    return Promise.resolve();
  };
  return { close, [Symbol.asyncDispose]: close };
}

class ContainerProber {
  readonly #pod: ProbedPod;
  readonly #container: Container;
  readonly #running: RunningContainer;
  readonly #options: ProberOptions;
  /** Of the pod's prober, and of this container. */
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  #started: boolean;
  #ready: boolean;
  #reported: boolean | undefined;

  constructor(
    pod: ProbedPod,
    { container, running }: { readonly container: Container; readonly running: RunningContainer },
    options: ProberOptions,
    over: AbortSignal,
  ) {
    this.#pod = pod;
    this.#container = container;
    this.#running = running;
    this.#options = options;
    this.#signal = AbortSignal.any([over, this.#over.signal]);
    this.#started = container.probes.startup === undefined;
    this.#ready = container.probes.readiness === undefined;
  }

  start(): void {
    this.#report();
    this.#running.session.exitCode
      .catch(() => undefined)
      .finally(() => {
        this.#over.abort();
        this.#ready = false;
        this.#report();
      })
      .catch(() => undefined);
    for (const kind of ['startup', 'liveness', 'readiness'] as const) {
      const probe = this.#container.probes[kind];
      if (probe !== undefined) this.#follow(kind, probe).catch(() => undefined);
    }
  }

  #report(): void {
    const ready = this.#started && this.#ready;
    if (ready === this.#reported) return;
    this.#reported = ready;
    this.#options.life.containerReady(this.#container.name, ready);
  }

  async #follow(kind: ProbeKind, probe: Probe): Promise<void> {
    const verdictOf = thresholds(probe);
    await this.#wait(probe.initialDelaySeconds);
    while (!this.#isOver()) {
      // Liveness and readiness wait for the startup probe.
      if (kind === 'startup' || this.#started) {
        const attempt = await this.#attempt(probe);
        if (this.#isOver()) return;
        this.#warn(kind, attempt);
        const verdict = verdictOf(attempt);
        if (verdict !== undefined && (await this.#conclude(kind, verdict))) return;
      }
      await this.#wait(probe.periodSeconds);
    }
  }

  /** True when this probe is done. */
  async #conclude(kind: ProbeKind, passed: boolean): Promise<boolean> {
    if (kind === 'readiness') this.#ready = passed;
    else if (!passed) {
      await this.#kill(kind);
      return true;
    } else this.#started = true;
    this.#report();
    return kind === 'startup';
  }

  #isOver(): boolean {
    return this.#signal.aborted;
  }

  async #attempt(probe: Probe): Promise<Attempt> {
    const timeout = new AbortController();
    const timer = this.#options.timers.after(probe.timeoutSeconds * 1000, () => timeout.abort());
    try {
      const limits = { timeout: timeout.signal, over: this.#signal };
      return await probeOnce(this.#pod, this.#container.name, probe, limits);
    } finally {
      timer.cancel();
    }
  }

  #warn(kind: ProbeKind, attempt: Attempt): void {
    if (attempt.kind === 'success') return;
    const title = kind.charAt(0).toUpperCase() + kind.slice(1);
    const message =
      attempt.kind === 'failure'
        ? `${title} probe failed: ${attempt.output}`
        : `${title} probe errored and resulted in unknown state: ${attempt.reason}`;
    this.#options.life.event('Warning', 'Unhealthy', message);
  }

  /** SIGTERM, then SIGKILL after the grace period. The container is not restarted. */
  async #kill(kind: ProbeKind): Promise<void> {
    const { name } = this.#container;
    this.#options.life.event('Normal', 'Killing', `Container ${name} failed ${kind} probe`);
    const { session } = this.#running;
    await session.signal(SIGTERM).catch(() => undefined);
    await this.#wait(this.#pod.sandbox.pod.terminationGracePeriodSeconds);
    if (!this.#signal.aborted) await session.signal(SIGKILL);
  }

  /** Until the time has passed or the container is gone. */
  #wait(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#signal.aborted || seconds === 0) {
        resolve();
        return;
      }
      const done = (): void => {
        timer.cancel();
        this.#signal.removeEventListener('abort', done);
        resolve();
      };
      const timer: Timer = this.#options.timers.after(seconds * 1000, done);
      this.#signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** True after successThreshold successes in a row, false after failureThreshold failures. */
function thresholds(probe: Probe): (attempt: Attempt) => boolean | undefined {
  let last: Attempt['kind'] | undefined;
  let length = 0;
  return ({ kind }) => {
    // "Prober error, throw away the result": it changes nothing.
    if (kind === 'error') return undefined;
    length = kind === last ? length + 1 : 1;
    last = kind;
    const passed = kind === 'success';
    const threshold = passed ? probe.successThreshold : probe.failureThreshold;
    return length < threshold ? undefined : passed;
  };
}
