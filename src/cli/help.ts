/** Help texts, made from the same tables that parse the arguments. */
import { formatTable } from './output.ts';
import { globalOptions, type Command, type OptionSpec, type OptionTable } from './command.ts';
import type { CommandRow } from './commands.ts';

export function overview(rows: readonly CommandRow[], version: string): string {
  return [
    `katasim ${version}: a Kata Containers guest agent without the VM`,
    '',
    'Usage: katasim COMMAND [OPTION]... [OPERAND]...',
    '',
    'Commands:',
    ...indent(
      formatTable(
        ['', ''],
        rows.map((row) => [row.name, row.summary]),
      ).slice(1),
    ),
    '',
    'Start with `katasim demo`. `katasim COMMAND --help` shows the options and an example.',
    '',
    'Exit codes: 0 yes; 1 the answer is no (denied, test failed, check found errors);',
    '2 usage or unreadable input; 3 internal; 4 it depends (policy can-i). `exec` passes the remote code through.',
  ].join('\n');
}

export function groupHelp(group: string, rows: readonly CommandRow[]): string {
  return [
    `Usage: katasim ${group} COMMAND`,
    '',
    ...indent(
      formatTable(
        ['', ''],
        rows.map((row) => [row.name, row.summary]),
      ).slice(1),
    ),
  ].join('\n');
}

export function commandHelp(summary: string, command: Command): string {
  return [
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    '',
    `Usage: katasim ${command.usage}`,
    ...(command.details === undefined ? [] : ['', command.details]),
    ...(Object.keys(command.options).length === 0
      ? []
      : ['', 'Options:', ...optionLines(command.options)]),
    '',
    'Everywhere:',
    ...optionLines(globalOptions),
    '',
    command.examples.length === 1 ? 'Example:' : 'Examples:',
    ...command.examples.map((example) => `  ${example}`),
  ].join('\n');
}

function optionLines(table: OptionTable): readonly string[] {
  const rows = Object.entries(table).map(([name, spec]) => [flag(name, spec), describe(spec)]);
  return indent(formatTable(['', ''], rows).slice(1));
}

function flag(name: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? '    ' : `-${spec.short}, `;
  const value = spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : '';
  return `${short}--${name}${value}`;
}

function describe(spec: OptionSpec): string {
  const extras = [
    ...(spec.choices === undefined ? [] : [spec.choices.join('|')]),
    ...(spec.default === undefined ? [] : [`default ${spec.default}`]),
    ...(spec.multiple === true ? ['repeatable'] : []),
  ];
  return extras.length === 0 ? spec.summary : `${spec.summary} (${extras.join('; ')})`;
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
