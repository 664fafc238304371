/**
 * One container: its state, its processes, its limits. What kata's rustjail calls LinuxContainer.
 */
import type { Api } from '#wire';
import { anyhow, guestErrors } from './errors.ts';
import { CAPABILITIES } from './fs/proc.ts';
import type { MountNamespace } from './fs/namespace.ts';
import type { Node } from './fs/node.ts';
import { errnoOf, SysError } from './kernel/errno.ts';
import { findProgram } from './kernel/find-program.ts';
import type { CgroupLimits, Cgroup } from './kernel/cgroup.ts';
import type { Kernel } from './kernel/kernel.ts';
import type { Credentials } from './kernel/lsm.ts';
import type { PidNamespace } from './kernel/pid-namespace.ts';
import type { Process, Scope } from './kernel/process.ts';
import { LAST_SIGNAL, SIGKILL, SIGTERM } from './kernel/signals.ts';
import { findUser } from './programs/accounts.ts';
import type { ContainerStatus } from './sandbox.ts';
import { assertEnvironment, completeProcess } from './spec-defaults.ts';
import { ContainerProcess } from './stdio.ts';

interface ContainerOptions {
  readonly id: string;
  readonly spec: Api.Spec;
  readonly image: string;
  readonly kernel: Kernel;
  readonly scope: Scope;
  readonly cgroup: Cgroup;
  readonly onStatus: (status: ContainerStatus) => void;
  readonly onExit: (process: ContainerProcess) => void;
}

/** Exit code of an init that could not be executed after all. Source: rustjail, exit(-1). */
const CANNOT_EXECUTE = 255;

export class Container {
  readonly id: string;
  readonly spec: Api.Spec;
  readonly image: string;
  readonly scope: Scope;
  readonly cgroup: Cgroup;
  readonly processes = new Map<string, ContainerProcess>();
  /** Storages to give back when the container goes. */
  readonly mountPoints: string[] = [];
  /** Trees that only this container uses. */
  readonly nodes: Node[] = [];
  status: ContainerStatus = 'Creating';
  readonly #options: ContainerOptions;
  readonly #kernel: Kernel;
  #init: ContainerProcess | undefined;
  #started = false;
  #paused = false;
  #wasPaused = false;

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.id = options.id;
    this.spec = options.spec;
    this.image = options.image;
    this.#kernel = options.kernel;
    this.scope = options.scope;
    this.cgroup = options.cgroup;
  }

  #become(status: ContainerStatus): void {
    if (this.status === status) return;
    this.status = status;
    this.#options.onStatus(status);
  }

  /** Makes the init process and parks it until `start`. */
  create(process: Api.Process): void {
    this.#init = this.#makeProcess(this.id, process, true);
    this.#become('Created');
    this.#init.process.exitHooks.add(() => this.#become('Stopped'));
  }

  start(): void {
    if (this.#started || this.#init?.process.alive !== true)
      throw guestErrors.alreadyStarted(this.status);
    this.#started = true;
    // Paused before its start, it stands still until it is resumed.
    if (this.status === 'Created') this.#become('Running');
    this.#run(this.#init.process);
  }

  exec(execId: string, process: Api.Process): void {
    assertEnvironment(process);
    if (execId === this.id || this.processes.has(execId)) throw guestErrors.execExists(execId);
    // The pid namespace of an init that has ended takes no more processes.
    if (this.#init?.process.alive !== true) throw guestErrors.namespacesGone();
    const entry = this.#makeProcess(execId, completeProcess(process), false);
    this.#run(entry.process);
  }

  #run(process: Process): void {
    this.#kernel.start(process, async (own) => {
      try {
        const path = findProgram(own, own.argv[0] ?? '');
        return await this.#kernel.execute(own, path, own.argv);
      } catch (error) {
        if (errnoOf(error) === undefined || !own.alive) throw error;
        return CANNOT_EXECUTE;
      }
    });
  }

  #makeProcess(key: string, spec: Api.Process, isInit: boolean): ContainerProcess {
    const kernel = this.#kernel;
    const { scope } = this;
    const capabilities =
      spec.Capabilities ?? (isInit ? undefined : this.spec.Process?.Capabilities);
    const credentials = credentialsOf(spec, capabilities ?? undefined);
    const pty = spec.Terminal ? kernel.openPty() : undefined;
    let process: Process;
    try {
      process = kernel.create({
        scope,
        argv: [...spec.Args],
        env: environment(spec),
        cwd: '/',
        credentials,
        tty: pty,
        execId: key,
      });
    } catch (error) {
      if (error instanceof SysError) throw guestErrors.system(error.errno);
      throw error;
    }
    try {
      this.#prepare(process, spec, isInit);
    } catch (error) {
      process.end({ code: CANNOT_EXECUTE });
      throw error;
    }
    const entry = new ContainerProcess(key, process, { pty, timers: kernel.timers });
    process.exitHooks.add(() => this.#options.onExit(entry));
    this.processes.set(key, entry);
    return entry;
  }

  /** Working directory, HOME and the check that there is something to run. */
  #prepare(process: Process, spec: Api.Process, isInit: boolean): void {
    const cwd = spec.Cwd === '' ? '/' : spec.Cwd;
    const files = process.unconfinedFiles;
    if (spec.SelinuxLabel !== '')
      throw anyhow(
        'SELinux label for the process is provided but SELinux is not enabled on the running kernel',
      );
    if (isInit && (files.find(cwd) ?? { kind: 'dir' }).kind === 'file')
      throw guestErrors.ioInside('EEXIST');
    try {
      if (isInit && !files.exists(cwd)) files.mkdirs(cwd);
      files.list(cwd);
      process.cwd = files.place(cwd).path;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      // A directory that may be entered but not listed is fine.
      if (errno !== 'EACCES') throw guestErrors.system(errno);
      process.cwd = cwd;
    }
    if (!process.env.has('HOME')) {
      const account = findUser(files, String(process.credentials.uid));
      process.env.set('HOME', account?.home ?? '/');
    }
    const file = spec.Args[0] ?? '';
    if (file !== '' && files.exists(file)) return;
    try {
      // Without PATH there is nowhere to look.
      const path = findProgram({ env: process.env, files }, file, process.env.get('PATH') ?? '');
      if (!files.exists(path)) throw new SysError('ENOENT');
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      if (errno !== 'EACCES') throw guestErrors.noSuchBinary(file);
    }
  }

  /** Empty exec id or the container id: init. Undefined when the table has no such entry. */
  find(execId: string): ContainerProcess | undefined {
    return this.processes.get(execId === '' ? this.id : execId);
  }

  /** After a successful wait: the entry goes, the container stays. */
  reap(entry: ContainerProcess): void {
    if (this.processes.get(entry.key) !== entry) return;
    this.processes.delete(entry.key);
    entry.release();
  }

  signal(entry: ContainerProcess, signal: number): void {
    if (signal < 0 || signal > LAST_SIGNAL) throw guestErrors.einval();
    const { process } = entry;
    const isInit = entry === this.#init;
    // Source: rpc.rs: an init that does not care for SIGTERM would never end by it.
    const deaf = isInit && signal === SIGTERM && !process.handles(SIGTERM);
    process.deliver(deaf ? SIGKILL : signal);
  }

  signalAll(): void {
    this.cgroup.freeze();
    for (const process of [...this.cgroup.processes]) process.deliver(SIGKILL);
    this.cgroup.thaw();
  }

  pause(): void {
    if (this.#paused) throw guestErrors.cannotPause('Paused');
    this.#paused = true;
    this.cgroup.freeze();
    // An init that has ended is not noticed here, as upstream: the call succeeds.
    if (this.status !== 'Stopped') this.#become('Paused');
  }

  resume(): void {
    if (!this.#paused) throw guestErrors.cannotResume(this.#resumed ? 'Running' : 'Created');
    this.#paused = false;
    this.#wasPaused = true;
    if (this.status !== 'Stopped') this.#become('Running');
    this.cgroup.thaw();
  }

  /** What upstream's state machine shows once it has left Created. */
  get #resumed(): boolean {
    return this.#started || this.#wasPaused;
  }

  update(resources: Api.LinuxResources): void {
    this.cgroup.update(limitsOf(resources));
  }

  /** Kills what is left and closes the agent's ends. */
  destroy(): void {
    this.signalAll();
    for (const entry of this.processes.values()) entry.release();
    this.#become('Stopped');
  }
}

