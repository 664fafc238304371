/**
 * Builtins of the shell, one row each. Those that are programs as well run the same code.
 */
import { errnoOf, SysError } from '../kernel/errno.ts';
import { findProgram } from '../kernel/find-program.ts';
import type { Program } from '../kernel/process.ts';
import { parseSignal, signalName, SIGINT, SIGNALS, SIGQUIT, SIGTERM } from '../kernel/signals.ts';
import { echo, printf, test } from '../programs/echo.ts';
import { readAll } from '../programs/io.ts';
import { kill } from '../programs/process-tools.ts';
import { evaluate } from './arithmetic.ts';
import { ExitShell, LeaveLoop, ReturnFromFunction } from './flow.ts';
import { read } from './read.ts';
import type { Builtin, Shell } from './shell.ts';
import type { Flag } from './state.ts';

/** A program run in the shell's own process; its messages say so. */
const program =
  (run: Program): Builtin =>
  async (shell, argv) => {
    const { process } = shell;
    const line = shell.flavour === 'bash' && !shell.interactive ? `line ${shell.line || 1}: ` : '';
    process.messagePrefix = `${shell.name}: ${line}`;
    try {
      return await run(process, argv);
    } finally {
      process.messagePrefix = '';
    }
  };

const code = async (shell: Shell, argv: readonly string[]): Promise<number> => {
  const text = argv[1];
  if (text === undefined) return shell.status;
  if (/^-?\d+$/.test(text)) return Number(BigInt.asUintN(8, BigInt(text)));
  await shell.complain(`${argv[0] ?? ''}: ${text}: numeric argument required`);
  return 2;
};

const exit: Builtin = async (shell, argv) => {
  throw new ExitShell(await code(shell, argv));
};

const returnBuiltin: Builtin = async (shell, argv) => {
  if (shell.flavour === 'bash' && shell.locals.length === 0 && !shell.sourcing) {
    await shell.complain("return: can only `return' from a function or sourced script");
    return 2;
  }
  throw new ReturnFromFunction(await code(shell, argv));
};

const leave =
  (how: 'break' | 'continue'): Builtin =>
  async (shell, argv) => {
    if (shell.loopDepth > 0) throw new LeaveLoop(how, Math.max(1, Number(argv[1] ?? 1) || 1));
    if (shell.flavour === 'bash')
      await shell.complain(`${how}: only meaningful in a \`for', \`while', or \`until' loop`);
    return 0;
  };

const cd: Builtin = async (shell, argv) => {
  const { process } = shell;
  const word = argv[1] === '-P' || argv[1] === '-L' ? argv[2] : argv[1];
  const target = word === '-' ? shell.get('OLDPWD') : (word ?? shell.get('HOME'));
  if (target === undefined) {
    await shell.complain(`cd: ${word === '-' ? 'OLDPWD' : 'HOME'} not set`);
    return 1;
  }
  try {
    const place = process.files.place(target);
    if (place.node === undefined) throw new SysError('ENOENT');
    process.files.list(target);
    if (!process.files.access(target, 'x')) throw new SysError('EACCES');
    shell.set('OLDPWD', process.cwd);
    process.cwd = place.path;
    shell.set('PWD', place.path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    const text = error instanceof Error ? error.message : '';
    await shell.complain(
      shell.flavour === 'bash' ? `cd: ${target}: ${text}` : `cd: can't cd to ${target}: ${text}`,
    );
    return shell.flavour === 'bash' ? 1 : 2;
  }
  if (word === '-') await shell.print(1, `${process.cwd}\n`);
  return 0;
};

const pwd: Builtin = async (shell) => {
  await shell.process.write(1, `${shell.process.cwd}\n`);
  return 0;
};

const quote = (value: string): string => `'${value.replace(/'/g, `'\\''`)}'`;

const declare =
  (kind: 'export' | 'readonly'): Builtin =>
  async (shell, argv) => {
    const words = argv.slice(1).filter((word) => word !== '-p');
    if (words.length === 0) {
      const key = kind === 'export' ? 'exported' : 'readonly';
      for (const [name, variable] of [...shell.variables].sort(([a], [b]) => (a < b ? -1 : 1)))
        if (variable[key])
          await shell.process.write(1, `${kind} ${name}=${quote(variable.value)}\n`);
      return 0;
    }
    const remove = words[0] === '-n';
    if (remove) words.shift();
    for (const word of words) {
      const match = /^([A-Za-z_]\w*)(?:=(.*))?$/s.exec(word);
      const name = match?.[1];
      if (name === undefined) {
        await shell.complain(`${kind}: \`${word}': not a valid identifier`);
        return 1;
      }
      if (match?.[2] !== undefined) shell.set(name, match[2]);
      const variable = shell.variables.get(name) ?? { value: '', exported: false, readonly: false };
      shell.variables.set(name, variable);
      if (kind === 'export') variable.exported = !remove;
      else variable.readonly = true;
    }
    return 0;
  };

