/**
 * The interpreter. One `Shell` belongs to one process; subshells, pipeline elements and background
 * commands are forked processes with a copy of it. Flow control travels as exceptions that never
 * leave this room.
 */
import { errnoOf, errnoText, SysError } from '../kernel/errno.ts';
import { findProgram } from '../kernel/find-program.ts';
import type { OpenFile } from '../kernel/open-file.ts';
import { Pipe } from '../kernel/pipe.ts';
import type { ExitStatus, Process } from '../kernel/process.ts';
import { signalSays, SIGINT, SIGQUIT, SIGTERM } from '../kernel/signals.ts';
import { ArithmeticError, evaluate } from './arithmetic.ts';
import { evaluateConditional } from './conditional.ts';
import { expandFields, expandPattern, expandText, ExpansionError, type Scope } from './expand.ts';
import { parseShell } from './parser.ts';
import { matches } from './pattern.ts';
import { ExitShell, LeaveLoop, ReturnFromFunction } from './flow.ts';
import { applyRedirects } from './redirect.ts';
import { ShellState, type StateOptions, type Variable } from './state.ts';
import {
  ShellSyntaxError,
  type Case,
  type Command,
  type ArithmeticFor,
  type For,
  type If,
  type List,
  type Loop,
  type Pipeline,
  type Redirect,
  type Simple,
  type Word,
} from './syntax.ts';

export type Builtin = (shell: Shell, argv: readonly string[]) => Promise<number>;

type Compound = Extract<Command, { readonly redirects: readonly Redirect[] }> &
  Exclude<Command, Simple>;

export interface ShellOptions extends StateOptions {
  readonly builtins: ReadonlyMap<string, Builtin>;
}

/** Deeper function calls end the shell instead of our stack. */
const MAX_CALLS = 200;
export class Shell extends ShellState implements Scope {
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly functions = new Map<string, Command>();
  readonly traps = new Map<number, string>();
  readonly jobs: Process[] = [];
  loopDepth = 0;
  /** Inside `. file`, where `return` has a meaning. */
  sourcing = false;
  private substitutionStatus: number | undefined;
  private unchecked = 0;
  private inTrap = false;

  constructor(process: Process, options: ShellOptions, parent?: Shell) {
    super(process, options, parent);
    this.builtins = options.builtins;
    if (parent === undefined) return;
    for (const [name, body] of parent.functions) this.functions.set(name, body);
    // A subshell keeps ignored signals ignored and forgets handlers.
    for (const [signal, action] of parent.traps) if (action === '') this.traps.set(signal, action);
    this.unchecked = parent.unchecked;
  }

  async substitute(body: List): Promise<string> {
    const pipe = new Pipe();
    const reader = pipe.openReader().retain();
    const child = this.fork([body], async (sub) => sub.runTail(body), { 1: pipe.openWriter() });
    const chunks: Uint8Array[] = [];
    let size = 0;
    try {
      while (true) {
        const chunk = await reader.read(this.process, 65536);
        if (chunk.length === 0) break;
        size += chunk.length;
        if (size > 8 << 20) throw new ExpansionError('substitution too long: out of memory');
        chunks.push(chunk);
      }
    } finally {
      reader.release();
    }
    this.substitutionStatus = (await this.waitFor(child)).code;
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
        return this.check(await this.simple(command, false));
      case 'pipeline':
        return this.pipeline(command);
      case 'and-or':
        return this.andOr(command.left, command.operator, command.right);
      case 'list':
        for (const { command: item, background } of command.items) {
          if (background) await this.background(item);
          else await this.run(item);
        }
        return this.status;
      case 'function':
        this.functions.set(command.name, command.body);
        return (this.status = 0);
      case 'subshell': {
        const { body } = command;
        const child = this.fork([body], async (sub) => {
          if (!(await sub.redirectForGood(command.redirects))) return 1;
          return sub.runTail(body);
        });
        return this.check((await this.foreground([child], '( ... )')).code);
      }
      case 'group':
      case 'if':
      case 'loop':
      case 'for':
      case 'arithmetic-for':
      case 'case':
      case 'conditional':
      case 'arithmetic-command':
        return this.withRedirects(command.redirects, () => this.compound(command));
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
    return this.check(await this.simple(command, true));
  }

