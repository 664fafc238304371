/** Simple commands: words and assignments into a function, a builtin or a program. */
import { errnoOf, errnoText } from '../kernel/errno.ts';
import { findProgram } from '../kernel/find-program.ts';
import { expandFields, expandText } from './expand.ts';
import { ExitShell, ReturnFromFunction } from './flow.ts';
import { foreground } from './jobs.ts';
import type { Shell } from './shell.ts';
import type { Variable } from './state.ts';
import type { Command, Redirect, Simple } from './syntax.ts';

/** Deeper function calls end the shell instead of our stack. */
const MAX_CALLS = 200;

export async function runSimple(shell: Shell, command: Simple, tail: boolean): Promise<number> {
  shell.line = command.line;
  shell.substitutionStatus = undefined;
  let argv: string[];
  let assignments: [string, string][];
  try {
    argv = await expandFields(command.words, shell);
    assignments = await expandAssignments(shell, command);
  } catch (error) {
    return shell.expansionFailed(error);
  }
  if (shell.flags.has('x')) await trace(shell, assignments, argv);
  const [name] = argv;
  if (name === undefined) {
    for (const [variable, value] of assignments) {
      try {
        shell.set(variable, value);
      } catch (error) {
        return shell.expansionFailed(error);
      }
    }
    return shell.withRedirects(command.redirects, () =>
      Promise.resolve(shell.substitutionStatus ?? 0),
    );
  }
  const body = shell.functions.get(name);
  if (body !== undefined)
    return shell.withRedirects(command.redirects, () =>
      shell.withAssignments(assignments, () => call(shell, body, argv.slice(1))),
    );
  if (name === 'exec') return execBuiltin(shell, command.redirects, assignments, argv.slice(1));
  const builtin = shell.builtins.get(name);
  if (builtin !== undefined)
    return shell.withRedirects(command.redirects, () =>
      shell.withAssignments(assignments, () => shell.attempt(() => builtin(shell, argv))),
    );
  if (tail) {
    if (!(await shell.redirectForGood(command.redirects))) return 1;
    return takeOver(shell, assignments, argv);
  }
  const child = shell.fork(async (sub) => {
    if (!(await sub.redirectForGood(command.redirects))) return 1;
    return takeOver(sub, assignments, argv);
  });
  return (await foreground(shell, [child], command.text)).code;
}

async function expandAssignments(shell: Shell, command: Simple): Promise<[string, string][]> {
  const result: [string, string][] = [];
  for (const { name, value, append } of command.assignments) {
    const text = await expandText(value, shell);
    result.push([name, append ? (shell.get(name) ?? '') + text : text]);
    // Later assignments of the same command see earlier ones.
    if (command.words.length === 0) shell.set(name, append ? (shell.get(name) ?? '') + text : text);
  }
  return command.words.length === 0 ? [] : result;
}

async function trace(shell: Shell, assignments: [string, string][], argv: string[]): Promise<void> {
  const words = [...assignments.map(([name, value]) => `${name}=${value}`), ...argv];
  const shown = words.map((word) =>
    /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`,
  );
  await shell.print(2, `+ ${shown.join(' ')}\n`);
}

/** Turns shell process into the command; returns its exit status, or 126/127. */
async function takeOver(
  shell: Shell,
  assignments: [string, string][],
  argv: readonly string[],
  by = '',
): Promise<number> {
  for (const [name, value] of assignments)
    shell.variables.set(name, { value, exported: true, readonly: false });
  shell.process.env = shell.environment();
  const name = argv[0] ?? '';
  let path = name;
  try {
    path = findProgram(shell.process, name, shell.get('PATH'));
    return await shell.process.kernel.execute(shell.process, path, argv);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined || !shell.process.alive) throw error;
    if (errno === 'ENOEXEC') return script(shell, path, argv);
    return cannotExecute(shell, name, errno, by);
  }
}

async function cannotExecute(
  shell: Shell,
  name: string,
  errno: NonNullable<ReturnType<typeof errnoOf>>,
  by: string,
): Promise<number> {
  const missing = errno === 'ENOENT';
  const plain = !name.includes('/');
  let text: string = errnoText(errno);
  if (shell.flavour === 'ash') text = missing ? 'not found' : text;
  else if (missing && plain) text = by === '' ? 'command not found' : 'not found';
  else if (errno === 'EACCES' && shell.files.exists(name)) {
    if (shell.files.stat(name).kind === 'dir') text = 'Is a directory';
  }
  await shell.complain(`${by}${name}: ${text}`);
  return missing ? 127 : 126;
}

/** A text file without `#!` runs in shell shell. Binary content is refused. */
async function script(shell: Shell, path: string, argv: readonly string[]): Promise<number> {
  const content = shell.files.readFile(path);
  if (content.subarray(0, 128).includes(0)) {
    await shell.complain(`${path}: cannot execute binary file: Exec format error`);
    return 126;
  }
  shell.positional = argv.slice(1);
  shell.name = path;
  shell.functions.clear();
  return shell.toExit(() => shell.runText(Buffer.from(content).toString('utf8')));
}

async function execBuiltin(
  shell: Shell,
  redirects: readonly Redirect[],
  assignments: [string, string][],
  argv: readonly string[],
): Promise<number> {
  if (!(await shell.redirectForGood(redirects))) throw new ExitShell(1);
  if (argv.length === 0) return 0;
  throw new ExitShell(await takeOver(shell, assignments, argv, 'exec: '));
}

async function call(shell: Shell, body: Command, argv: readonly string[]): Promise<number> {
  if (shell.locals.length >= MAX_CALLS) {
    await shell.complain('maximum function nesting level exceeded');
    throw new ExitShell(2);
  }
  const { positional, loopDepth } = shell;
  const shadowed = new Map<string, Variable | undefined>();
  shell.locals.push(shadowed);
  shell.positional = argv;
  shell.loopDepth = 0;
  try {
    return await shell.run(body);
  } catch (error) {
    if (error instanceof ReturnFromFunction) return (shell.status = error.code);
    throw error;
  } finally {
    shell.positional = positional;
    shell.loopDepth = loopDepth;
    shell.locals.pop();
    for (const [name, variable] of shadowed) {
      if (variable === undefined) shell.variables.delete(name);
      else shell.variables.set(name, variable);
    }
  }
}