const unset: Builtin = async (shell, argv) => {
  const functions = argv[1] === '-f';
  for (const name of argv.slice(1).filter((word) => !/^-[fv]$/.test(word))) {
    if (functions) shell.functions.delete(name);
    else if (shell.variables.get(name)?.readonly === true) {
      await shell.complain(`unset: ${name}: cannot unset: readonly variable`);
      return 1;
    } else if (!shell.variables.delete(name)) shell.functions.delete(name);
  }
  return 0;
};

const local: Builtin = async (shell, argv) => {
  const shadowed = shell.locals.at(-1);
  if (shadowed === undefined) {
    await shell.complain('local: can only be used in a function');
    return 1;
  }
  for (const word of argv.slice(1)) {
    const [name = '', value] = word.split(/=(.*)/s);
    const before = shell.variables.get(name);
    if (!shadowed.has(name)) shadowed.set(name, before === undefined ? undefined : { ...before });
    if (value !== undefined) shell.set(name, value);
    else if (before === undefined)
      shell.variables.set(name, { value: '', exported: false, readonly: false });
  }
  return 0;
};

const FLAG_NAMES: Readonly<Record<string, Flag>> = {
  errexit: 'e',
  nounset: 'u',
  xtrace: 'x',
  noglob: 'f',
  noexec: 'n',
  pipefail: 'pipefail',
};

export const setBuiltin: Builtin = async (shell, argv) => {
  if (argv.length === 1) {
    for (const [name, { value }] of [...shell.variables].sort(([a], [b]) => (a < b ? -1 : 1)))
      await shell.process.write(1, `${name}=${quote(value)}\n`);
    return 0;
  }
  let at = 1;
  for (; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--') {
      shell.positional = argv.slice(at + 1);
      return 0;
    }
    if (!/^[-+]./.test(word)) break;
    const on = word.startsWith('-');
    for (const letter of word.slice(1)) {
      const name = letter === 'o' ? argv[++at] : letter;
      const flag = letter === 'o' ? (FLAG_NAMES[name ?? ''] ?? name) : name;
      if (flag === undefined) return 0;
      if (on) shell.flags.add(flag);
      else shell.flags.delete(flag);
    }
  }
  if (at < argv.length) shell.positional = argv.slice(at);
  return 0;
};

const shift: Builtin = (shell, argv) => {
  const count = Number(argv[1] ?? 1);
  if (!Number.isInteger(count) || count < 0 || count > shell.positional.length) {
    return Promise.resolve(1);
  }
  shell.positional = shell.positional.slice(count);
  return Promise.resolve(0);
};

const trap: Builtin = async (shell, argv) => {
  const words = argv.slice(1).filter((word) => word !== '--');
  if (words.length === 0 || words[0] === '-p') {
    for (const [signal, action] of shell.traps)
      await shell.process.write(1, `trap -- ${quote(action)} ${signalName(signal) ?? 'EXIT'}\n`);
    return 0;
  }
  if (words[0] === '-l') {
    await shell.process.write(
      1,
      SIGNALS.map(({ number, name }) => `${number}) SIG${name}\n`).join(''),
    );
    return 0;
  }
  const reset = words.length === 1 || words[0] === '-';
  const action = words[0] ?? '';
  for (const word of words.length === 1 ? words : words.slice(1)) {
    const signal = parseSignal(word);
    if (signal === undefined) {
      await shell.complain(`trap: ${word}: invalid signal specification`);
      return 1;
    }
    if (reset) {
      shell.traps.delete(signal);
      shell.process.handle(signal, interactiveDefault(shell, signal));
    } else {
      shell.traps.set(signal, action);
      if (signal !== 0) shell.process.handle(signal, action === '' ? 'ignore' : 'catch');
    }
  }
  return 0;
};

