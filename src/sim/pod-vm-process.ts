/**
 * A pod VM in a process of its own: what `katasim podvm --events` writes, one JSON line per event, and
 * the other end that starts such a process and reads them.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { deferred, KatasimError, runOnce, type Closable } from '#base';
import { simErrors } from './errors.ts';

/** The VM has its address; booting goes on. */
export interface PoweredOn {
  readonly event: 'powered-on';
  readonly host: string;
  readonly agentPort: number;
  readonly vxlanPort: number;
}

export interface CameUp {
  readonly event: 'up';
  readonly policy: string;
  readonly algorithm: string;
  readonly digest: string;
  readonly pcr8: string;
}

export type PodVmEvent =
  | PoweredOn
  | CameUp
  | { readonly event: 'failed'; readonly unit: string; readonly message: string };

export interface PodVmProcess extends Closable {
  readonly pid: number;
  readonly poweredOn: Promise<PoweredOn>;
  /** Rejects when the VM did not come up, or the process ended before it did. */
  readonly up: Promise<CameUp>;
}

/** A process that does not end when asked is ended. */
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
  for (const { promise } of [poweredOn, up]) promise.catch(() => undefined);
  const fail = (error: unknown): void => {
    poweredOn.reject(error);
    up.reject(error);
  };
  const ended = new Promise<void>((resolve) => {
    child.once('close', (code) => {
      fail(simErrors.podVmEnded(code));
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
    if (event?.event === 'powered-on') poweredOn.resolve(event);
    else if (event?.event === 'up') up.resolve(event);
    else if (event !== undefined) fail(new KatasimError('SIM_VM_DEAD', event.message));
  });
  const close = runOnce(() => stop(child, ended));
  return {
    pid: child.pid ?? 0,
    poweredOn: poweredOn.promise,
    up: up.promise,
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
