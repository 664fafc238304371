/**
 * The interpreter. One `Shell` belongs to one process; subshells, pipeline elements and background
 * commands are forked processes with a copy of it. Flow control travels as exceptions that never
 * leave this room.
 */
import { errnoOf, errnoText, SysError } from '../kernel/errno.ts';
import type { OpenFile } from '../kernel/open-file.ts';
import { Pipe } from '../kernel/pipe.ts';
import type { Process } from '../kernel/process.ts';
import { SIGINT, SIGQUIT, SIGTERM } from '../kernel/signals.ts';
import { ArithmeticError } from './arithmetic.ts';
import { runCompound } from './compound.ts';
import { ExpansionError, type Scope } from './expand.ts';
import { CannotFork, ExitShell, LeaveLoop, OutOfMemory, ReturnFromFunction } from './flow.ts';
import { foreground, runInBackground, runPipeline, waitFor } from './jobs.ts';
import { parseShell } from './parser.ts';
import { applyRedirects } from './redirect.ts';
import { runSimple } from './simple.ts';
import { ShellState, type StateOptions } from './state.ts';
import { ShellSyntaxError, type Command, type List, type Redirect } from './syntax.ts';

export type Builtin = (shell: Shell, argv: readonly string[]) => Promise<number>;

interface ShellOptions extends StateOptions {
  readonly builtins: ReadonlyMap<string, Builtin>;
}

export class Shell extends ShellState implements Scope {
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly functions = new Map<string, Command>();
  readonly traps = new Map<number, string>();
  readonly jobs: Process[] = [];
  loopDepth = 0;
  /** Inside `. file`, where `return` has a meaning. */
  sourcing = false;
  /** Of the last command substitution of a command that is assignments only. */
  substitutionStatus: number | undefined;
  #unchecked = 0;
  #inTrap = false;

  constructor(process: Process, options: ShellOptions, parent?: Shell) {
    super(process, options, parent);
    this.builtins = options.builtins;
    if (parent === undefined) return;
    for (const [name, body] of parent.functions) this.functions.set(name, body);
    // A subshell keeps ignored signals ignored and forgets handlers.
    for (const [signal, action] of parent.traps) if (action === '') this.traps.set(signal, action);
    this.#unchecked = parent.#unchecked;
  }

  async substitute(body: List): Promise<string> {
    const pipe = new Pipe();
    const reader = pipe.openReader().retain();
    const child = this.fork(async (sub) => sub.runTail(body), { 1: pipe.openWriter() });
    const chunks: Uint8Array[] = [];
    let size = 0;
    try {
      while (true) {
        const chunk = await reader.read(this.process, 65536);
        if (chunk.length === 0) break;
        size += chunk.length;
        if (size > 8 << 20) throw new OutOfMemory();
        chunks.push(chunk);
      }
    } finally {
      reader.release();
    }
    this.substitutionStatus = (await waitFor(this, child)).code;
    return Buffer.concat(chunks).toString('utf8').replace(/\0/g, '');
  }

  // Running

  /** Parses and runs; a syntax error is status 2. */
  async runText(text: string, tail = false): Promise<number> {
    let list: List;
    try {
      list = parseShell(text);
    } catch (error) {
      if (!(error instanceof ShellSyntaxError)) throw error;
      await this.syntaxError(error);
      return (this.status = 2);
    }
    return tail ? this.runTail(list) : this.run(list);
  }

  async run(command: Command): Promise<number> {
    await this.process.step();
    if (this.process.hasSignals) await this.runTraps();
    switch (command.kind) {
      case 'simple':
        return this.check(await runSimple(this, command, false));
      case 'pipeline':
        return runPipeline(this, command);
      case 'and-or':
        return this.#andOr(command.left, command.operator, command.right);
      case 'list':
        for (const { command: item, background } of command.items) {
          if (background) await runInBackground(this, item);
          else await this.run(item);
        }
        return this.status;
      case 'function':
        this.functions.set(command.name, command.body);
        return (this.status = 0);
      case 'subshell': {
        const { body } = command;
        const child = this.fork(async (sub) => {
          if (!(await sub.redirectForGood(command.redirects))) return 1;
          return sub.runTail(body);
        });
        return this.check((await foreground(this, [child], '( ... )')).code);
      }
      case 'group':
      case 'if':
      case 'loop':
      case 'for':
      case 'arithmetic-for':
      case 'case':
      case 'conditional':
      case 'arithmetic-command':
        return this.withRedirects(command.redirects, () => runCompound(this, command));
    }
  }

  /** Runs the last thing this process does: its last command may take the process over. */
  async runTail(command: Command): Promise<number> {
    if (this.traps.size > 0 || this.process.hasSignals) return this.run(command);
    if (command.kind === 'list') {
      const last = command.items.at(-1);
      if (last === undefined || last.background) return this.run(command);
      // bash gives its process away only to a lone command, busybox to the last of many.
      if (this.flavour === 'bash' && command.items.length > 1) return this.run(command);
      await this.run({ kind: 'list', items: command.items.slice(0, -1) });
      return this.runTail(last.command);
    }
    if (command.kind !== 'simple') return this.run(command);
    await this.process.step();
    return this.check(await runSimple(this, command, true));
  }

  /** Runs a condition: its failure is an answer, also under `set -e`. */
  async test(command: Command): Promise<boolean> {
    this.#unchecked++;
    try {
      return (await this.run(command)) === 0;
    } finally {
      this.#unchecked--;
    }
  }