/** What an interactive shell does with a signal that has no trap. */
function interactiveDefault(shell: Shell, signal: number): 'catch' | 'ignore' | 'default' {
  if (!shell.interactive) return 'default';
  if (signal === SIGINT) return 'catch';
  return signal === SIGTERM || signal === SIGQUIT ? 'ignore' : 'default';
}

const wait: Builtin = async (shell, argv) => {
  const { process } = shell;
  const children = shell.jobs.filter(
    (job) =>
      argv.length === 1 ||
      argv.includes(String(job.pid)) ||
      argv.includes(`%${shell.jobs.indexOf(job) + 1}`),
  );
  if (argv.length > 1 && children.length === 0) {
    if (shell.flavour === 'bash')
      await shell.complain(`wait: pid ${argv[1] ?? ''} is not a child of this shell`);
    return 127;
  }
  let status = 0;
  for (const child of children) {
    try {
      status = (await process.wait(child)).code;
    } catch (error) {
      if (errnoOf(error) !== 'EINTR') throw error;
      // A trapped signal ends `wait` at once; its handler runs next.
      const signals = process.takeSignals();
      for (const signal of signals) process.deliver(signal);
      await shell.runTraps();
      return 128 + (signals[0] ?? SIGINT);
    }
    shell.jobs.splice(shell.jobs.indexOf(child), 1);
  }
  return argv.length === 1 ? 0 : status;
};

const jobs: Builtin = async (shell) => {
  for (const [index, job] of shell.jobs.entries()) {
    const state = job.alive ? (job.stopped ? 'Stopped' : 'Running') : 'Done';
    await shell.process.write(1, `[${index + 1}]+  ${state.padEnd(24)}${job.argv.join(' ')}\n`);
  }
  shell.jobs.splice(0, shell.jobs.length, ...shell.jobs.filter((job) => job.alive));
  return 0;
};

const evalBuiltin: Builtin = (shell, argv) =>
  argv.length < 2 ? Promise.resolve(0) : shell.runText(argv.slice(1).join(' '));

