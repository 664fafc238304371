/**
 * The shell as a program: `-c`, a script, commands from stdin, or a dialogue on a terminal.
 */
import type { ProgramRow } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';
import { errnoOf, errnoText } from '../kernel/errno.ts';
import { SIGINT, SIGQUIT, SIGTERM } from '../kernel/signals.ts';
import { ArithmeticError } from './arithmetic.ts';
import { builtins, setBuiltin } from './builtins.ts';
import { ExpansionError } from './expand.ts';
import { parseShell } from './parser.ts';
import { ExitShell, LeaveLoop, ReturnFromFunction } from './flow.ts';
import { Shell } from './shell.ts';
import type { Flavour } from './state.ts';
import { ShellSyntaxError, type List } from './syntax.ts';

/** A command longer than this is refused rather than gathered for ever. */
const MAX_COMMAND = 1 << 20;

async function main(process: Process, argv: readonly string[], flavour: Flavour): Promise<number> {
  const flags: string[] = [];
  let at = 1;
  let commandText: string | undefined;
  let fromStdin = false;
  let wanted = false;
  for (; at < argv.length && /^[-+]./.test(argv[at] ?? ''); at++) {
    const word = argv[at] ?? '';
    if (word === '--') {
      at++;
      break;
    }
    if (word.startsWith('--')) continue;
    for (const letter of word.slice(1)) {
      if (letter === 'c') commandText = '';
      else if (letter === 's') fromStdin = true;
      else if (letter === 'i') wanted = true;
      else if (letter === 'o') flags.push('-o', argv[++at] ?? '');
      else if (letter !== 'l') flags.push((word[0] ?? '-') + letter);
    }
  }
  const name = (argv[0] ?? 'sh').replace(/^-/, '');
  if (commandText !== undefined) {
    commandText = argv[at++];
    if (commandText === undefined) {
      await process.write(2, `${name}: -c requires an argument\n`);
      return 2;
    }
    const shell = new Shell(process, {
      flavour,
      name: argv[at] ?? name,
      builtins,
      positional: argv.slice(at + 1),
      fromArgument: true,
    });
    return shell.toExit(async () => {
      await setBuiltin(shell, ['set', ...flags, '--', ...shell.positional]);
      return shell.runText(commandText ?? '', true);
    });
  }
  const script = fromStdin ? undefined : argv[at];
  if (script !== undefined) return runScript(process, flavour, argv.slice(at), { name, flags });
  const interactive = wanted || (process.descriptor(0)?.tty !== undefined && !fromStdin);
  const shell = new Shell(process, {
    flavour,
    name,
    builtins,
    positional: argv.slice(at),
    interactive,
  });
  return shell.toExit(async () => {
    await setBuiltin(shell, ['set', ...flags, '--', ...shell.positional]);
    return interactive ? dialogue(shell) : commandsFromStdin(shell);
  });
}

