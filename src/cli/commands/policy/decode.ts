import { decodeInitdataText, kindOfPolicyFile, policiesIn } from '#workbench';
import { KatasimError } from '#base';
import type { Command } from '../../command.ts';
import { readText } from '../../files.ts';

export const command: Command = {
  name: 'policy decode',
  summary: 'the policy inside an annotation, initdata, a pod manifest or peer-pods-cm',
  usage: 'policy decode [--as policy|initdata] FILE',
  details: [
    'FILE holds the value of a policy or initdata annotation, an initdata document, or a manifest with one of',
    'these in it; `-` reads standard input. The text is printed byte for byte, so that decode and encode are',
    'each other’s reverse. `--as initdata` prints the document around the policy.',
  ].join('\n'),
  options: {
    as: {
      type: 'string',
      value: 'FORM',
      choices: ['policy', 'initdata'],
      default: 'policy',
      summary: 'what to print',
    },
  },
  examples: [
    'katasim policy decode value.txt',
    'kubectl get pod web -o yaml | katasim policy decode - > policy.rego',
  ],
  operands: { min: 1, max: 1 },
  async run({ options, operands, output, stdin }) {
    const operand = operands[0] ?? '-';
    const text = await readText(operand, stdin);
    const file = operand === '-' ? '<stdin>' : operand;
    if (options.text('as') === 'initdata') {
      output.stdout.write(await initdataIn(text, file));
      return 0;
    }
    const [policy, ...others] = await policiesIn(text, file);
    if (policy === undefined || others.length > 0) {
      throw new KatasimError('CLI_ONE_POLICY', `${file} holds ${others.length + 1} policies`, {
        hint: 'Give the value, or the manifest, that is meant.',
      });
    }
    output.stdout.write(policy.text);
    return 0;
  },
};

async function initdataIn(text: string, file: string): Promise<string> {
  const kind = kindOfPolicyFile(text);
  if (kind === 'initdata') return text;
  if (kind === 'value') return decodeInitdataText(text.trim());
  const policies = kind === 'manifest' ? await policiesIn(text, file) : [];
  const toml = policies.flatMap(({ toml: found }) => (found === undefined ? [] : [found]));
  const [only, ...others] = toml;
  if (only !== undefined && others.length === 0) return only;
  throw new KatasimError('CLI_ONE_POLICY', `${file} holds ${toml.length} initdata documents`, {
    hint: 'Give the value of one initdata annotation.',
  });
}