  private async compound(command: Compound): Promise<number> {
    switch (command.kind) {
      case 'group':
      case 'subshell':
        return this.run(command.body);
      case 'if':
        return this.ifCommand(command);
      case 'loop':
        return this.loop(command);
      case 'for':
        return this.forCommand(command);
      case 'arithmetic-for':
        return this.arithmeticFor(command);
      case 'case':
        return this.caseCommand(command);
      case 'conditional':
        return this.check(await this.attempt(() => evaluateConditional(this, command.words)));
      case 'arithmetic-command':
        return this.check(
          await this.attempt(async () =>
            evaluate(await expandText(command.expression, this), this) === 0n ? 1 : 0,
          ),
        );
    }
  }

  /** Runs a condition: its failure is an answer, also under `set -e`. */
  async test(command: Command): Promise<boolean> {
    this.unchecked++;
    try {
      return (await this.run(command)) === 0;
    } finally {
      this.unchecked--;
    }
  }

  private async ifCommand(command: If): Promise<number> {
    for (const { test, body } of command.branches) if (await this.test(test)) return this.run(body);
    if (command.otherwise !== undefined) return this.run(command.otherwise);
    return (this.status = 0);
  }

  private async loop(command: Loop): Promise<number> {
    let status = 0;
    while ((await this.test(command.test)) !== command.until) {
      const left = await this.iteration(command.body);
      status = this.status;
      if (left) break;
    }
    return (this.status = status);
  }

  private async forCommand(command: For): Promise<number> {
    const values =
      command.words === undefined
        ? this.positional
        : await this.expanding(() => expandFields(command.words ?? [], this));
    this.status = 0;
    for (const value of values) {
      this.set(command.name, value);
      if (await this.iteration(command.body)) break;
    }
    return this.status;
  }

  private async arithmeticFor(command: ArithmeticFor): Promise<number> {
    const value = async (word: Word): Promise<bigint> => {
      const text = await this.expanding(() => expandText(word, this));
      // An empty test is always true.
      return text.trim() === '' ? 1n : evaluate(text, this);
    };
    this.status = 0;
    for (
      await value(command.first);
      (await value(command.test)) !== 0n;
      await value(command.step)
    ) {
      if (await this.iteration(command.body)) break;
    }
    return this.status;
  }

  /** True when the loop is to be left. */
  private async iteration(body: List): Promise<boolean> {
    this.loopDepth++;
    try {
      await this.run(body);
      return false;
    } catch (error) {
      if (!(error instanceof LeaveLoop)) throw error;
      this.status = 0;
      if (error.levels > 1 && this.loopDepth > 1) {
        error.levels--;
        throw error;
      }
      return error.how === 'break';
    } finally {
      this.loopDepth--;
    }
  }

  private async caseCommand(command: Case): Promise<number> {
    const subject = await this.expanding(() => expandText(command.subject, this));
    for (const { patterns, body } of command.arms) {
      for (const pattern of patterns) {
        if (!matches(await expandPattern(pattern, this), subject)) continue;
        this.status = 0;
        return this.run(body);
      }
    }
    return (this.status = 0);
  }

  private async andOr(left: Command, operator: '&&' | '||', right: Command): Promise<number> {
    const success = await this.test(left);
    return success === (operator === '&&') ? this.run(right) : this.status;
  }

