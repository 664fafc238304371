/**
 * A simulated process: descriptors, environment, signals, children. Its program is an async
 * function; every wait goes through `block`, so a signal can end it, and a dead process's program
 * unwinds with `ProcessGone` at its next system call.
 */
import type { Clock, Random } from '#base';
import type { NetworkStack } from '../pod-network.ts';
import type { Timers } from '../time.ts';
import { FileView } from '../fs/view.ts';
import type { MountNamespace } from '../fs/namespace.ts';
import type { Caller } from '../fs/node.ts';
import { NO_MODULES, type Boundary } from './boundary.ts';
import type { Cgroup } from './cgroup.ts';
import { errnoOf, SysError } from './errno.ts';
import type { Credentials } from './lsm.ts';
import { NetworkView } from './network-view.ts';
import type { PidNamespace } from './pid-namespace.ts';
import type { OpenFile, ReadOptions } from './open-file.ts';
import type { Pty } from './pty.ts';
import { defaultAction, SIGCHLD, SIGCONT, SIGKILL, SIGPIPE, SIGSTOP } from './signals.ts';
import { SystemView } from './system-view.ts';
import { WaitQueue, type Blocker } from './wait.ts';

/** Unwinds the program of a process that ended. Programs let it pass. */
export class ProcessGone extends Error {
  constructor() {
    super('the process has ended');
  }
}

/** What the processes of one container share. */
export interface Scope {
  readonly id: string;
  readonly namespace: MountNamespace;
  readonly pids: PidNamespace<Process>;
  readonly cgroup: Cgroup;
  readonly hostname: string;
  setHostname(name: string): void;
}

export interface ExitStatus {
  /** What a shell's `$?` and WaitProcess show: the code, or 128 + signal. */
  readonly code: number;
  readonly signal?: number;
}

export interface ProcessInit {
  readonly scope: Scope;
  readonly argv: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
  readonly credentials: Credentials;
  readonly parent?: Process;
  readonly tty?: Pty | undefined;
  readonly execId?: string | undefined;
}

/** `argv` is separate from the process's own, so that a shell can run a program as a builtin. */
export type Program = (process: Process, argv: readonly string[]) => Promise<number>;

export interface Image {
  readonly program: Program;
  readonly argv: readonly string[];
  readonly exe: string;
  readonly rss: number;
  readonly suite: Process['suite'];
}

/** What a process asks of its kernel. */
export interface Host {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly network: NetworkStack;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly bootedAt: number;
  readonly processes: ReadonlySet<Process>;
  /** What every system call of a process passes. */
  readonly boundary: Boundary;
  readonly programNames: readonly string[];
  /** The guest's wall clock. */
  now(): number;
  setDate(nowMs: number): void;
  create(init: ProcessInit): Process;
  forget(process: Process): void;
  start(process: Process, program: Program): void;
  image(process: Process, path: string, argv: readonly string[]): Image;
  execute(process: Process, path: string, argv: readonly string[]): Promise<number>;
  signalGroup(group: number, signal: number): void;
}

const MAX_DESCRIPTORS = 1024;
/** System calls between two rests on the host's event loop, and between two real pauses. */
const YIELD_EVERY = 200;
const PAUSE_EVERY = 4000;
/** Simulated cost of one step. */
const STEP_NS = 4000;

export class Process implements Blocker, Caller {
  readonly kernel: Host;
  readonly scope: Scope;
  readonly pid: number;
  /** Unique in the whole guest; process groups are named by it. */
  readonly gpid: number;
  readonly startedAt: number;
  readonly execId: string | undefined;
  readonly children = new Set<Process>();
  readonly childChanged = new WaitQueue();
  parent: Process | undefined;
  argv: readonly string[];
  exe = '';
  /** Whose program it runs: busybox words its messages unlike coreutils. */
  suite: 'coreutils' | 'busybox' = 'coreutils';
  /** Put before messages of programs that a shell runs as builtins. */
  messagePrefix = '';
  env: Map<string, string>;
  cwd: string;
  umask = 0o022;
  credentials: Credentials;
  group: number;
  tty: Pty | undefined;
  status: ExitStatus | undefined;
  stopped = false;
  rss = 0;
  cpuNs = 0;
  load = 0;
  readonly exitHooks = new Set<(status: ExitStatus) => void>();
  readonly #descriptors = new Map<number, OpenFile>();
  #dispositions = new Map<number, 'ignore' | 'catch'>();
  #pending: number[] = [];
  readonly #blocked = new Set<(reason: Error) => void>();
  #held: (() => void)[] = [];
  #steps = 0;

