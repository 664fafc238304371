/** Compound commands: conditions, loops, cases. */
import { evaluate } from './arithmetic.ts';
import { evaluateConditional } from './conditional.ts';
import { expandFields, expandPattern, expandText } from './expand.ts';
import { LeaveLoop } from './flow.ts';
import { matches } from './pattern.ts';
import type { Shell } from './shell.ts';
import type {
  ArithmeticFor,
  Case,
  Command,
  For,
  If,
  List,
  Loop,
  Redirect,
  Simple,
  Word,
} from './syntax.ts';

type Compound = Extract<Command, { readonly redirects: readonly Redirect[] }> &
  Exclude<Command, Simple>;

export async function runCompound(shell: Shell, command: Compound): Promise<number> {
  switch (command.kind) {
    case 'group':
    case 'subshell':
      return shell.run(command.body);
    case 'if':
      return ifCommand(shell, command);
    case 'loop':
      return loop(shell, command);
    case 'for':
      return forCommand(shell, command);
    case 'arithmetic-for':
      return arithmeticFor(shell, command);
    case 'case':
      return caseCommand(shell, command);
    case 'conditional':
      return shell.check(await shell.attempt(() => evaluateConditional(shell, command.words)));
    case 'arithmetic-command':
      return shell.check(
        await shell.attempt(async () =>
          evaluate(await expandText(command.expression, shell), shell) === 0n ? 1 : 0,
        ),
      );
  }
}

async function ifCommand(shell: Shell, command: If): Promise<number> {
  for (const { test, body } of command.branches) if (await shell.test(test)) return shell.run(body);
  if (command.otherwise !== undefined) return shell.run(command.otherwise);
  return (shell.status = 0);
}

async function loop(shell: Shell, command: Loop): Promise<number> {
  let status = 0;
  while ((await shell.test(command.test)) !== command.until) {
    const left = await iteration(shell, command.body);
    status = shell.status;
    if (left) break;
  }
  return (shell.status = status);
}

async function forCommand(shell: Shell, command: For): Promise<number> {
  const values =
    command.words === undefined
      ? shell.positional
      : await shell.expanding(() => expandFields(command.words ?? [], shell));
  shell.status = 0;
  for (const value of values) {
    shell.set(command.name, value);
    if (await iteration(shell, command.body)) break;
  }
  return shell.status;
}

async function arithmeticFor(shell: Shell, command: ArithmeticFor): Promise<number> {
  const value = async (word: Word): Promise<bigint> => {
    const text = await shell.expanding(() => expandText(word, shell));
    // An empty test is always true.
    return text.trim() === '' ? 1n : evaluate(text, shell);
  };
  shell.status = 0;
  for (await value(command.first); (await value(command.test)) !== 0n; await value(command.step)) {
    if (await iteration(shell, command.body)) break;
  }
  return shell.status;
}

/** True when the loop is to be left. */
async function iteration(shell: Shell, body: List): Promise<boolean> {
  shell.loopDepth++;
  try {
    await shell.run(body);
    return false;
  } catch (error) {
    if (!(error instanceof LeaveLoop)) throw error;
    shell.status = 0;
    if (error.levels > 1 && shell.loopDepth > 1) {
      error.levels--;
      throw error;
    }
    return error.how === 'break';
  } finally {
    shell.loopDepth--;
  }
}

async function caseCommand(shell: Shell, command: Case): Promise<number> {
  const subject = await shell.expanding(() => expandText(command.subject, shell));
  for (const { patterns, body } of command.arms) {
    for (const pattern of patterns) {
      if (!matches(await expandPattern(pattern, shell), subject)) continue;
      shell.status = 0;
      return shell.run(body);
    }
  }
  return (shell.status = 0);
}