  private async pipeline(command: Pipeline): Promise<number> {
    const [only] = command.commands;
    if (command.commands.length === 1 && only !== undefined) {
      await this.test(only);
      return (this.status = this.status === 0 ? 1 : 0);
    }
    const children: Process[] = [];
    let input: OpenFile | undefined;
    for (const [index, element] of command.commands.entries()) {
      const last = index === command.commands.length - 1;
      const pipe = last ? undefined : new Pipe();
      const files: Record<number, OpenFile> = {};
      if (input !== undefined) files[0] = input;
      if (pipe !== undefined) files[1] = pipe.openWriter();
      const child = this.fork([element], (sub) => sub.runTail(element), files, children[0]);
      input = pipe?.openReader();
      children.push(child);
    }
    const last = command.commands.at(-1);
    const text = last?.kind === 'simple' ? last.text : '';
    const { code } = await this.foreground(children, text);
    if (!command.negate) return this.check(code);
    return (this.status = code === 0 ? 1 : 0);
  }

  private async background(command: Command): Promise<void> {
    const files: Record<number, OpenFile> = this.interactive
      ? {}
      : { 0: this.files.open('/dev/null', { read: true }) };
    const child = this.fork([command], (sub) => sub.runTail(command), files);
    if (!this.interactive) {
      child.handle(SIGINT, 'ignore');
      child.handle(SIGQUIT, 'ignore');
    } else child.group = child.gpid;
    this.lastBackground = child.pid;
    this.jobs.push(child);
    if (this.interactive) await this.print(2, `[${this.jobs.length}] ${child.pid}\n`);
    this.status = 0;
  }

