/**
 * The machine as one process sees it: host name, clock, mounts, memory and the other processes. What
 * changes or lists them passes the kernel's boundary here.
 */
import type { Mount, MountNamespace } from '../fs/namespace.ts';
import type { StoreLimits } from '../fs/store.ts';
import type { Boundary } from './boundary.ts';
import { SysError } from './errno.ts';
import type { Process } from './process.ts';

export class SystemView {
  readonly #process: Process;
  readonly #boundary: Boundary;

  constructor(process: Process, boundary: Boundary) {
    this.#process = process;
    this.#boundary = boundary;
  }

  #enter(call: string, args?: readonly number[]): void {
    this.#boundary.enter(this.#process, call, args);
  }

  setHostname(name: string): void {
    this.#enter('sethostname');
    this.#boundary.assertCapable(this.#process, 'SYS_ADMIN');
    this.#process.scope.setHostname(name);
  }

  setDate(nowMs: number): void {
    this.#enter('clock_settime');
    this.#boundary.assertCapable(this.#process, 'SYS_TIME');
    this.#process.kernel.setDate(nowMs);
  }

  /** The kernel's log, which is empty. */
  readLog(): string {
    this.#enter('syslog');
    this.#boundary.assertCapable(this.#process, 'SYSLOG');
    return '';
  }

  /** No simulated program mounts; the call is refused to everybody. */
  mount(call: 'mount' | 'umount2'): never {
    this.#enter(call);
    throw new SysError('EPERM');
  }

  get mounts(): readonly Mount[] {
    this.#enter('openat');
    return this.#namespace.mounts;
  }

  /** Used and total bytes of what the guest's files live in. */
  get fileSpace(): { readonly usedBytes: number; readonly limits: StoreLimits } {
    this.#enter('statfs');
    return this.#namespace.store;
  }

  get #namespace(): MountNamespace {
    return this.#process.scope.namespace;
  }

  /** Resident memory of all processes of the guest, and their share of the processors. */
  get load(): { readonly memoryBytes: number; readonly cpus: number } {
    this.#enter('sysinfo');
    let [memoryBytes, cpus] = [0, 0];
    for (const { rss, load } of this.#process.kernel.processes) {
      memoryBytes += rss;
      cpus += load;
    }
    return { memoryBytes, cpus };
  }

  /** What the process sees in /proc, in the order of their numbers. */
  get processes(): readonly Process[] {
    this.#enter('getdents64');
    return [...this.#process.scope.pids.processes.values()].sort((a, b) => a.pid - b.pid);
  }

  /**
   * kill(2): a pid, 0 for the own group, -1 for everybody else, below that a group by its leader; or
   * processes the caller already has. EPERM when none of them may be reached, ESRCH without any.
   */
  kill(whom: number | readonly Process[], signal: number): void {
    const pid = typeof whom === 'number' ? whom : (whom[0]?.pid ?? 0);
    this.#enter('kill', [pid, signal]);
    const targets = typeof whom === 'number' ? this.#targets(whom) : whom;
    if (targets.length === 0) throw new SysError('ESRCH');
    const refused: SysError[] = [];
    for (const target of targets) {
      try {
        this.#boundary.signal(this.#process, target, signal);
        target.deliver(signal, true);
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        refused.push(error);
      }
    }
    if (refused.length === targets.length && refused[0] !== undefined) throw refused[0];
  }

  /** From a timer, where nobody handles a refusal: the children it concerns go on. */
  signalChildren(children: readonly Process[], signal: number): void {
    try {
      this.kill(children, signal);
    } catch (error) {
      if (!(error instanceof SysError) && this.#process.alive) throw error;
    }
  }

  #targets(pid: number): readonly Process[] {
    const { processes } = this.#process.scope.pids;
    const all = [...processes.values()];
    if (pid === -1) return all.filter((each) => each !== this.#process && !each.isNamespaceInit);
    if (pid === 0) return all.filter(({ group }) => group === this.#process.group);
    if (pid < 0) return all.filter(({ group }) => processes.get(-pid)?.gpid === group);
    return all.filter((each) => each.pid === pid);
  }
}
