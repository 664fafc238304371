/**
 * A pod VM in a process of its own: what `katasim podvm --events` writes, one JSON line per event, and
 * the other end that starts such a process and reads them.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { deferred, KatasimError, runOnce, type Closable } from '#base';
import type { DenialReport } from '#node';
import { simErrors } from './errors.ts';

/** The VM has its address; booting goes on. */
interface PoweredOn {
  readonly event: 'powered-on';
  readonly host: string;
  readonly agentPort: number;
  readonly vxlanPort: number;
}

interface CameUp {
  readonly event: 'up';
  readonly policy: string;
  readonly algorithm: string;
  readonly digest: string;
  readonly pcr8: string;
}

export type PodVmEvent =
  | PoweredOn
  | CameUp
  | { readonly event: 'denied'; readonly endpoint: string; readonly report: DenialReport }
  | { readonly event: 'faults-changed'; readonly error?: string }
  | { readonly event: 'failed'; readonly unit: string; readonly message: string };

/** What the other end may write on the process's standard input, one JSON line each. */
export interface PodVmOrder {
  readonly faults: readonly string[];
}

export interface PodVmProcess extends Closable {
  readonly pid: number;
  readonly poweredOn: Promise<PoweredOn>;
  /** Rejects when the VM did not come up, or the process ended before it did. */
  readonly up: Promise<CameUp>;
  changeFaults(words: readonly string[]): Promise<void>;
  /** Why the policy refused this endpoint; reported just before the refusal, over stdout. */
  denialOf(endpoint: string): Promise<DenialReport | undefined>;
}

/** The report was written before the refusal was sent; this only bounds a process that hangs. */
const DENIAL_TIMEOUT_MS = 1000;
/** After SIGTERM; then SIGKILL. */
const STOP_TIMEOUT_MS = 3000;

/**
 * `command` is the program and its words up to the options. The child ends with its standard input, so
 * it does not outlive us however we end.
 */
export function spawnPodVm(command: readonly string[], options: readonly string[]): PodVmProcess {
  const [program = '', ...words] = command;
  const child = spawn(program, [...words, ...options, '--events', '--until-stdin-ends'], {
    // What the VM logs belongs to the person at the terminal.
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const poweredOn = deferred<PoweredOn>();
  const up = deferred<CameUp>();
  const denials = new Map<string, DenialReport>();
  const events = new EventEmitter();
  for (const { promise } of [poweredOn, up]) promise.catch(() => undefined);
  const fail = (error: unknown): void => {
    poweredOn.reject(error);
    up.reject(error);
  };
  const ended = new Promise<void>((resolve) => {
    child.once('close', (code) => {
      fail(simErrors.podVmEnded(code));
      events.emit('ended');
      resolve();
    });
    child.once('error', (error) => {
      fail(simErrors.podVmNotStarted(program, error));
      resolve();
    });
  });
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = eventOf(line);
    if (event === undefined) return;
    switch (event.event) {
      case 'powered-on':
        poweredOn.resolve(event);
        break;
      case 'up':
        up.resolve(event);
        break;
      case 'denied':
        denials.set(event.endpoint, event.report);
        events.emit('denied');
        break;
      case 'faults-changed':
        events.emit('faults-changed', event.error);
        break;
      case 'failed':
        fail(new KatasimError('SIM_VM_DEAD', event.message));
    }
  });
  const close = runOnce(() => stop(child, ended));
  return {
    pid: child.pid ?? 0,
    poweredOn: poweredOn.promise,
    up: up.promise,
    async changeFaults(words) {
      const changed = once(events, 'faults-changed');
      child.stdin.write(`${JSON.stringify({ faults: words } satisfies PodVmOrder)}\n`);
      const answer = (await Promise.race([changed, ended])) as [string?] | undefined;
      if (answer === undefined) throw simErrors.podVmEnded(child.exitCode);
      const [error] = answer;
      if (error !== undefined) throw new KatasimError('SIM_FAULTS', error);
    },
    async denialOf(endpoint) {
      const late = AbortSignal.timeout(DENIAL_TIMEOUT_MS);
      const over = once(events, 'ended', { signal: late }).catch(() => undefined);
      while (!denials.has(endpoint) && !late.aborted && child.exitCode === null) {
        await Promise.race([once(events, 'denied', { signal: late }).catch(() => undefined), over]);
      }
      return denials.get(endpoint);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The lines are our own program's; anything else on its output is not for us. */
function eventOf(line: string): PodVmEvent | undefined {
  try {
    return JSON.parse(line) as PodVmEvent;
  } catch {
    return undefined;
  }
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.stdin?.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
