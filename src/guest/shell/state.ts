/**
 * What a shell knows: variables, options, positional parameters, its name and how it words messages.
 */
import type { FileView } from '../fs/view.ts';
import { errnoOf } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { ExpansionError } from './expand.ts';
import type { ShellSyntaxError } from './syntax.ts';

/** ash is busybox's; bash is also what `sh` is in ubi images. Their messages differ. */
export type Flavour = 'ash' | 'bash';

export interface Variable {
  value: string;
  exported: boolean;
  readonly: boolean;
}

/** Options of `set` that change what the interpreter does; the rest are accepted and kept. */
export type Flag = 'e' | 'u' | 'x' | 'f' | 'n' | 'pipefail';

export interface StateOptions {
  readonly flavour: Flavour;
  /** `$0`, and the prefix of messages. */
  readonly name: string;
  readonly positional?: readonly string[];
  readonly interactive?: boolean;
  /** Given by `-c`: bash says so in syntax errors. */
  readonly fromArgument?: boolean;
}

export class ShellState {
  readonly process: Process;
  readonly flavour: Flavour;
  readonly interactive: boolean;
  protected readonly fromArgument: boolean;
  readonly flags = new Set<string>();
  readonly variables = new Map<string, Variable>();
  name: string;
  positional: readonly string[];
  status = 0;
  line = 0;
  /** Variables shadowed by `local`, innermost function last. */
  readonly locals: Map<string, Variable | undefined>[] = [];
  lastBackground: number | undefined;
  readonly #shellPid: number;

  constructor(process: Process, options: StateOptions, parent?: ShellState) {
    this.process = process;
    this.flavour = options.flavour;
    this.name = options.name;
    this.positional = options.positional ?? [];
    this.interactive = options.interactive ?? false;
    this.fromArgument = options.fromArgument ?? false;
    this.#shellPid = parent === undefined ? process.pid : parent.#shellPid;
    for (const [name, value] of process.env)
      this.variables.set(name, { value, exported: true, readonly: false });
    if (parent !== undefined) this.#inheritState(parent);
    else {
      if (!this.variables.has('PWD')) this.set('PWD', process.cwd);
      this.variables.delete('IFS');
    }
  }

  #inheritState(parent: ShellState): void {
    for (const [name, variable] of parent.variables) this.variables.set(name, { ...variable });
    for (const flag of parent.flags) this.flags.add(flag);
    this.status = parent.status;
    this.line = parent.line;
    this.lastBackground = parent.lastBackground;
  }

  get files(): FileView {
    return this.process.files;
  }
  get home(): string | undefined {
    return this.get('HOME');
  }
  get globbing(): boolean {
    return !this.flags.has('f');
  }
  get strict(): boolean {
    return this.flags.has('u');
  }

  get(name: string): string | undefined {
    switch (name) {
      case 'RANDOM':
        return String(Buffer.from(this.process.kernel.random.bytes(2)).readUInt16LE() & 0x7fff);
      case 'SECONDS':
        return String(Math.floor((this.process.kernel.now() - this.process.startedAt) / 1000));
      case 'LINENO':
        return String(this.line);
      case 'PPID':
        return String(this.process.parent?.pid ?? 0);
      default:
        return this.variables.get(name)?.value;
    }
  }

  set(name: string, value: string): void {
    const variable = this.variables.get(name);
    if (variable?.readonly === true) throw new ExpansionError(`${name}: readonly variable`);
    if (variable === undefined) {
      const exported = this.flags.has('a');
      this.variables.set(name, { value, exported, readonly: false });
    } else {
      variable.value = value;
      if (this.flags.has('a')) variable.exported = true;
    }
  }

  special(name: string): string | undefined {
    switch (name) {
      case '?':
        return String(this.status);
      case '$':
        return String(this.#shellPid);
      case '!':
        return this.lastBackground === undefined ? undefined : String(this.lastBackground);
      case '#':
        return String(this.positional.length);
      case '0':
        return this.name;
      case '-':
        return (
          [...this.flags].filter((flag) => flag.length === 1).join('') +
          (this.interactive ? 'i' : '')
        );
      default:
        return undefined;
    }
  }

  // Messages

  async complain(message: string, withLine = true): Promise<void> {
    const where =
      this.flavour === 'bash' && withLine && !this.interactive ? `line ${this.line || 1}: ` : '';
    await this.print(2, `${this.name}: ${where}${message}\n`);
  }

  /** Prints; a closed or full descriptor is not this program's problem. */
  async print(fd: number, text: string): Promise<void> {
    try {
      await this.process.write(fd, text);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }

  async syntaxError({ message, line, source }: ShellSyntaxError): Promise<void> {
    this.line = line;
    if (this.flavour === 'ash') {
      await this.complain(`line ${line}: ${message}`, false);
      return;
    }
    const where = this.interactive ? '' : `${this.fromArgument ? '-c: ' : ''}line ${line}: `;
    await this.complain(where + message, false);
    if (source !== undefined && !this.interactive)
      await this.complain(`${where}\`${source}'`, false);
  }

  environment(): Map<string, string> {
    const exported = [...this.variables].filter(([, variable]) => variable.exported);
    return new Map(exported.map(([name, variable]) => [name, variable.value]));
  }
}
