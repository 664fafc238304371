/**
 * grep, and POSIX expressions in RE2's spelling: no pattern of a pod can hang the host.
 */
import { RE2JS } from 're2js';
import type { ProgramRow } from '../kernel/kernel.ts';
import { command, commandName, forFiles, lines, options, say, UsageError } from './io.ts';

/** POSIX expressions in RE2's spelling. Basic ones escape what extended ones do not. */
export function expression(text: string, extended: boolean, flags = 0): RE2JS {
  const source = extended
    ? text
    : text.replace(
        /\\([(){}|+?])|([(){}|+?])/g,
        (_, escaped: string | undefined, plain: string | undefined) =>
          escaped ?? `\\${plain ?? ''}`,
      );
  try {
    return RE2JS.compile(source, flags);
  } catch (error) {
    throw new UsageError(
      `${text}: invalid regular expression: ${error instanceof Error ? error.message : ''}`,
    );
  }
}

const grep = command(async (process, argv) => {
  const name = commandName(argv);
  const { flags, rest } = options(argv, 'ivcqlnEFwoxe:hHrsA:B:', { permute: true });
  const pattern = flags.get('e') ?? rest.shift();
  if (pattern === undefined) throw new UsageError('usage: grep [OPTION]... PATTERNS [FILE]...');
  const fixed = flags.has('F') || name === 'fgrep';
  let source = pattern
    .split('\n')
    .map((each) => (fixed ? RE2JS.quote(each) : each))
    .join('|');
  if (flags.has('w')) source = `\\b(?:${source})\\b`;
  if (flags.has('x')) source = `^(?:${source})$`;
  const extended = fixed || flags.has('E') || name === 'egrep' || flags.has('w') || flags.has('x');
  const regex = expression(source, extended, flags.has('i') ? RE2JS.CASE_INSENSITIVE : 0);
  const titled = flags.has('H') || (rest.length > 1 && !flags.has('h'));
  const outcome = { found: false };
  const status = await forFiles(process, argv, rest, async (path) => {
    let count = 0;
    let number = 0;
    let after = 0;
    const context = Number(flags.get('A') ?? 0);
    const title = titled ? `${path}:` : '';
    for await (const [line] of lines(process, path)) {
      number++;
      const matcher = regex.matcher(line);
      const hit = matcher.find() !== flags.has('v');
      if (hit) {
        count++;
        outcome.found = true;
        after = context;
        if (flags.has('q') || flags.has('l')) break;
      } else if (after-- <= 0) continue;
      if (flags.has('c')) continue;
      const place = title + (flags.has('n') ? `${number}:` : '');
      if (!flags.has('o')) await say(process, `${place}${line}\n`);
      else if (hit)
        for (let more = true; more; more = matcher.find())
          await say(process, `${place}${matcher.group() ?? ''}\n`);
    }
    if (flags.has('l') && count > 0) await say(process, `${path}\n`);
    if (flags.has('c')) await say(process, `${title}${count}\n`);
  });
  return status !== 0 ? 2 : outcome.found ? 0 : 1;
}, 2);

export const grepPrograms: readonly ProgramRow[] = [
  { name: 'grep', run: grep },
  { name: 'egrep', run: grep },
  { name: 'fgrep', run: grep },
];
