/**
 * The guest kernel: process tables, program loading, time. It knows no program; the table of
 * programs is handed to it.
 */
import type { Clock, Random } from '#base';
import type { Store } from '../fs/store.ts';
import type { NetworkStack } from '../pod-network.ts';
import { GuestError } from '../errors.ts';
import type { Timers } from '../time.ts';
import { Boundary } from './boundary.ts';
import { SysError } from './errno.ts';
import { load, type Loaded } from './executable.ts';
import type { Lsm } from './lsm.ts';
import {
  Process,
  ProcessGone,
  type Host,
  type Image,
  type ProcessInit,
  type Program,
} from './process.ts';
import { Pty } from './pty.ts';
import { SIGKILL } from './signals.ts';

/** Row of the program table. */
export interface ProgramRow {
  readonly name: string;
  readonly run: Program;
  /** Resident memory right after start; 900 KiB when absent. */
  readonly rss?: number;
}

interface KernelOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly store: Store;
  readonly network: NetworkStack;
  readonly programs: ReadonlyMap<string, ProgramRow>;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Security modules; without any, permission bits and capabilities decide. */
  readonly modules?: readonly Lsm[] | undefined;
  /** A program failed in a way no real program fails: our own bug. */
  readonly onFault: (process: Process, error: unknown) => void;
}

const DEFAULT_RSS = 900 << 10;
/** All processes of one guest. A fork bomb meets EAGAIN instead of exhausting the host. */
const MAX_PROCESSES = 2048;
/** Scripts that name scripts as their interpreter. Source: Linux exec.c. */
const MAX_INTERPRETERS = 4;
/** Source: Linux binfmts.h MAX_ARG_STRLEN times a few; enough for every real command line. */
const MAX_ARGUMENT_BYTES = 2 << 20;

export class Kernel implements Host {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly store: Store;
  readonly network: NetworkStack;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly bootedAt: number;
  readonly boundary: Boundary;
  readonly processes = new Set<Process>();
  /** Programs whose unwinding has not finished yet. */
  readonly #running = new Set<Promise<void>>();
  readonly #options: KernelOptions;
  #dateOffsetMs = 0;
  #nextGpid = 2;
  #nextPty = 0;

  constructor(options: KernelOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.timers = options.timers;
    this.random = options.random;
    this.store = options.store;
    this.network = options.network;
    this.cpus = options.cpus;
    this.memoryBytes = options.memoryBytes;
    this.bootedAt = options.clock.now();
    this.boundary = new Boundary(options.modules);
  }

  /** The guest's wall clock: the injected one, moved by SetGuestDateTime. */
  now(): number {
    return this.clock.now() + this.#dateOffsetMs;
  }

  setDate(nowMs: number): void {
    this.#dateOffsetMs = nowMs - this.clock.now();
  }

  get programNames(): string[] {
    return [...this.#options.programs.keys()];
  }

  create(init: ProcessInit): Process {
    const { pids, cgroup } = init.scope;
    if (this.processes.size >= MAX_PROCESSES || cgroup.pidsFull) throw new SysError('EAGAIN');
    const process = new Process(this, pids.next(), this.#nextGpid++, init);
    pids.processes.set(process.pid, process);
    pids.init ??= process;
    this.processes.add(process);
    cgroup.add(process);
    return process;
  }

  forget(process: Process): void {
    this.processes.delete(process);
  }

  /** Runs the program; the process ends with its result. */
  start(process: Process, program: Program): void {
    const run = this.#run(process, program).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  async #run(process: Process, program: Program): Promise<void> {
    try {
      process.end({ code: (await program(process, process.argv)) & 0xff });
    } catch (error) {
      if (!(error instanceof ProcessGone)) {
        // An errno nobody handled ends the process as an uncaught error does; so does a stream that
        // was taken from a process as it ended. The rest is our bug.
        const expected =
          error instanceof SysError || (!process.alive && error instanceof GuestError);
        if (!expected) this.#options.onFault(process, error);
        process.end({ code: 1 });
      }
    }
  }

  /** Resolves the file to run as execve does. EACCES, ENOENT and ENOEXEC as there. */
  image(process: Process, path: string, argv: readonly string[]): Image {
    this.boundary.enter(process, 'execve');
    const size = argv.reduce((sum, argument) => sum + argument.length + 1, 0);
    if (size > MAX_ARGUMENT_BYTES) throw new SysError('E2BIG');
    let file = path;
    let args = argv;
    for (let depth = 0; depth <= MAX_INTERPRETERS; depth++) {
      const { loaded, exe } = this.#load(process, file, args);
      if (loaded.kind === 'program') return this.#imageOf(loaded.name, exe, args);
      const extra = loaded.argument === undefined ? [] : [loaded.argument];
      args = [loaded.interpreter, ...extra, file, ...args.slice(1)];
      file = loaded.interpreter;
    }
    throw new SysError('ELOOP');
  }

  #load(process: Process, file: string, argv: readonly string[]): { loaded: Loaded; exe: string } {
    const place = process.unconfinedFiles.place(file);
    const { node, mount, path: exe } = place;
    if (node === undefined) throw new SysError('ENOENT');
    if (node.kind !== 'file') throw new SysError('EACCES');
    this.boundary.assertPermits(process, node, 'x');
    if (mount.options.includes('noexec')) throw new SysError('EACCES');
    this.boundary.exec(process, place, argv);
    return { loaded: load(node.data.subarray(0, node.size)), exe };
  }

  #imageOf(name: string, exe: string, argv: readonly string[]): Image {
    const busybox = name.startsWith('busybox/');
    const row = this.#options.programs.get(name.slice(name.indexOf('/') + 1));
    if (row === undefined) throw new SysError('ENOEXEC');
    const suite = busybox ? 'busybox' : 'coreutils';
    return { program: row.run, argv, exe, rss: row.rss ?? DEFAULT_RSS, suite };
  }

  /** Replaces the program of a process and runs it to its end. */
  async execute(process: Process, path: string, argv: readonly string[]): Promise<number> {
    const image = this.image(process, path, argv);
    process.become(image);
    return image.program(process, image.argv);
  }

  openPty(): Pty {
    return new Pty(`/dev/pts/${this.#nextPty++}`, (group, signal) =>
      this.signalGroup(group, signal),
    );
  }

  signalGroup(group: number, signal: number): void {
    if (group === 0) return;
    for (const process of [...this.processes]) if (process.group === group) process.deliver(signal);
  }

  /** Ends every process and waits until their programs have unwound. */
  async shutdown(): Promise<void> {
    for (const process of [...this.processes]) process.end({ code: 137, signal: SIGKILL });
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
