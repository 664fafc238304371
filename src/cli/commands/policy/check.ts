import { checkPolicy, kataProfile, type FindingSeverity, type PolicyFinding } from '#policy';
import type { Command, CommandContext } from '../../command.ts';
import { readText } from '../../files.ts';
import { wrap, type Style } from '../../output.ts';

const styles: Readonly<Record<FindingSeverity, Style>> = {
  error: 'red',
  warning: 'yellow',
  info: 'cyan',
};

export const command: Command = {
  name: 'policy check',
  summary: 'find what is wrong with a policy before a pod does',
  usage: 'policy check [-o text|json] [--kata-version VERSION] POLICY...',
  details: [
    'Names syntax errors in the words of the guest’s engine, and endpoints that are missing, misspelled,',
    'stale, or that can never be allowed, with what that means for a pod. Exit code 1: there are errors.',
  ].join('\n'),
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FORM',
      choices: ['text', 'json'],
      default: 'text',
      summary: 'form of the answer',
    },
    'kata-version': { type: 'string', value: 'VERSION', summary: 'check for this Kata release' },
  },
  examples: [
    'katasim policy check policies/redhat-sample.rego',
    'katasim policy check -o json *.rego',
  ],
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { options, operands, output } = context;
    const kata = kataProfile(options.text('kata-version'));
    const findings: PolicyFinding[] = [];
    for (const file of operands) {
      findings.push(...checkPolicy(await readText(file, context.stdin), file, kata));
    }
    if (options.text('output') === 'json') output.json({ kataVersion: kata.version, findings });
    else printFindings(findings, kata.version, context);
    return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
  },
};

function printFindings(
  findings: readonly PolicyFinding[],
  kataVersion: string,
  { output }: CommandContext,
): void {
  const { single, missing } = group(findings);
  for (const { severity, id, message, location, excerpt = [], hint } of single) {
    const { file, line, column } = location ?? {};
    const place = [file, line, column].filter((part) => part !== undefined).join(':');
    output.line(`${place}: ${output.style(styles[severity], severity)}: ${message} [${id}]`);
    for (const row of excerpt) output.line(`    ${row}`);
    if (hint !== undefined) output.line(`    ${hint}`);
  }
  for (const [file, names] of missing) {
    output.line(
      `${file}: ${output.style('yellow', 'warning')}: ${names.length} endpoints have no rule; their calls fail with INTERNAL, not with a denial [endpoint-missing]`,
    );
    for (const line of wrap(names.join(', '), 96)) output.line(`    ${line}`);
    output.line('    Write default ... := false, or true, for each of them.');
  }
  const count = (wanted: FindingSeverity): number =>
    findings.filter(({ severity }) => severity === wanted).length;
  output.line(
    `${count('error')} errors, ${count('warning')} warnings, ${count('info')} notes, for Kata ${kataVersion}`,
  );
}

/** A page of missing endpoints is one finding to a reader; JSON keeps them apart. */
function group(findings: readonly PolicyFinding[]): {
  readonly single: readonly PolicyFinding[];
  readonly missing: ReadonlyMap<string, readonly string[]>;
} {
  const missing = new Map<string, string[]>();
  const single: PolicyFinding[] = [];
  for (const finding of findings) {
    const { id, severity, endpoint, location } = finding;
    if (id !== 'endpoint-missing' || severity !== 'warning' || endpoint === undefined) {
      single.push(finding);
      continue;
    }
    const file = location?.file ?? '';
    missing.set(file, [...(missing.get(file) ?? []), endpoint]);
  }
  return { single, missing };
}