  async #andOr(left: Command, operator: '&&' | '||', right: Command): Promise<number> {
    const success = await this.test(left);
    return success === (operator === '&&') ? this.run(right) : this.status;
  }

  /** A child process with a copy of this shell. */
  fork(
    body: (shell: Shell) => Promise<number>,
    files: Readonly<Record<number, OpenFile>> = {},
    leader?: Process,
  ): Process {
    const child = this.#forkProcess();
    if (this.interactive) {
      for (const signal of [SIGINT, SIGQUIT, SIGTERM])
        if (this.traps.get(signal) !== '') child.handle(signal, 'default');
      child.group = leader?.group ?? child.gpid;
    }
    for (const [fd, file] of Object.entries(files)) child.install(file, Number(fd));
    const { flavour, name, builtins, positional, fromArgument } = this;
    this.process.kernel.start(child, async (process) => {
      const sub = new Shell(process, { flavour, name, builtins, positional, fromArgument }, this);
      sub.loopDepth = this.loopDepth;
      return sub.toExit(() => body(sub));
    });
    return child;
  }

  #forkProcess(): Process {
    try {
      return this.process.fork();
    } catch (error) {
      if (error instanceof SysError) throw new CannotFork(error.message);
      throw error;
    }
  }

  /** Runs to an exit status, whatever way the code ends. Also runs the EXIT trap. */
  async toExit(body: () => Promise<number>): Promise<number> {
    let code: number;
    try {
      code = await body();
    } catch (error) {
      code = await this.#codeOf(error);
    }
    const trap = this.traps.get(0);
    if (trap === undefined || trap === '') return code;
    this.traps.delete(0);
    this.status = code;
    try {
      await this.runText(trap);
    } catch (error) {
      return this.#codeOf(error);
    }
    return code;
  }

  async #codeOf(error: unknown): Promise<number> {
    if (error instanceof ExitShell || error instanceof ReturnFromFunction) return error.code;
    if (error instanceof LeaveLoop) return 0;
    if (error instanceof ExpansionError || error instanceof ArithmeticError) {
      await this.complain(error.message);
      return this.#expansionCode(error);
    }
    if (error instanceof OutOfMemory) this.process.exhaustMemory();
    if (error instanceof CannotFork) {
      await this.complain(`can't fork: ${error.message}`, false);
      return 2;
    }
    throw error;
  }

  // Traps

  async runTraps(): Promise<void> {
    if (this.#inTrap) return;
    for (const signal of this.process.takeSignals()) {
      const action = this.traps.get(signal);
      if (action === undefined || action === '') continue;
      const { status } = this;
      this.#inTrap = true;
      try {
        await this.runText(action);
      } finally {
        this.#inTrap = false;
      }
      this.status = status;
    }
  }

  // Helpers

  /** The status of a finished command; `set -e` ends the shell here. */
  check(status: number): number {
    this.status = status;
    if (status !== 0 && this.flags.has('e') && this.#unchecked === 0) throw new ExitShell(status);
    return status;
  }

  async expanding<T>(expand: () => Promise<T>): Promise<T> {
    try {
      return await expand();
    } catch (error) {
      throw new ExitShell(await this.expansionFailed(error));
    }
  }

  /** An expansion error ends a shell that is not interactive. Source: POSIX, Consequences of Shell Errors. */
  async expansionFailed(error: unknown): Promise<number> {
    if (!(error instanceof ExpansionError) && !(error instanceof ArithmeticError)) throw error;
    await this.complain(error.message);
    const code = this.#expansionCode(error);
    if (!this.interactive) throw new ExitShell(code);
    return (this.status = code);
  }

  #expansionCode(error: ExpansionError | ArithmeticError): number {
    if (this.flavour === 'ash') return 2;
    return error instanceof ArithmeticError ? 1 : error.code;
  }

  /** A failed system call of a builtin is its exit status. */
  async attempt(action: () => Promise<number>): Promise<number> {
    try {
      return await action();
    } catch (error) {
      if (error instanceof ArithmeticError || error instanceof ExpansionError) {
        await this.complain(error.message);
        return this.flavour === 'bash' ? 1 : 2;
      }
      const errno = errnoOf(error);
      if (errno === undefined || !this.process.alive) throw error;
      if (errno === 'EINTR') return 128 + SIGINT;
      await this.complain(errnoText(errno));
      return 1;
    }
  }

  async withAssignments(assignments: readonly [string, string][], action: () => Promise<number>) {
    if (assignments.length === 0) return action();
    const saved = assignments.map(([name]) => [name, this.variables.get(name)] as const);
    for (const [name, value] of assignments)
      this.variables.set(name, { value, exported: true, readonly: false });
    try {
      return await action();
    } finally {
      for (const [name, variable] of saved) {
        if (variable === undefined) this.variables.delete(name);
        else this.variables.set(name, variable);
      }
    }
  }

  async redirectForGood(redirects: readonly Redirect[]): Promise<boolean> {
    const redirected = await applyRedirects(this, redirects);
    redirected?.keep();
    return redirected !== undefined;
  }

  async withRedirects(
    redirects: readonly Redirect[],
    action: () => Promise<number>,
  ): Promise<number> {
    if (redirects.length === 0) return action();
    const redirected = await applyRedirects(this, redirects);
    if (redirected === undefined) return this.check(1);
    try {
      return await action();
    } finally {
      if (this.process.alive) redirected.undo();
      else redirected.keep();
    }
  }
}