  constructor(kernel: Host, pid: number, gpid: number, init: ProcessInit) {
    this.kernel = kernel;
    this.pid = pid;
    this.gpid = gpid;
    this.scope = init.scope;
    this.argv = init.argv;
    this.env = new Map(init.env);
    this.cwd = init.cwd;
    this.credentials = init.credentials;
    this.parent = init.parent;
    this.tty = init.tty;
    this.execId = init.execId;
    this.group = init.parent?.group ?? gpid;
    this.startedAt = kernel.now();
    init.parent?.children.add(this);
  }

  get alive(): boolean {
    return this.status === undefined;
  }

  get state(): 'R' | 'S' | 'T' | 'Z' {
    if (!this.alive) return 'Z';
    if (this.stopped) return 'T';
    return this.load > 0 || this.#blocked.size === 0 ? 'R' : 'S';
  }

  get containerId(): string {
    return this.scope.id;
  }

  /** File system calls with this process's eyes. */
  get files(): FileView {
    return this.#view(this.kernel.boundary);
  }

  /** The same before the program runs: the agent prepares a process by mode bits alone. */
  get unconfinedFiles(): FileView {
    return this.#view(NO_MODULES);
  }

  #view(boundary: Boundary): FileView {
    return new FileView(this.scope.namespace, { caller: this, boundary }, () => this.cwd);
  }

  get network(): NetworkView {
    return new NetworkView(this.kernel.network, this, this.kernel.boundary);
  }

  get system(): SystemView {
    return new SystemView(this, this.kernel.boundary);
  }

  #enter(call: string, args?: readonly number[]): void {
    this.kernel.boundary.enter(this, call, args);
  }

  die(signal: number): never {
    this.end({ code: 128 + signal, signal });
    throw new ProcessGone();
  }

  openTerminal(): OpenFile {
    if (this.tty === undefined) throw new SysError('ENXIO');
    return this.tty.openSlave();
  }

  randomBytes(length: number): Uint8Array {
    return this.kernel.random.bytes(length);
  }

  // Descriptors

  descriptor(fd: number): OpenFile | undefined {
    return this.#descriptors.get(fd);
  }

  openDescriptors(): number[] {
    return [...this.#descriptors.keys()].sort((a, b) => a - b);
  }

  /** Takes a reference; replaces what was open under `fd`, or finds the lowest free number. */
  install(file: OpenFile, fd?: number): number {
    let target = fd ?? 0;
    if (fd === undefined) while (this.#descriptors.has(target)) target++;
    if (target >= MAX_DESCRIPTORS) throw new SysError('EINVAL');
    file.retain();
    this.#descriptors.get(target)?.release();
    this.#descriptors.set(target, file);
    return target;
  }

  closeDescriptor(fd: number): void {
    const file = this.#descriptors.get(fd);
    if (file === undefined) throw new SysError('EBADF');
    this.#descriptors.delete(fd);
    file.release();
  }

  async read(fd: number, max = 65536, options?: ReadOptions): Promise<Uint8Array> {
    await this.step();
    this.#enter('read', [fd]);
    const file = this.#descriptors.get(fd);
    if (file === undefined) throw new SysError('EBADF');
    const data = await file.read(this, max, options);
    this.scope.cgroup.readBytes += data.length;
    return data;
  }

  async write(fd: number, data: Uint8Array | string): Promise<void> {
    await this.step();
    this.#enter('write', [fd]);
    const file = this.#descriptors.get(fd);
    if (file === undefined) throw new SysError('EBADF');
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
    try {
      await file.write(this, bytes);
      this.scope.cgroup.writtenBytes += bytes.length;
    } catch (error) {
      if (errnoOf(error) === 'EPIPE') {
        this.deliver(SIGPIPE);
        this.#check();
      }
      throw error;
    }
  }

  // Waiting

  /** Where the program stands still when the process is dead, stopped or frozen. */
  #check(): void {
    if (!this.alive) throw new ProcessGone();
  }

  get #mustHold(): boolean {
    return this.stopped || this.scope.cgroup.frozen;
  }

  async block<T>(arm: (wake: (value: T) => void) => () => void): Promise<T> {
    this.#check();
    if (this.#pending.length > 0) throw new SysError('EINTR');
    this.#steps = 0;
    return new Promise<T>((resolve, reject) => {
      let disarm: () => void = () => undefined;
      const end = (): void => {
        this.#blocked.delete(interrupt);
        disarm();
      };
      const interrupt = (reason: Error): void => {
        end();
        if (reason instanceof ProcessGone) reject(reason);
        else this.#whenRunning(() => reject(reason), reject);
      };
      this.#blocked.add(interrupt);
      disarm = arm((value) => {
        end();
        this.#whenRunning(() => resolve(value), reject);
      });
    });
  }

  #whenRunning(go: () => void, gone: (reason: Error) => void): void {
    if (!this.alive) gone(new ProcessGone());
    else if (this.#mustHold) this.#held.push(() => this.#whenRunning(go, gone));
    else go();
  }

  /** Lets held programs go on after SIGCONT or a thaw. */
  resume(): void {
    if (this.alive && this.#mustHold) return;
    const held = this.#held;
    this.#held = [];
    for (const go of held) go();
  }

  /**
   * One unit of work: charges time, gives the host's event loop its turn, and stands still while
   * the process may not run. Called by every system call and every command of a shell.
   */
  async step(): Promise<void> {
    this.#check();
    this.cpuNs += STEP_NS;
    this.#steps++;
    if (this.#steps % PAUSE_EVERY === 0) {
      // A program that never waits would otherwise keep a whole core of the host busy.
      await this.#pause(1);
      this.#steps = 1;
    } else if (this.#steps % YIELD_EVERY === 0) {
      await new Promise((done) => setImmediate(done));
      this.#check();
    }
    if (this.#mustHold) await new Promise<void>((go, gone) => this.#whenRunning(go, gone));
  }

  /** Rejects with EINTR when a caught signal arrives meanwhile. */
  async sleep(ms: number): Promise<void> {
    this.#enter('clock_nanosleep');
    await this.#pause(ms);
  }

  #pause(ms: number): Promise<void> {
    return this.block<undefined>((wake) => {
      const timer = this.kernel.timers.after(ms, () => wake(undefined));
      return () => timer.cancel();
    });
  }

  // Signals

  /** `catch` collects the signal for `takeSignals` and interrupts waits; `default` undoes. */
  handle(signal: number, disposition: 'ignore' | 'catch' | 'default'): void {
    if (signal === SIGKILL || signal === SIGSTOP) return;
    if (disposition === 'default') this.#dispositions.delete(signal);
    else this.#dispositions.set(signal, disposition);
  }

  handles(signal: number): boolean {
    return this.#dispositions.has(signal);
  }

  disposition(signal: number): 'ignore' | 'catch' | 'default' {
    return this.#dispositions.get(signal) ?? 'default';
  }

  takeSignals(): number[] {
    const pending = this.#pending;
    this.#pending = [];
    return pending;
  }

  get hasSignals(): boolean {
    return this.#pending.length > 0;
  }

  get isNamespaceInit(): boolean {
    return this.scope.pids.init === this;
  }

  /** `inside` is a sender of the same pid namespace: from there not even SIGKILL ends its init. */
  deliver(signal: number, inside = false): void {
    if (!this.alive || signal === 0) return;
    if (inside && this.isNamespaceInit && this.disposition(signal) === 'default') return;
    if (signal === SIGCONT) {
      this.stopped = false;
      this.resume();
    }
    const disposition = this.#dispositions.get(signal);
    if (signal !== SIGKILL && signal !== SIGSTOP) {
      if (disposition === 'ignore') return;
      if (disposition === 'catch') {
        if (!this.#pending.includes(signal)) this.#pending.push(signal);
        for (const interrupt of [...this.#blocked]) interrupt(new SysError('EINTR'));
        return;
      }
      // The kernel spares the first process of a namespace. Source: pid_namespaces(7).
      if (this.isNamespaceInit) return;
    }
    switch (defaultAction(signal)) {
      case 'terminate':
        this.end({ code: 128 + signal, signal });
        return;
      case 'stop':
        this.stopped = true;
        return;
      case 'ignore':
      case 'continue':
    }
  }

  // Life

  /** Ends the process now, whatever its program is doing. Idempotent. */
  end(status: ExitStatus): void {
    if (!this.alive) return;
    this.status = status;
    this.scope.cgroup.remove(this);
    for (const fd of this.openDescriptors()) this.closeDescriptor(fd);
    for (const child of [...this.children]) child.#orphan();
    if (this.parent !== undefined) this.parent.#childEnded();
    for (const interrupt of [...this.#blocked]) interrupt(new ProcessGone());
    this.resume();
    const hooks = [...this.exitHooks];
    this.exitHooks.clear();
    if (this.parent === undefined) this.#reap();
    if (this.isNamespaceInit) this.scope.pids.killAll();
    for (const hook of hooks) hook(status);
  }

  #childEnded(): void {
    this.childChanged.wake();
    this.deliver(SIGCHLD);
  }

  #orphan(): void {
    this.parent = undefined;
    if (!this.alive) this.#reap();
  }

  #reap(): void {
    this.parent?.children.delete(this);
    this.scope.pids.remove(this);
    this.kernel.forget(this);
  }

  /** Waits for one child and takes its status. */
  async wait(child: Process): Promise<ExitStatus> {
    this.#enter('wait4', [child.pid]);
    while (child.status === undefined) await this.childChanged.wait(this);
    child.#reap();
    return child.status;
  }

  /** A copy of this process: same files, directory, signals ignored stay ignored. */
  fork(argv = this.argv): Process {
    this.#enter('clone', [SIGCHLD]);
    const child = this.kernel.create({
      scope: this.scope,
      argv,
      env: this.env,
      cwd: this.cwd,
      credentials: this.credentials,
      parent: this,
      tty: this.tty,
    });
    child.exe = this.exe;
    child.suite = this.suite;
    child.umask = this.umask;
    child.rss = this.rss;
    for (const [fd, file] of this.#descriptors) child.install(file, fd);
    for (const [signal, how] of this.#dispositions) if (how === 'ignore') child.handle(signal, how);
    return child;
  }

  /** Turns into another program: what execve keeps stays, caught signals become default. */
  become({ argv, exe, rss, suite }: Image): void {
    this.argv = argv;
    this.exe = exe;
    this.suite = suite;
    this.messagePrefix = '';
    for (const [signal, how] of this.#dispositions)
      if (how === 'catch') this.#dispositions.delete(signal);
    this.#pending = [];
    this.rss = rss;
    this.scope.cgroup.checkMemory();
    this.#check();
  }

  /**
   * One request for more than there is: the OOM killer ends the process. An init that ends so is
   * gone before the agent hears of it, so no OOM event follows. As kata-agent 4.1.0 was observed.
   */
  exhaustMemory(): never {
    return this.die(SIGKILL);
  }

  /** Grows or shrinks memory; the OOM killer may strike. */
  allocate(bytes: number): void {
    this.rss = Math.max(0, this.rss + bytes);
    if (bytes > 0) this.scope.cgroup.checkMemory();
    this.#check();
  }
}
