import { diagnoseInitdata, type FileFinding } from '#initdata';
import { kataProfile, type KataProfile } from '#gate';
import { checkPolicy } from '#policy/check';
import type { Command } from '../../command.ts';
import { kataVersionOption, outputOption } from '../../options.ts';
import { readBytes } from '../../files.ts';
import type { Style } from '../../output.ts';

const styles: Readonly<Record<string, Style>> = { error: 'red', warning: 'yellow', info: 'dim' };

export const command: Command = {
  usage: 'initdata doctor [--key KEY] [-o text|json] FILE',
  details: [
    'FILE holds the value as it stands in the annotation or in INITDATA, or the TOML file; `-` reads',
    'standard input. The policy inside is checked as `katasim policy check` does. Exit code 1: it is broken.',
  ].join('\n'),
  options: {
    key: { type: 'string', value: 'KEY', summary: 'the annotation key it stood under' },
    'kata-version': kataVersionOption('check the policy for this Kata'),
    output: outputOption('text', 'json'),
  },
  examples: ['katasim initdata doctor value.txt'],
  operands: { min: 1, max: 1 },
  async run({ operands, options, output, stdin }) {
    const key = options.text('key');
    const bytes = await readBytes(operands[0] ?? '-', stdin);
    const kata = kataProfile(options.text('kata-version'));
    const { ok, layers, findings, upstream, digest, pcr8 } = diagnoseInitdata(bytes, {
      ...(key !== undefined && { key }),
      checkFile: (name, content) => (name === 'policy.rego' ? policyFindings(content, kata) : []),
    });
    if (options.text('output') === 'json') {
      output.json({ ok, layers, findings, upstream, digest, pcr8 });
      return ok ? 0 : 1;
    }
    output.line(`layers: ${layers.join(' > ') || 'none opened'}`);
    for (const { severity, layer, code, message, hint } of findings) {
      output.line(
        `${output.style(styles[severity] ?? 'dim', severity)} ${layer}: ${message} [${code}]`,
      );
      if (hint !== undefined) output.line(`  ${hint}`);
    }
    // A file that is not yet wrapped is nothing to ask the adaptor about.
    const isValue = layers.length === 0 || layers[0] === 'base64';
    if (upstream !== undefined && isValue) output.line(`the adaptor would answer: ${upstream}`);
    if (digest !== undefined) output.line(`digest ${digest}`);
    if (pcr8 !== undefined) output.line(`pcr8   ${pcr8}`);
    const good = verdictOf(
      layers.length,
      findings.some(({ severity }) => severity === 'warning'),
    );
    output.line(ok ? output.style('green', good) : output.style('red', 'it is broken'));
    return ok ? 0 : 1;
  },
};

/** What keeps a policy from working; the rest is counted, and `policy check` shows it. */
function policyFindings(text: string, kata: KataProfile): readonly FileFinding[] {
  const { findings } = checkPolicy(text, 'policy.rego', kata);
  const errors = findings.filter(({ severity }) => severity === 'error');
  const warnings = findings.filter(({ severity }) => severity === 'warning').length;
  return [
    ...errors.map(({ severity, id, message, location: { file, line, column }, hint }) => {
      const place = [file, line, column].filter((part) => part !== undefined).join(':');
      return { severity, code: id, message: `${place}: ${message}`, ...(hint && { hint }) };
    }),
    ...(warnings === 0
      ? []
      : [
          {
            severity: 'warning' as const,
            code: 'policy-warnings',
            message: `policy.rego: ${warnings} warning${warnings === 1 ? '' : 's'} of katasim policy check`,
            hint: 'katasim initdata decode --file policy.rego FILE | katasim policy check -',
          },
        ]),
  ];
}

function verdictOf(layers: number, warned: boolean): string {
  const verdict = layers === 1 ? 'the document is sound' : 'every real part takes it';
  return warned ? `${verdict}, but mind the warnings: a pod may not start` : verdict;
}
