import { diagnoseInitdata } from '#initdata';
import type { Command } from '../../command.ts';
import { readBytes } from '../../files.ts';
import type { Style } from '../../output.ts';

const styles: Readonly<Record<string, Style>> = { error: 'red', warning: 'yellow', info: 'dim' };

export const command: Command = {
  name: 'initdata doctor',
  summary: 'take an initdata value apart layer by layer and say which is wrong',
  usage: 'initdata doctor [--key KEY] [-o text|json] FILE',
  details:
    'FILE holds the value as it stands in the annotation or in INITDATA; `-` reads standard input.',
  options: {
    key: { type: 'string', value: 'KEY', summary: 'the annotation key it stood under' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORM',
      choices: ['text', 'json'],
      default: 'text',
      summary: 'form of the answer',
    },
  },
  examples: ['katasim initdata doctor value.txt'],
  operands: { min: 1, max: 1 },
  async run({ operands, options, output, stdin }) {
    const key = options.text('key');
    const bytes = await readBytes(operands[0] ?? '-', stdin);
    const { ok, layers, findings, upstream, digest, pcr8 } = diagnoseInitdata(
      bytes,
      key === undefined ? {} : { key },
    );
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
    if (upstream !== undefined && !(ok && layers.length === 1))
      output.line(`the adaptor would answer: ${upstream}`);
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

function verdictOf(layers: number, warned: boolean): string {
  const verdict = layers === 1 ? 'the document is sound' : 'every real part takes it';
  return warned ? `${verdict}, but mind the warnings: a pod may not start` : verdict;
}
