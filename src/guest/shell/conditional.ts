/**
 * bash's `[[ ... ]]`: as `test`, but words are not split, `=` matches patterns and `=~` expressions.
 */
import type { Process } from '../kernel/process.ts';
import { binary, isBinary, isUnary, TestError, unary } from '../programs/test-expression.ts';
import { expandPattern, expandText, type Scope } from './expand.ts';
import { compileRegex, matches } from './pattern.ts';
import type { Word } from './syntax.ts';

interface TestingShell extends Scope {
  readonly process: Process;
  complain(message: string): Promise<void>;
}

/** Exit status: 0, 1, or 2 for an expression that makes no sense. */
export async function evaluateConditional(
  shell: TestingShell,
  words: readonly Word[],
): Promise<number> {
  let at = 0;
  const plain = (index = at): string | undefined => {
    const [part] = words[index] ?? [];
    return part?.kind === 'literal' && !part.quoted ? part.text : undefined;
  };
  const text = (index: number): Promise<string> => expandText(words[index] ?? [], shell);
  const or = async (): Promise<boolean> => {
    let value = await and();
    while (plain() === '||') {
      at++;
      const right = await and();
      value ||= right;
    }
    return value;
  };
  const and = async (): Promise<boolean> => {
    let value = await primary();
    while (plain() === '&&') {
      at++;
      const right = await primary();
      value &&= right;
    }
    return value;
  };
  const primary = async (): Promise<boolean> => {
    if (plain() === '!') {
      at++;
      return !(await primary());
    }
    if (plain() === '(') {
      at++;
      const value = await or();
      if (plain() !== ')') throw new TestError("expected `)'");
      at++;
      return value;
    }
    const operator = plain(at + 1);
    if (isBinary(operator) && at + 2 < words.length) {
      const start = at;
      at += 3;
      return compare(await text(start), operator ?? '', words[start + 2] ?? []);
    }
    if (isUnary(plain()) && at + 1 < words.length) {
      at += 2;
      return unary(shell.process, plain(at - 2) ?? '', await text(at - 1));
    }
    if (at >= words.length) throw new TestError('unexpected argument to conditional');
    return (await text(at++)) !== '';
  };
  const compare = async (left: string, operator: string, right: Word): Promise<boolean> => {
    if (operator === '=~') {
      const regex = compileRegex(await expandText(right, shell));
      if (regex === undefined) throw new TestError('invalid regular expression');
      return regex.matcher(left).find();
    }
    if (operator === '=' || operator === '==')
      return matches(await expandPattern(right, shell), left);
    if (operator === '!=') return !matches(await expandPattern(right, shell), left);
    return binary(shell.process, left, operator, await expandText(right, shell));
  };
  try {
    const value = await or();
    if (at < words.length) throw new TestError('syntax error in conditional expression');
    return value ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestError)) throw error;
    await shell.complain(error.message);
    return 2;
  }
}
