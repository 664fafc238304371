/** What a command threw, as text on stderr and as an exit code. */
import { KatasimError } from '#base';
import { cutLongLines } from './long-lines.ts';
import type { Output } from './output.ts';

/** Bad input is 2; anything that is not a KatasimError is our own fault: 3. */
export function printFailure(error: unknown, output: Output): 2 | 3 {
  const red = (text: string): string => output.style('red', text, 'stderr');
  if (error instanceof KatasimError) {
    const { location } = error;
    const place =
      location === undefined
        ? ''
        : [location.file, location.line, location.column]
            .filter((part) => part !== undefined)
            .join(':') + ': ';
    output.note(cutLongLines(`${red('error:')} ${place}${error.message}`));
    const excerpt = error.excerpt.map((line) => `  ${line}`).join('\n');
    if (excerpt !== '') output.note(cutLongLines(excerpt));
    if (error.hint !== undefined)
      output.note(`${output.style('cyan', 'hint:', 'stderr')} ${error.hint}`);
    return error.code.startsWith('INTERNAL') ? 3 : 2;
  }
  output.note(
    `${red('internal error:')} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  output.note('This is a defect of katasim. Please report it with the command that shows it.');
  return 3;
}