  /** A child process with a copy of this shell. */
  private fork(
    _what: readonly Command[],
    body: (shell: Shell) => Promise<number>,
    files: Readonly<Record<number, OpenFile>> = {},
    leader?: Process,
  ): Process {
    const child = this.process.fork();
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

  /** Runs to an exit status, whatever way the code ends. Also runs the EXIT trap. */
  async toExit(body: () => Promise<number>): Promise<number> {
    let code: number;
    try {
      code = await body();
    } catch (error) {
      code = await this.codeOf(error);
    }
    const trap = this.traps.get(0);
    if (trap === undefined || trap === '') return code;
    this.traps.delete(0);
    this.status = code;
    try {
      await this.runText(trap);
    } catch (error) {
      return this.codeOf(error);
    }
    return code;
  }

  private async codeOf(error: unknown): Promise<number> {
    if (error instanceof ExitShell || error instanceof ReturnFromFunction) return error.code;
    if (error instanceof LeaveLoop) return 0;
    if (error instanceof ExpansionError || error instanceof ArithmeticError) {
      await this.complain(error.message);
      return this.expansionCode(error);
    }
    if (error instanceof SysError && error.errno === 'EAGAIN') {
      await this.complain(`can't fork: ${error.message}`, false);
      return 2;
    }
    throw error;
  }

  /** Waits for a pipeline; its terminal goes to it meanwhile. The last element's status counts. */
  private async foreground(children: readonly Process[], text: string): Promise<ExitStatus> {
    const tty = this.interactive ? this.process.tty : undefined;
    const first = children[0];
    if (tty !== undefined && first !== undefined) tty.foreground = first.group;
    let last: ExitStatus = { code: 0 };
    let failed = 0;
    try {
      for (const child of children) {
        last = await this.waitFor(child);
        if (last.code !== 0) failed = last.code;
      }
    } finally {
      if (tty !== undefined) tty.foreground = this.process.group;
    }
    if (last.signal !== undefined) await this.tellSignal(last.signal, children.at(-1)?.pid, text);
    return this.flags.has('pipefail') && last.code === 0 ? { code: failed } : last;
  }

  /** What a shell says when its foreground command was killed. */
  private async tellSignal(signal: number, pid: number | undefined, text: string): Promise<void> {
    const says = signalSays(signal);
    if (says === '') {
      if (signal === SIGINT && this.interactive) await this.print(2, '\n');
    } else if (this.flavour === 'bash' && !this.interactive && signal !== SIGTERM)
      await this.complain(`${String(pid).padStart(5)} ${says.padEnd(24)}${text}`);
    else await this.print(2, `${says}\n`);
  }

  /** Waits on, also when a trapped signal interrupts: its handler runs afterwards. */
  private async waitFor(child: Process): Promise<ExitStatus> {
    const arrived: number[] = [];
    while (true) {
      try {
        const status = await this.process.wait(child);
        for (const signal of arrived) this.process.deliver(signal);
        return status;
      } catch (error) {
        if (errnoOf(error) !== 'EINTR') throw error;
        arrived.push(...this.process.takeSignals());
      }
    }
  }

  // Simple commands

  private async simple(command: Simple, tail: boolean): Promise<number> {
    this.line = command.line;
    this.substitutionStatus = undefined;
    let argv: string[];
    let assignments: [string, string][];
    try {
      argv = await expandFields(command.words, this);
      assignments = await this.assignments(command);
    } catch (error) {
      return this.expansionFailed(error);
    }
    if (this.flags.has('x')) await this.trace(assignments, argv);
    const [name] = argv;
    if (name === undefined) {
      for (const [variable, value] of assignments) {
        try {
          this.set(variable, value);
        } catch (error) {
          return this.expansionFailed(error);
        }
      }
      return this.withRedirects(command.redirects, () =>
        Promise.resolve(this.substitutionStatus ?? 0),
      );
    }
    const body = this.functions.get(name);
    if (body !== undefined)
      return this.withRedirects(command.redirects, () =>
        this.withAssignments(assignments, () => this.call(body, argv.slice(1))),
      );
    if (name === 'exec') return this.execBuiltin(command.redirects, assignments, argv.slice(1));
    const builtin = this.builtins.get(name);
    if (builtin !== undefined)
      return this.withRedirects(command.redirects, () =>
        this.withAssignments(assignments, () => this.attempt(() => builtin(this, argv))),
      );
    if (tail) {
      if (!(await this.redirectForGood(command.redirects))) return 1;
      return this.takeOver(assignments, argv);
    }
    const child = this.fork([], async (sub) => {
      if (!(await sub.redirectForGood(command.redirects))) return 1;
      return sub.takeOver(assignments, argv);
    });
    return (await this.foreground([child], command.text)).code;
  }

  private async assignments(command: Simple): Promise<[string, string][]> {
    const result: [string, string][] = [];
    for (const { name, value, append } of command.assignments) {
      const text = await expandText(value, this);
      result.push([name, append ? (this.get(name) ?? '') + text : text]);
      // Later assignments of the same command see earlier ones.
      if (command.words.length === 0) this.set(name, append ? (this.get(name) ?? '') + text : text);
    }
    return command.words.length === 0 ? [] : result;
  }

  private async trace(assignments: [string, string][], argv: string[]): Promise<void> {
    const words = [...assignments.map(([name, value]) => `${name}=${value}`), ...argv];
    const shown = words.map((word) =>
      /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`,
    );
    await this.print(2, `+ ${shown.join(' ')}\n`);
  }

  /** Turns this process into the command; returns its exit status, or 126/127. */
  private async takeOver(
    assignments: [string, string][],
    argv: readonly string[],
    by = '',
  ): Promise<number> {
    for (const [name, value] of assignments)
      this.variables.set(name, { value, exported: true, readonly: false });
    this.process.env = this.environment();
    const name = argv[0] ?? '';
    let path = name;
    try {
      path = findProgram(this.process, name, this.get('PATH'));
      return await this.process.kernel.execute(this.process, path, argv);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined || !this.process.alive) throw error;
      if (errno === 'ENOEXEC') return this.script(path, argv);
      return this.cannotExecute(name, errno, by);
    }
  }

  private async cannotExecute(
    name: string,
    errno: NonNullable<ReturnType<typeof errnoOf>>,
    by: string,
  ): Promise<number> {
    const missing = errno === 'ENOENT';
    const plain = !name.includes('/');
    let text: string = errnoText(errno);
    if (this.flavour === 'ash') text = missing ? 'not found' : text;
    else if (missing && plain) text = by === '' ? 'command not found' : 'not found';
    else if (errno === 'EACCES' && this.files.exists(name)) {
      if (this.files.stat(name).kind === 'dir') text = 'Is a directory';
    }
    await this.complain(`${by}${name}: ${text}`);
    return missing ? 127 : 126;
  }

  /** A text file without `#!` runs in this shell. Binary content is refused. */
  private async script(path: string, argv: readonly string[]): Promise<number> {
    const content = this.files.readFile(path);
    if (content.subarray(0, 128).includes(0)) {
      await this.complain(`${path}: cannot execute binary file: Exec format error`);
      return 126;
    }
    this.positional = argv.slice(1);
    this.name = path;
    this.functions.clear();
    return this.toExit(() => this.runText(Buffer.from(content).toString('utf8')));
  }

  private async execBuiltin(
    redirects: readonly Redirect[],
    assignments: [string, string][],
    argv: readonly string[],
  ): Promise<number> {
    if (!(await this.redirectForGood(redirects))) throw new ExitShell(1);
    if (argv.length === 0) return 0;
    throw new ExitShell(await this.takeOver(assignments, argv, 'exec: '));
  }

  private async call(body: Command, argv: readonly string[]): Promise<number> {
    if (this.locals.length >= MAX_CALLS) {
      await this.complain('maximum function nesting level exceeded');
      throw new ExitShell(2);
    }
    const { positional, loopDepth } = this;
    const shadowed = new Map<string, Variable | undefined>();
    this.locals.push(shadowed);
    this.positional = argv;
    this.loopDepth = 0;
    try {
      return await this.run(body);
    } catch (error) {
      if (error instanceof ReturnFromFunction) return (this.status = error.code);
      throw error;
    } finally {
      this.positional = positional;
      this.loopDepth = loopDepth;
      this.locals.pop();
      for (const [name, variable] of shadowed) {
        if (variable === undefined) this.variables.delete(name);
        else this.variables.set(name, variable);
      }
    }
  }

  // Traps

  async runTraps(): Promise<void> {
    if (this.inTrap) return;
    for (const signal of this.process.takeSignals()) {
      const action = this.traps.get(signal);
      if (action === undefined || action === '') continue;
      const { status } = this;
      this.inTrap = true;
      try {
        await this.runText(action);
      } finally {
        this.inTrap = false;
      }
      this.status = status;
    }
  }

  // Helpers

  /** The status of a finished command; `set -e` ends the shell here. */
  private check(status: number): number {
    this.status = status;
    if (status !== 0 && this.flags.has('e') && this.unchecked === 0) throw new ExitShell(status);
    return status;
  }

  private async expanding<T>(expand: () => Promise<T>): Promise<T> {
    try {
      return await expand();
    } catch (error) {
      throw new ExitShell(await this.expansionFailed(error));
    }
  }

  /** An expansion error ends a shell that is not interactive. Source: POSIX, Consequences of Shell Errors. */
  private async expansionFailed(error: unknown): Promise<number> {
    if (!(error instanceof ExpansionError) && !(error instanceof ArithmeticError)) throw error;
    await this.complain(error.message);
    const code = this.expansionCode(error);
    if (!this.interactive) throw new ExitShell(code);
    return (this.status = code);
  }

  private expansionCode(error: ExpansionError | ArithmeticError): number {
    if (this.flavour === 'ash') return 2;
    return error instanceof ArithmeticError ? 1 : error.code;
  }

  /** A failed system call of a builtin is its exit status. */
  private async attempt(action: () => Promise<number>): Promise<number> {
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

  private async withAssignments(
    assignments: readonly [string, string][],
    action: () => Promise<number>,
  ) {
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

  private async redirectForGood(redirects: readonly Redirect[]): Promise<boolean> {
    const redirected = await applyRedirects(this, redirects);
    redirected?.keep();
    return redirected !== undefined;
  }

  private async withRedirects(
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