function environment(spec: Api.Process): Map<string, string> {
  const env = new Map<string, string>();
  for (const entry of spec.Env) {
    const equals = entry.indexOf('=');
    if (equals > 0) env.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  return env;
}

const withoutPrefix = (names: readonly string[]): string[] =>
  names.map((name) => name.replace(/^CAP_/, ''));

/** Root keeps its sets over exec, others only the ambient ones. Source: capabilities(7). */
function credentialsOf(
  spec: Api.Process,
  capabilities: Api.LinuxCapabilities | undefined,
): Credentials {
  const { UID = 0, GID = 0, AdditionalGids = [] } = spec.User ?? {};
  // A spec without capabilities leaves the agent's own: all of them.
  const names =
    capabilities === undefined
      ? [...CAPABILITIES]
      : withoutPrefix(UID === 0 ? capabilities.Effective : capabilities.Ambient);
  return { uid: UID, gid: GID, groups: AdditionalGids, capabilities: new Set(names) };
}

/** Zero and negative values are "no limit". */
export function limitsOf(resources: Api.LinuxResources): CgroupLimits {
  const limits: CgroupLimits = {};
  const positive = (value: bigint): number | undefined => (value > 0n ? Number(value) : undefined);
  if (resources.Memory !== null) limits.memory = positive(resources.Memory.Limit);
  if (resources.Pids !== null) limits.pids = positive(resources.Pids.Limit);
  if (resources.CPU !== null) {
    limits.cpuQuotaUs = positive(resources.CPU.Quota);
    limits.cpuPeriodUs = positive(resources.CPU.Period) ?? 100_000;
  }
  return limits;
}

interface ScopeParts {
  readonly id: string;
  readonly namespace: MountNamespace;
  readonly pids: PidNamespace<Process>;
  readonly cgroup: Cgroup;
  readonly uts: { hostname: string };
}

/** Processes of one container share these; the host name is the sandbox's. */
export function makeScope(parts: ScopeParts): Scope {
  const { uts, ...rest } = parts;
  return {
    ...rest,
    get hostname() {
      return uts.hostname;
    },
    setHostname: (name) => {
      uts.hostname = name;
    },
  };
}
