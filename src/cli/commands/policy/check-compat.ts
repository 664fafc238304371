/** `policy check --kata-version all`: which releases take a policy, as a table. */
import { compatibility, type CompatibilityRow } from '#policy/check';
import type { CommandContext } from '../../command.ts';
import { cliErrors } from '../../errors.ts';
import { policiesOf } from '../../policy-file.ts';
import type { Output, Style } from '../../output.ts';
import { reportForm } from '../../report-output.ts';

interface Compatible {
  readonly file: string;
  readonly releases: readonly CompatibilityRow[];
}

/** Exit code 0: every release takes every policy as it is meant. */
export async function checkCompatibility(context: CommandContext): Promise<number> {
  const { operands, options, output } = context;
  if (reportForm(context) !== undefined)
    throw cliErrors.badChoice('output', options.text('output') ?? '', ['text', 'json']);
  const files: Compatible[] = [];
  for (const operand of operands) {
    const file = operand === '-' ? '<stdin>' : operand;
    for (const { text, compiled } of await policiesOf(operand, context)) {
      if (compiled !== undefined) throw cliErrors.compiledPolicy(file);
      files.push({ file, releases: compatibility(text, file) });
    }
  }
  if (options.text('output') === 'json') output.json(files);
  else for (const file of files) printCompatible(file, output);
  const fine = files.every(({ releases }) =>
    releases.every(({ acceptance }) => acceptance === 'accepted'),
  );
  return fine ? 0 : 1;
}

const STYLES: Readonly<Record<CompatibilityRow['acceptance'], Style>> = {
  accepted: 'green',
  differs: 'yellow',
  refused: 'red',
};

/** Problems shown per release; JSON has all. */
const SHOWN = 4;

function printCompatible({ file, releases }: Compatible, output: Output): void {
  output.line(output.style('bold', file));
  for (const { since, until, engine, rego, acceptance, problems, notes } of releases) {
    const range = since === until ? since : `${since} to ${until}`;
    const word = output.style(STYLES[acceptance], acceptance.padEnd(8));
    output.line(`  ${range.padEnd(16)} ${word}  ${engine}, Rego ${rego}`);
    for (const { location, message } of problems.slice(0, SHOWN)) {
      const place = [location.line, location.column].filter((part) => part !== undefined).join(':');
      output.line(`    ${place === '' ? '' : `${place}: `}${message}`);
    }
    if (problems.length > SHOWN) output.line(`    and ${problems.length - SHOWN} more`);
    for (const note of notes) output.line(`    ${output.style('dim', note)}`);
  }
}
