/**
 * A process as the agent's process table holds it: its end of stdin, stdout and stderr, and its exit
 * code. Source: kata-containers src/agent/rustjail/src/process.rs.
 */
import { GuestError, guestErrors } from './errors.ts';
import { errnoOf, SysError } from './kernel/errno.ts';
import type { OpenFile } from './kernel/open-file.ts';
import { Pipe } from './kernel/pipe.ts';
import type { Process } from './kernel/process.ts';
import type { Pty } from './kernel/pty.ts';
import { callBlocker, WaitQueue, type Blocker } from './kernel/wait.ts';
import type { Timers } from './time.ts';

/** How long a read goes on for output that was written before the exit. Source: rpc.rs. */
const DRAIN_MS = 500;

type ReadEnd = (blocker: Blocker, max: number) => Promise<Uint8Array>;

export class ContainerProcess {
  readonly key: string;
  readonly process: Process;
  exitCode: number | undefined;
  readonly exited = new WaitQueue();
  readonly #timers: Timers;
  readonly #pty: Pty | undefined;
  #stdin: OpenFile | undefined;
  #stdout: OpenFile | undefined;
  #stderr: OpenFile | undefined;
  readonly #leaving = new Set<() => void>();

  constructor(
    key: string,
    process: Process,
    { pty, timers }: { pty: Pty | undefined; timers: Timers },
  ) {
    this.key = key;
    this.process = process;
    this.#pty = pty;
    this.#timers = timers;
    if (pty === undefined) this.#connectPipes();
    else this.#connectTerminal(pty);
    process.exitHooks.add(({ code }) => {
      this.exitCode = code;
      this.exited.wake();
      for (const leave of this.#leaving) this.#timers.after(DRAIN_MS, leave);
    });
  }

  get hasTerminal(): boolean {
    return this.#pty !== undefined;
  }

  #connectPipes(): void {
    const pipes = [new Pipe('stdin'), new Pipe('stdout'), new Pipe('stderr')] as const;
    this.#stdin = pipes[0].openWriter().retain();
    this.#stdout = pipes[1].openReader().retain();
    this.#stderr = pipes[2].openReader().retain();
    this.process.install(pipes[0].openReader(), 0);
    this.process.install(pipes[1].openWriter(), 1);
    this.process.install(pipes[2].openWriter(), 2);
  }

  #connectTerminal(pty: Pty): void {
    const slave = pty.openSlave();
    for (const fd of [0, 1, 2]) this.process.install(slave, fd);
    pty.foreground = this.process.group;
  }

  readStdout(len: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#read(this.#reader(this.#stdout), len, signal);
  }

  readStderr(len: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#read(this.#reader(this.#stderr), len, signal);
  }

  #reader(pipe: OpenFile | undefined): ReadEnd {
    const pty = this.#pty;
    if (pty !== undefined && !pty.isMasterClosed)
      return (blocker, max) => pty.masterRead(blocker, max);
    if (pipe !== undefined) return (blocker, max) => pipe.read(blocker, max);
    throw guestErrors.noStreamReader();
  }

  /** One read. After the exit it waits a little for what a background child still writes. */
  async #read(read: ReadEnd, len: number, signal?: AbortSignal): Promise<Uint8Array> {
    const drained = new AbortController();
    const leave = (): void => drained.abort();
    const timer = this.exitCode === undefined ? undefined : this.#timers.after(DRAIN_MS, leave);
    this.#leaving.add(leave);
    const signals = signal === undefined ? [drained.signal] : [drained.signal, signal];
    try {
      return await read(callBlocker(AbortSignal.any(signals)), len);
    } catch (error) {
      if (error instanceof GuestError && drained.signal.aborted && signal?.aborted !== true)
        return new Uint8Array();
      if (errnoOf(error) === 'EIO') throw guestErrors.ttyGone();
      throw error;
    } finally {
      timer?.cancel();
      this.#leaving.delete(leave);
    }
  }

  async writeStdin(data: Uint8Array, signal?: AbortSignal): Promise<number> {
    if (data.length === 0) {
      this.closeStdin();
      return 0;
    }
    const [pty, stdin] = [this.#pty, this.#stdin];
    try {
      if (pty !== undefined && !pty.isMasterClosed)
        await pty.masterWrite(callBlocker(signal), data);
      else if (stdin !== undefined) await stdin.write(callBlocker(signal), data);
      else throw guestErrors.noWriter();
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw error.errno === 'EIO' ? guestErrors.ttyGone() : guestErrors.brokenPipe();
    }
    return data.length;
  }

  /** Closes the pipe, or the terminal's master: reads then fail, as upstream. */
  closeStdin(): void {
    this.#pty?.closeMaster();
    this.#stdin?.release();
    this.#stdin = undefined;
  }

  resize(row: number, column: number): void {
    if (this.#pty === undefined || this.#pty.isMasterClosed) throw guestErrors.noTty();
    // The ioctl takes 16 bits.
    this.#pty.resize(row & 0xffff, column & 0xffff);
  }

  async wait(signal?: AbortSignal): Promise<number> {
    const blocker = callBlocker(signal);
    while (this.exitCode === undefined) await this.exited.wait(blocker);
    return this.exitCode;
  }

  /** The agent's ends are closed; writers inside get SIGPIPE from now on. */
  release(): void {
    this.closeStdin();
    this.#stdout?.release();
    this.#stderr?.release();
    this.#stdout = undefined;
    this.#stderr = undefined;
  }
}
