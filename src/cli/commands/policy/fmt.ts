import { writeFile } from 'node:fs/promises';
import { KatasimError } from '#base';
import { opaPosition, type Diagnostic } from '#rego';
import {
  formatPolicy,
  isAtEnd,
  unclosedBracket,
  unclosedText,
  type FormatPolicyOptions,
} from '#policy/format';
import { kataProfile } from '#gate';
import type { Command, CommandContext } from '../../command.ts';
import { kataVersionOption } from '../../options.ts';
import { cliErrors } from '../../errors.ts';
import { printFailure } from '../../failure.ts';
import { readText } from '../../files.ts';
import { unifiedDiff } from '../rego/diff.ts';

export const command: Command = {
  usage: 'policy fmt [-w | -d | --check] [--v0-v1] FILE...',
  details: [
    'Comments are kept; formatting twice changes nothing; Rego v0 stays v0. `-` reads standard input.',
    '--v0-v1 writes for both dialects, under import rego.v1: every Kata release then reads the policy as it',
    'is meant. Exit code 1: --check, and a file is not in its canonical form; 2: a file does not parse.',
  ].join('\n'),
  options: {
    write: { type: 'boolean', short: 'w', summary: 'overwrite the files' },
    diff: { type: 'boolean', short: 'd', summary: 'show what would change' },
    check: { type: 'boolean', summary: 'list the files that would change' },
    'v0-v1': { type: 'boolean', summary: 'write for both dialects, with import rego.v1' },
    'kata-version': kataVersionOption(
      'read the dialect of this Kata release; default: the one the text is in',
    ),
  },
  examples: [
    'katasim policy fmt -d policies/allow-all.rego',
    'katasim policy fmt --v0-v1 -w old-policy.rego',
    'katasim policy fmt --check policies/*.rego',
  ],
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { options, operands, output } = context;
    const version = options.text('kata-version');
    const how: FormatPolicyOptions = {
      ...(version !== undefined && { rego: kataProfile(version).rego }),
      forBoth: options.flag('v0-v1'),
    };
    if (options.flag('write') && operands.includes('-')) throw cliErrors.notInPlace();
    let code = 0;
    for (const file of operands) {
      // The others are still formatted: a broken file in a folder is found with all of its kind.
      try {
        if (await format(file, how, context)) code = Math.max(code, options.flag('check') ? 1 : 0);
      } catch (error) {
        code = Math.max(code, printFailure(error, output));
      }
    }
    return code;
  },
};

/** Says whether the file was not in canonical form. */
async function format(
  file: string,
  how: FormatPolicyOptions,
  { options, output, stdin }: CommandContext,
): Promise<boolean> {
  const before = await readText(file, stdin);
  const name = file === '-' ? '<stdin>' : file;
  const result = formatPolicy(before, name, how);
  if (!result.ok) throw notFormatted(result.errors);
  const changed = before !== result.text;
  const [write, diff, check] = [options.flag('write'), options.flag('diff'), options.flag('check')];
  if (changed && check) output.line(name);
  if (changed && diff) output.line(unifiedDiff(name, before, result.text));
  if (changed && write) await replace(file, result.text);
  if (!write && !diff && !check) output.stdout.write(result.text);
  return changed;
}

async function replace(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw cliErrors.unwritable(file, error);
  }
}

function notFormatted(errors: readonly Diagnostic[]): KatasimError {
  const [first] = errors;
  if (first === undefined) return new KatasimError('POLICY_FORMAT', 'the text does not parse');
  const { source, start } = first.span;
  const atEnd = isAtEnd(source, start);
  // The parser's place of the end is a line that is not there; people look at what they wrote last.
  const { row, col } = opaPosition(source, atEnd ? source.text.trimEnd().length - 1 : start);
  const bracket = atEnd ? unclosedBracket(source) : undefined;
  return new KatasimError('POLICY_FORMAT', first.message, {
    location: { file: source.name, line: row, column: col },
    excerpt: first.details,
    hint:
      (bracket && unclosedText(bracket)) ??
      first.hint ??
      'Correct it first; `katasim policy check` says what the agent makes of it.',
  });
}
