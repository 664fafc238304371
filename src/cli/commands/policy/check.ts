import { checkPolicy, relocate, type FindingSeverity } from '#policy/check';
import { kataProfile, type KataProfile } from '#gate';
import type { Command, CommandContext } from '../../command.ts';
import { kataVersionOption } from '../../options.ts';
import { cliErrors } from '../../errors.ts';
import { policiesOf } from '../../policy-file.ts';
import { printReport, reportForm, reportOption } from '../../report-output.ts';
import { runOrWatch, watchOption, type WatchedRun } from '../../watch.ts';
import { checkCompatibility } from './check-compat.ts';
import { checkReport } from './check-report.ts';
import { printFindings, type CheckedFile } from './check-text.ts';

const FAIL_ON: readonly FindingSeverity[] = ['error', 'warning', 'info'];

export const command: Command = {
  usage: 'policy check [-o FORM] [--kata-version VERSION] [--fail-on SEVERITY] [--watch] FILE...',
  details: [
    'FILE is Rego text, or what carries it: an initdata document, the value of a policy or initdata',
    'annotation, a pod manifest, peer-pods-cm; `-` reads standard input. Every finding has an id and a',
    'page, docs/checks/<id>.md; a comment answers for one in place: # katasim:ignore <id>: reason',
    'Exit code 1: a finding is as bad as --fail-on. `--kata-version all` prints which releases take the',
    'policy and what is different there.',
  ].join('\n'),
  options: {
    output: reportOption,
    'kata-version': kataVersionOption('check for this Kata release, or for all of them'),
    'fail-on': {
      type: 'string',
      value: 'SEVERITY',
      choices: FAIL_ON,
      default: 'error',
      summary: 'what is bad enough for exit code 1',
    },
    watch: watchOption,
  },
  examples: [
    'katasim policy check policies/redhat-sample.rego',
    'katasim policy check --watch --fail-on warning policy.rego',
    'katasim policy check -o sarif policies/*.rego > check.sarif',
    'katasim policy check --kata-version all policies/redhat-sample.rego',
    'kubectl get pod web -o yaml | katasim policy check -',
  ],
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  run: (context) => runOrWatch(context, context.operands, () => checkAll(context)),
};

async function checkAll(context: CommandContext): Promise<WatchedRun> {
  const { options, operands } = context;
  const version = options.text('kata-version');
  if (version === 'all') {
    return { code: await checkCompatibility(context), files: operands };
  }
  const kata = kataProfile(version);
  const files: CheckedFile[] = [];
  for (const file of operands) files.push(await checkFile(file, kata, context));
  const failing = FAIL_ON.slice(0, FAIL_ON.indexOf(options.text('fail-on') as FindingSeverity) + 1);
  await print(files, kata, failing, context);
  const fails = files.some(({ findings }) =>
    findings.some(({ severity }) => failing.includes(severity)),
  );
  return { code: fails ? 1 : 0, files: operands };
}

async function checkFile(
  operand: string,
  kata: KataProfile,
  context: CommandContext,
): Promise<CheckedFile> {
  const file = operand === '-' ? '<stdin>' : operand;
  const policies = await policiesOf(operand, context);
  const compiled = policies.find((policy) => policy.compiled !== undefined);
  if (compiled !== undefined) throw cliErrors.compiledPolicy(file);
  const results = policies.map((policy) => {
    const { findings, suppressed } = checkPolicy(policy.text, file, kata);
    const inFile = findings.map((finding) => relocate(finding, policy));
    return { findings: inFile, suppressed };
  });
  return {
    file,
    findings: results.flatMap(({ findings }) => findings),
    suppressed: results.flatMap(({ suppressed }) => suppressed),
  };
}

async function print(
  files: readonly CheckedFile[],
  kata: KataProfile,
  failing: readonly FindingSeverity[],
  context: CommandContext,
): Promise<void> {
  const { options, output } = context;
  const form = reportForm(context);
  if (form !== undefined) {
    await printReport(context, form, checkReport(files, failing, context));
    return;
  }
  if (options.text('output') === 'json') {
    output.json({
      kataVersion: kata.version,
      findings: files.flatMap(({ findings }) => findings),
      suppressed: files.flatMap(({ suppressed }) => suppressed),
    });
    return;
  }
  printFindings(files, kata, output);
}
