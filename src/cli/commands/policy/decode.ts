import { decodeInitdataText } from '#policy/encode';
import { kindOfPolicyFile, policiesIn } from '#policy/source';
import { KatasimError } from '#base';
import type { Command } from '../../command.ts';
import { readText } from '../../files.ts';

export const command: Command = {
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
    const value = bareValue(text, file);
    if (value !== undefined) {
      output.stdout.write(value);
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

/** Rego begins with its package, behind comments. */
const isRego = (text: string): boolean =>
  /^package\b/.test(/^(?!\s*(?:#|$)).*$/m.exec(text.replace(/^\ufeff/, ''))?.[0].trim() ?? '');

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
const SHOWN = 40;

/**
 * The policy of a value too short to be told by its length. Throws when the text is of no form that
 * carries a policy: what has no mark of its own would be printed as it is.
 */
function bareValue(text: string, file: string): string | undefined {
  const kind = kindOfPolicyFile(text);
  if (kind === 'manifest' || kind === 'initdata' || isRego(text)) return undefined;
  const digits = text.replace(/\s+/g, '');
  if (digits === '' || !BASE64.test(digits)) {
    // Values of other alphabets and broken ones have their own words.
    if (kind === 'value') return undefined;
    throw noPolicyIn(
      file,
      'it is no base64, no initdata and no manifest, and Rego begins with a package',
    );
  }
  const bytes = Buffer.from(digits, 'base64');
  // gzip: the reader of initdata takes it from here.
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return undefined;
  const decoded = bytes.toString('utf8');
  if (isRego(decoded)) return decoded;
  const start = decoded.length > SHOWN ? `${decoded.slice(0, SHOWN)}...` : decoded;
  throw noPolicyIn(file, `it is base64 of ${JSON.stringify(start)}, which is no Rego`);
}

const noPolicyIn = (file: string, reason: string): KatasimError =>
  new KatasimError('CLI_NO_POLICY', `there is no policy in it: ${reason}`, {
    location: { file },
    hint: 'Give the value of a policy or initdata annotation, an initdata document, or a manifest.',
  });

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