const dot: Builtin = async (shell, argv) => {
  const path = argv[1];
  if (path === undefined) {
    await shell.complain(`${argv[0] ?? '.'}: filename argument required`);
    return 2;
  }
  let content: string;
  try {
    const found = path.includes('/') ? path : findReadable(shell, path);
    content = (await readAll(shell.process, found)).toString('utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    const message = error instanceof Error ? error.message : '';
    await shell.complain(
      shell.flavour === 'bash' ? `${path}: ${message}` : `.: can't open '${path}': ${message}`,
    );
    if (shell.flavour === 'ash' && !shell.interactive) throw new ExitShell(2);
    return 1;
  }
  const { positional, sourcing } = shell;
  shell.sourcing = true;
  if (argv.length > 2) shell.positional = argv.slice(2);
  try {
    return await shell.runText(content);
  } catch (error) {
    if (error instanceof ReturnFromFunction) return error.code;
    throw error;
  } finally {
    shell.positional = positional;
    shell.sourcing = sourcing;
  }
};

function findReadable(shell: Shell, name: string): string {
  for (const directory of (shell.get('PATH') ?? '').split(':')) {
    const path = `${directory === '' ? '.' : directory}/${name}`;
    if (shell.files.exists(path)) return path;
  }
  return name;
}

const KEYWORDS = new Set(
  'if then else elif fi for while until do done case esac in { } ! function'.split(' '),
);

/** `command -v`, `type` and `which` agree on where a name leads. */
const describeName =
  (verbose: boolean): Builtin =>
  async (shell, argv) => {
    let status = 0;
    for (const name of argv.slice(1)) {
      const path = whereIs(shell, name);
      if (path === undefined) {
        status = shell.flavour === 'ash' ? 127 : 1;
        if (verbose) await shell.print(2, `${shell.name}: type: ${name}: not found\n`);
      } else if (verbose) await shell.process.write(1, `${name} is ${path}\n`);
      else await shell.process.write(1, `${path.includes('/') ? path : name}\n`);
    }
    return status;
  };

function whereIs(shell: Shell, name: string): string | undefined {
  if (KEYWORDS.has(name)) return 'a shell keyword';
  if (shell.functions.has(name)) return 'a function';
  if (shell.builtins.has(name) || name === 'exec') return 'a shell builtin';
  try {
    const path = findProgram(shell.process, name, shell.get('PATH'));
    return shell.files.access(path, 'x') ? path : undefined;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

const commandBuiltin: Builtin = async (shell, argv) => {
  if (argv[1] === '-v' || argv[1] === '-V')
    return describeName(argv[1] === '-V')(shell, argv.slice(1));
  const words = argv.slice(argv[1] === '-p' ? 2 : 1);
  const name = words[0];
  if (name === undefined) return 0;
  const builtin = shell.builtins.get(name);
  if (builtin !== undefined) return builtin(shell, words);
  const line = words.map(quote).join(' ');
  // Quoted words cannot be functions' names to the parser's simple command, so hide them.
  const hidden = shell.functions.get(name);
  shell.functions.delete(name);
  try {
    return await shell.runText(line);
  } finally {
    if (hidden !== undefined) shell.functions.set(name, hidden);
  }
};

const umask: Builtin = async (shell, argv) => {
  const mode = argv[1];
  if (mode === undefined)
    await shell.process.write(1, `${shell.process.umask.toString(8).padStart(4, '0')}\n`);
  else if (/^[0-7]{1,4}$/.test(mode)) shell.process.umask = parseInt(mode, 8) & 0o777;
  else {
    await shell.complain(`umask: ${mode}: invalid octal number`);
    return 1;
  }
  return 0;
};

const letBuiltin: Builtin = (shell, argv) => {
  let value = 0n;
  for (const expression of argv.slice(1)) value = evaluate(expression, shell);
  return Promise.resolve(value === 0n ? 1 : 0);
};

const LIMITS: readonly (readonly [string, string, string])[] = [
  ['c', 'core file size', '0'],
  ['n', 'open files', '1048576'],
  ['s', 'stack size', '8192'],
  ['u', 'max user processes', 'unlimited'],
  ['v', 'virtual memory', 'unlimited'],
];

const ulimit: Builtin = async (shell, argv) => {
  const letter = /[a-z]$/.exec(argv.findLast((word) => word.startsWith('-')) ?? '-f')?.[0] ?? 'f';
  if (letter === 'a') {
    const all = LIMITS.map(([key, name, value]) => `${name.padEnd(24)}(-${key}) ${value}\n`);
    await shell.process.write(1, all.join(''));
  } else if (argv.length < 3) {
    const value = LIMITS.find(([key]) => key === letter)?.[2] ?? 'unlimited';
    await shell.process.write(1, `${value}\n`);
  }
  return 0;
};

const nothing: Builtin = () => Promise.resolve(0);

/** Every builtin but `exec`, which the interpreter itself knows. */
export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  [':', nothing],
  ['.', dot],
  ['[', program(test)],
  ['break', leave('break')],
  ['cd', cd],
  ['command', commandBuiltin],
  ['continue', leave('continue')],
  ['declare', declare('export')],
  ['echo', program(echo)],
  ['eval', evalBuiltin],
  ['exit', exit],
  ['export', declare('export')],
  ['false', () => Promise.resolve(1)],
  ['jobs', jobs],
  ['kill', (shell, argv) => program(kill)(shell, jobPids(shell, argv))],
  ['let', letBuiltin],
  ['local', local],
  ['printf', program(printf)],
  ['pwd', pwd],
  ['read', read],
  ['readonly', declare('readonly')],
  ['return', returnBuiltin],
  ['set', setBuiltin],
  ['shift', shift],
  ['source', dot],
  ['test', program(test)],
  ['trap', trap],
  ['true', nothing],
  ['type', describeName(true)],
  ['ulimit', ulimit],
  ['umask', umask],
  ['unset', unset],
  ['wait', wait],
]);

/** `%1` in `kill %1` is a job. */
function jobPids(shell: Shell, argv: readonly string[]): string[] {
  return argv.map((word) => {
    const job = /^%(\d+)$/.exec(word)?.[1];
    return job === undefined ? word : String(shell.jobs[Number(job) - 1]?.pid ?? word);
  });
}
