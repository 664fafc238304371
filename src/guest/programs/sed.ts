/**
 * sed: substitution, deletion, printing, insertion, with addresses and ranges.
 */
import { expression } from './grep.ts';
import { RE2JS } from 're2js';
import type { ProgramRow } from '../kernel/kernel.ts';
import { command, forFiles, lines, options, say, UsageError } from './io.ts';

interface SedCommand {
  readonly first: number | RE2JS | '$' | undefined;
  readonly last: number | RE2JS | '$' | undefined;
  readonly negate: boolean;
  readonly action: 'd' | 'p' | 'q' | 's' | 'a' | 'i' | 'c' | '=';
  readonly regex?: RE2JS;
  readonly text?: string;
  readonly global?: boolean;
  readonly print?: boolean;
}

/** The sed commands that scripts in containers use: s, d, p, q, a, i, c, =, with addresses. */
function parseSed(script: string, extended: boolean): SedCommand[] {
  const commands: SedCommand[] = [];
  let rest = script;
  const address = (): SedCommand['first'] => {
    const match = /^(?:(\d+)|(\$)|\/((?:[^/\\]|\\.)*)\/)/.exec(rest);
    if (match === null) return undefined;
    rest = rest.slice(match[0].length);
    if (match[1] !== undefined) return Number(match[1]);
    return match[2] !== undefined ? '$' : expression(match[3] ?? '', extended);
  };
  while ((rest = rest.replace(/^[\s;]+/, '')) !== '') {
    const first = address();
    let last: SedCommand['last'];
    if (rest.startsWith(',')) {
      rest = rest.slice(1);
      last = address();
    }
    const negate = /^\s*!/.test(rest);
    rest = rest.replace(/^\s*!?\s*/, '');
    const action = rest[0] ?? '';
    rest = rest.slice(1);
    const base = { first, last, negate };
    if (action === 's') {
      const d = (rest[0] ?? '/').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      const match = new RegExp(
        `^${d}((?:[^\\\\${d}]|\\\\[^])*)${d}((?:[^\\\\${d}]|\\\\[^])*)${d}([gpIi]*)`,
      ).exec(rest);
      if (match === null)
        throw new UsageError(`-e expression #1, char ${script.length}: unterminated \`s' command`);
      rest = rest.slice(match[0].length);
      const [, pattern = '', text = '', flags = ''] = match;
      const regex = expression(pattern, extended, /i/i.test(flags) ? RE2JS.CASE_INSENSITIVE : 0);
      commands.push({
        ...base,
        action,
        regex,
        text,
        global: flags.includes('g'),
        print: flags.includes('p'),
      });
    } else if (action === 'a' || action === 'i' || action === 'c') {
      const text = /^\\?\s*([^\n]*)/.exec(rest)?.[1] ?? '';
      rest = rest.includes('\n') ? rest.slice(rest.indexOf('\n')) : '';
      commands.push({ ...base, action, text });
    } else if (action === 'd' || action === 'p' || action === 'q' || action === '=')
      commands.push({ ...base, action });
    else
      throw new UsageError(
        `-e expression #1, char ${script.length - rest.length}: unknown command: \`${action}'`,
      );
  }
  return commands;
}

function substitute(line: string, { regex, text = '', global }: SedCommand): string | undefined {
  const matcher = regex?.matcher(line);
  if (matcher?.find() !== true) return undefined;
  let result = '';
  let end = 0;
  do {
    result += line.slice(end, matcher.start());
    result += text.replace(/\\([0-9n&\\/])|&/g, (whole, key: string | undefined) => {
      if (whole === '&') return matcher.group() ?? '';
      if (key === 'n') return '\n';
      return key !== undefined && /\d/.test(key) ? (matcher.group(Number(key)) ?? '') : (key ?? '');
    });
    end = matcher.end();
  } while (global === true && matcher.find());
  return result + line.slice(end);
}

const sed = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'nrEe:i');
  const script = flags.get('e') ?? rest.shift();
  if (script === undefined) throw new UsageError('usage: sed [OPTION]... {script} [input-file]...');
  const commands = parseSed(script, flags.has('r') || flags.has('E'));
  // Ranges that began and have not ended.
  const active = new Set<SedCommand>();
  return forFiles(process, argv, rest, async (path) => {
    const all: string[] = [];
    for await (const [line] of lines(process, path)) {
      process.allocate(line.length);
      all.push(line);
      // Unbounded input streams; only `$` needs to know the end, and then we gather.
      if (flags.has('i') || commands.some(({ first, last }) => first === '$' || last === '$'))
        continue;
      await say(
        process,
        sedLine(commands, flags.has('n'), { line, number: all.length, isLast: false, active }),
      );
      all[all.length - 1] = '';
    }
    if (!flags.has('i') && !commands.some(({ first, last }) => first === '$' || last === '$'))
      return;
    const output = all.map((line, index) =>
      sedLine(commands, flags.has('n'), {
        line,
        number: index + 1,
        isLast: index === all.length - 1,
        active,
      }),
    );
    if (flags.has('i')) process.files.writeFile(path, output.join(''));
    else await say(process, output.join(''));
  });
});

interface SedLine {
  readonly line: string;
  readonly number: number;
  readonly isLast: boolean;
  readonly active: Set<SedCommand>;
}

function sedLine(commands: readonly SedCommand[], quiet: boolean, at: SedLine): string {
  let { line } = at;
  let before = '';
  let after = '';
  const hits = (address: SedCommand['first']): boolean =>
    address === undefined ||
    (address === '$'
      ? at.isLast
      : typeof address === 'number'
        ? address === at.number
        : address.matcher(line).find());
  for (const each of commands) {
    let selected: boolean;
    if (each.last === undefined) selected = hits(each.first);
    else {
      selected = at.active.has(each) || hits(each.first);
      const ends =
        selected &&
        (typeof each.last === 'number'
          ? at.number >= each.last
          : at.active.has(each) && hits(each.last));
      if (selected && !ends) at.active.add(each);
      else at.active.delete(each);
    }
    if (selected === each.negate) continue;
    switch (each.action) {
      case 'd':
        return before;
      case 'c':
        return `${before}${each.text ?? ''}\n`;
      case 'p':
        before += `${line}\n`;
        break;
      case '=':
        before += `${at.number}\n`;
        break;
      case 'i':
        before += `${each.text ?? ''}\n`;
        break;
      case 'a':
        after += `${each.text ?? ''}\n`;
        break;
      case 's': {
        const result = substitute(line, each);
        if (result === undefined) break;
        line = result;
        if (each.print === true) after += `${line}\n`;
        break;
      }
      case 'q':
        break;
    }
  }
  return before + (quiet ? '' : `${line}\n`) + after;
}

export const sedPrograms: readonly ProgramRow[] = [{ name: 'sed', run: sed }];