async function runScript(
  process: Process,
  flavour: Flavour,
  words: readonly string[],
  { name, flags }: { name: string; flags: readonly string[] },
): Promise<number> {
  const [path = ''] = words;
  let text: string;
  try {
    text = process.files.readText(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    const message =
      flavour === 'bash'
        ? `${path}: ${errnoText(errno)}`
        : `can't open '${path}': ${errnoText(errno)}`;
    await process.write(2, `${name}: ${message}\n`);
    return flavour === 'bash' ? 127 : 2;
  }
  const shell = new Shell(process, { flavour, name: path, builtins, positional: words.slice(1) });
  return shell.toExit(async () => {
    await setBuiltin(shell, ['set', ...flags, '--', ...shell.positional]);
    return shell.runText(text);
  });
}

/** Lines until they make a command; undefined at the end of the input. */
async function readCommand(
  shell: Shell,
  prompt: (continued: boolean) => Promise<void>,
): Promise<List | undefined> {
  let text = '';
  while (true) {
    await prompt(text !== '');
    const line = await readLine(shell.process);
    if (line === '') {
      if (text.trim() === '') return undefined;
      // What is incomplete at the end of the input is an error, told by the parser.
      return parseShell(text);
    }
    text += line;
    if (text.length > MAX_COMMAND) throw new ShellSyntaxError('command too long', 1);
    try {
      return parseShell(text);
    } catch (error) {
      if (!(error instanceof ShellSyntaxError) || !error.incomplete) throw error;
    }
  }
}

/** A line with its newline; reads no byte more, for the commands share the input. */
async function readLine(process: Process): Promise<string> {
  const parts: Uint8Array[] = [];
  while (true) {
    const data = await process.read(0, 4096, { until: 10 });
    if (data.length > 0) parts.push(data);
    if (data.length === 0 || data.at(-1) === 10) return Buffer.concat(parts).toString('utf8');
  }
}

async function commandsFromStdin(shell: Shell): Promise<number> {
  while (true) {
    try {
      const list = await readCommand(shell, () => Promise.resolve());
      if (list === undefined) return shell.status;
      await shell.run(list);
    } catch (error) {
      if (error instanceof ShellSyntaxError) {
        await shell.syntaxError(error);
        return 2;
      }
      if (errnoOf(error) !== 'EINTR') throw error;
      await shell.runTraps();
    }
  }
}

async function dialogue(shell: Shell): Promise<number> {
  const { process } = shell;
  process.handle(SIGINT, 'catch');
  process.handle(SIGQUIT, 'ignore');
  process.handle(SIGTERM, 'ignore');
  if (process.tty !== undefined) {
    process.group = process.gpid;
    process.tty.foreground = process.gpid;
  }
  while (true) {
    try {
      const list = await readCommand(shell, (continued) =>
        shell.print(2, continued ? '> ' : promptText(shell)),
      );
      if (list === undefined) {
        await shell.print(2, shell.flavour === 'bash' ? 'exit\n' : '\n');
        return shell.status;
      }
      await shell.run(list);
    } catch (error) {
      await recover(shell, error);
    }
  }
}

/** In a dialogue an error ends the command, not the shell. */
async function recover(shell: Shell, error: unknown): Promise<void> {
  if (error instanceof ShellSyntaxError) {
    await shell.syntaxError(error);
    shell.status = 2;
  } else if (error instanceof ExpansionError || error instanceof ArithmeticError) {
    await shell.complain(error.message);
    shell.status = 1;
  } else if (error instanceof LeaveLoop || error instanceof ReturnFromFunction) {
    shell.status = 0;
  } else if (errnoOf(error) === 'EINTR') {
    const interrupted = shell.process.takeSignals();
    for (const signal of interrupted) if (shell.traps.has(signal)) shell.process.deliver(signal);
    await shell.runTraps();
    await shell.print(2, '\n');
    shell.status = 128 + SIGINT;
  } else if (error instanceof ExitShell || errnoOf(error) === undefined) throw error;
  else await shell.complain(error instanceof Error ? error.message : '');
}

/** PS1 with the escapes that the images' profiles use. */
function promptText(shell: Shell): string {
  const { process } = shell;
  const root = process.credentials.uid === 0;
  const home = shell.get('HOME');
  const here = home !== undefined && process.cwd === home ? '~' : process.cwd;
  const template =
    shell.get('PS1') ??
    (shell.flavour === 'ash'
      ? '\\w \\$ '
      : shell.name === 'sh'
        ? 'sh-5.1\\$ '
        : '[\\u@\\h \\W]\\$ ');
  const user = process.files.exists('/etc/passwd')
    ? process.files
        .readText('/etc/passwd')
        .split('\n')
        .find((line) => line.split(':')[2] === String(process.credentials.uid))
        ?.split(':')[0]
    : undefined;
  const values: Readonly<Record<string, string>> = {
    w: here,
    W: here === '/' || here === '~' ? here : (here.split('/').at(-1) ?? here),
    u: user ?? 'I have no name!',
    h: process.scope.hostname.split('.')[0] ?? '',
    $: root ? '#' : '$',
    s: shell.name,
    n: '\n',
  };
  return template.replace(/\\([wWuh$sn])/g, (_, key: string) => values[key] ?? '');
}

/** `sh` is one or the other, depending on the image. */
export const shellPrograms: readonly ProgramRow[] = [
  { name: 'ash', run: (process, argv) => main(process, argv, 'ash'), rss: 1100 << 10 },
  { name: 'bash', run: (process, argv) => main(process, argv, 'bash'), rss: 3300 << 10 },
];
