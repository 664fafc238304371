/** Commands as processes: pipelines, the background, and waiting with the terminal handed over. */
import { errnoOf } from '../kernel/errno.ts';
import type { OpenFile } from '../kernel/open-file.ts';
import { Pipe } from '../kernel/pipe.ts';
import type { ExitStatus, Process } from '../kernel/process.ts';
import { signalSays, SIGINT, SIGQUIT, SIGTERM } from '../kernel/signals.ts';
import type { Shell } from './shell.ts';
import type { Command, Pipeline } from './syntax.ts';

export async function runPipeline(shell: Shell, command: Pipeline): Promise<number> {
  const [only] = command.commands;
  if (command.commands.length === 1 && only !== undefined) {
    await shell.test(only);
    return (shell.status = shell.status === 0 ? 1 : 0);
  }
  const children: Process[] = [];
  let input: OpenFile | undefined;
  for (const [index, element] of command.commands.entries()) {
    const last = index === command.commands.length - 1;
    const pipe = last ? undefined : new Pipe();
    const files: Record<number, OpenFile> = {};
    if (input !== undefined) files[0] = input;
    if (pipe !== undefined) files[1] = pipe.openWriter();
    const child = shell.fork((sub) => sub.runTail(element), files, children[0]);
    input = pipe?.openReader();
    children.push(child);
  }
  const last = command.commands.at(-1);
  const text = last?.kind === 'simple' ? last.text : '';
  const { code } = await foreground(shell, children, text);
  if (!command.negate) return shell.check(code);
  return (shell.status = code === 0 ? 1 : 0);
}

export async function runInBackground(shell: Shell, command: Command): Promise<void> {
  const files: Record<number, OpenFile> = shell.interactive
    ? {}
    : { 0: shell.files.open('/dev/null', { read: true }) };
  const child = shell.fork((sub) => sub.runTail(command), files);
  if (!shell.interactive) {
    child.handle(SIGINT, 'ignore');
    child.handle(SIGQUIT, 'ignore');
  } else child.group = child.gpid;
  shell.lastBackground = child.pid;
  shell.jobs.push(child);
  if (shell.interactive) await shell.print(2, `[${shell.jobs.length}] ${child.pid}\n`);
  shell.status = 0;
}

/** Waits for a pipeline; its terminal goes to it meanwhile. The last element's status counts. */
export async function foreground(
  shell: Shell,
  children: readonly Process[],
  text: string,
): Promise<ExitStatus> {
  const tty = shell.interactive ? shell.process.tty : undefined;
  const first = children[0];
  if (tty !== undefined && first !== undefined) tty.foreground = first.group;
  let last: ExitStatus = { code: 0 };
  let failed = 0;
  try {
    for (const child of children) {
      last = await waitFor(shell, child);
      if (last.code !== 0) failed = last.code;
    }
  } finally {
    if (tty !== undefined) tty.foreground = shell.process.group;
  }
  if (last.signal !== undefined) await tellSignal(shell, last.signal, children.at(-1)?.pid, text);
  return shell.flags.has('pipefail') && last.code === 0 ? { code: failed } : last;
}

/** What a shell says when its foreground command was killed. */
async function tellSignal(
  shell: Shell,
  signal: number,
  pid: number | undefined,
  text: string,
): Promise<void> {
  const says = signalSays(signal);
  if (says === '') {
    if (signal === SIGINT && shell.interactive) await shell.print(2, '\n');
  } else if (shell.flavour === 'bash' && !shell.interactive && signal !== SIGTERM)
    await shell.complain(`${String(pid).padStart(5)} ${says.padEnd(24)}${text}`);
  else await shell.print(2, `${says}\n`);
}

/** Waits on, also when a trapped signal interrupts: its handler runs afterwards. */
export async function waitFor(shell: Shell, child: Process): Promise<ExitStatus> {
  const arrived: number[] = [];
  while (true) {
    try {
      const status = await shell.process.wait(child);
      for (const signal of arrived) shell.process.deliver(signal);
      return status;
    } catch (error) {
      if (errnoOf(error) !== 'EINTR') throw error;
      arrived.push(...shell.process.takeSignals());
    }
  }
}
