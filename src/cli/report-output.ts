/** `-o` for commands that report findings or cases: text and JSON of their own, the rest from a Report. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Report, ReportForm } from '#policy/report';
import type { CommandContext, OptionSpec } from './command.ts';
import { outputOption } from './options.ts';
import { packageVersion } from './package.ts';

const FORMS: readonly ReportForm[] = ['junit', 'tap', 'sarif', 'github'];

export const reportOption: OptionSpec = outputOption('text', 'json', ...FORMS);

/** Undefined: the command prints text or JSON itself. */
export function reportForm({ options }: CommandContext): ReportForm | undefined {
  const asked = options.text('output');
  return FORMS.find((form) => form === asked);
}

export async function printReport(
  { output }: CommandContext,
  form: ReportForm,
  report: Report,
): Promise<void> {
  // The forms are not on the way of a plain run: it starts faster without them.
  const { writeReport } = await import('#policy/report');
  output.stdout.write(writeReport({ ...report, toolVersion: packageVersion() }, form));
}

/** Where the page of a check is on this machine. */
export const checkPageUri = ({ packageRoot }: CommandContext, id: string): string =>
  pathToFileURL(join(packageRoot, 'docs', 'checks', `${id}.md`)).href;
