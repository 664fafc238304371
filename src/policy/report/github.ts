/**
 * GitHub workflow commands: a line per finding or failed case, which becomes an annotation on the
 * changed file. What passed says nothing.
 */
import type { Report, ReportItem, ReportStatus } from './report.ts';

const COMMANDS: Readonly<Record<ReportStatus, string | undefined>> = {
  failed: 'error',
  warning: 'warning',
  note: 'notice',
  skipped: undefined,
  passed: undefined,
};

export const githubText = ({ items }: Report): string =>
  items
    .flatMap((item) => {
      const command = COMMANDS[item.status];
      return command === undefined ? [] : [`${commandLine(command, item)}\n`];
    })
    .join('');

function commandLine(command: string, item: ReportItem): string {
  const { suite, name, ruleId, message, details = [], location, region } = item;
  const properties = {
    file: location?.file ?? suite,
    line: region?.startLine ?? location?.line,
    col: region?.startColumn ?? location?.column,
    endLine: region?.endLine,
    // The interface takes an end column only within one line, and counts it inclusively.
    endColumn:
      region === undefined || region.endLine !== region.startLine
        ? undefined
        : Math.max(region.startColumn, region.endColumn - 1),
    title: ruleId ?? (message === undefined ? undefined : name),
  };
  const list = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${escapeProperty(String(value))}`)
    .join(',');
  return `::${command} ${list}::${escapeData([message ?? name, ...details].join('\n'))}`;
}

/** Source: actions/toolkit, packages/core/src/command.ts. */
const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
