import { writeFile } from 'node:fs/promises';
import { formatErrors, formatModule, type FormatOptions } from '#rego';
import type { Command, CommandContext } from '../../command.ts';
import { readText } from '../../files.ts';
import { unifiedDiff } from './diff.ts';
import { loadDocuments } from './documents.ts';
import { regoCliErrors } from './errors.ts';

export const command: Command = {
  usage: 'rego fmt [-w | -l | -d] [PATH...]',
  details: [
    'Without a path standard input is formatted. Comments are kept; formatting twice changes nothing.',
    'Exit code 1: a file does not parse, or --fail and a file was not in canonical form.',
  ].join('\n'),
  options: {
    write: { type: 'boolean', short: 'w', summary: 'overwrite the files' },
    list: { type: 'boolean', short: 'l', summary: 'list the files that would change' },
    diff: { type: 'boolean', short: 'd', summary: 'show what would change' },
    fail: { type: 'boolean', summary: 'exit with 1 when a file would change' },
    'v0-compatible': { type: 'boolean', summary: 'the policies are in the dialect before OPA 1.0' },
    'v1-compatible': {
      type: 'boolean',
      summary: 'the policies are in the dialect of OPA 1.0 (the default)',
    },
    'v0-v1': { type: 'boolean', summary: 'write for both dialects, with import rego.v1' },
    'rego-v1': { type: 'boolean', summary: 'the same as --v0-v1' },
    'drop-v0-imports': { type: 'boolean', summary: 'leave out imports that OPA 1.0 does not need' },
  },
  examples: ['katasim rego fmt -d policy.rego', 'katasim rego fmt -w policies/allow-all.rego'],
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { operands, output, stdin } = context;
    if (operands.length === 0) {
      const text = format(context, '<stdin>', await readText('-', stdin));
      if (text === undefined) return 1;
      output.stdout.write(text);
      return 0;
    }
    const { modules } = await loadDocuments(operands, stdin, { folders: 'policies' });
    if (modules.length === 0) throw regoCliErrors.noPolicy();
    let code = 0;
    for (const { name, text } of modules) {
      const formatted = format(context, name, text);
      if (formatted === undefined) code = 1;
      else if (await deliver(context, name, text, formatted))
        code = Math.max(code, failCode(context));
    }
    return code;
  },
};

const failCode = ({ options }: CommandContext): number => (options.flag('fail') ? 1 : 0);

function format(
  { options, output }: CommandContext,
  name: string,
  text: string,
): string | undefined {
  const both = options.flag('v0-v1') || options.flag('rego-v1');
  const dialect: FormatOptions = {
    regoVersion: options.flag('v0-compatible') || both ? 'v0' : 'v1',
    ...(both && { target: 'v0v1' }),
    dropV0Imports: options.flag('drop-v0-imports'),
  };
  const result = formatModule({ name, text }, dialect);
  if (result.text === undefined) output.note(formatErrors(result.errors));
  return result.text;
}

/** Says whether the file was not in canonical form. */
async function deliver(
  { options, output }: CommandContext,
  name: string,
  before: string,
  after: string,
): Promise<boolean> {
  const changed = before !== after;
  const quiet = options.flag('list') || options.flag('diff') || options.flag('write');
  if (changed && options.flag('list')) output.line(name);
  if (changed && options.flag('diff')) output.line(unifiedDiff(name, before, after));
  if (changed && options.flag('write')) await writeFile(name, after);
  if (!quiet) output.stdout.write(after);
  return changed;
}
