import {
  annotationPatch,
  ENCODE_FORMS,
  encodePolicy,
  longestLines,
  type EncodedPolicy,
  type EncodeForm,
} from '#policy/encode';
import { checkPolicy } from '#policy/check';
import { kataProfile } from '#gate';
import { kindOfPolicyFile, policiesIn } from '#policy/source';
import { KatasimError } from '#base';
import { INITDATA_ALGORITHMS, type InitdataAlgorithm } from '#initdata';
import type { Command, CommandContext } from '../../command.ts';
import { adaptorVersionOption, kataVersionOption } from '../../options.ts';
import { readText } from '../../files.ts';
import { formatTable } from '../../output.ts';

export const command: Command = {
  usage: 'policy encode [--as FORM] [-o FORM] [--sizes] FILE',
  details: [
    'FILE is Rego text or an initdata document, whose bytes are kept; `-` reads standard input. --as:',
    '  cc-init-data   base64(gzip(TOML)), for the initdata annotation and for INITDATA of peer-pods-cm',
    '  annotation     base64 of the policy, for the policy annotation of the Go runtime',
    '  initdata       the TOML document itself',
    'A policy that the agent would not read is refused. Exit code 1: the value is too long for its way.',
  ].join('\n'),
  options: {
    as: {
      type: 'string',
      value: 'FORM',
      choices: ENCODE_FORMS,
      default: 'cc-init-data',
      summary: 'what to make of it',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORM',
      choices: ['text', 'yaml', 'patch', 'json'],
      default: 'text',
      summary:
        'the value alone, an annotations block for a pod, a JSON patch, or all that is known',
    },
    sizes: { type: 'boolean', summary: 'print the budget of each way instead of the value' },
    algorithm: {
      type: 'string',
      value: 'HASH',
      choices: INITDATA_ALGORITHMS,
      default: 'sha256',
      summary: 'of a document that is made around a policy',
    },
    'adaptor-version': adaptorVersionOption(
      'the annotation key that this release of cloud-api-adaptor reads',
    ),
    'kata-version': kataVersionOption('the agent it is for'),
  },
  examples: [
    'katasim policy encode policies/allow-all.rego',
    'katasim policy encode --as annotation -o yaml policies/allow-all.rego',
    'katasim policy encode --sizes policies/genpolicy-style.rego',
  ],
  operands: { min: 1, max: 1 },
  async run(context) {
    const { options, operands, output } = context;
    const given = await readGiven(operands[0] ?? '-', context);
    const adaptorVersion = options.text('adaptor-version');
    const encoded = encodePolicy(given.what, {
      form: options.text('as') as EncodeForm,
      algorithm: options.text('algorithm') as InitdataAlgorithm,
      ...(adaptorVersion !== undefined && { adaptorVersion }),
    });
    if (options.flag('sizes')) printSizes(encoded, given.policy, context);
    else printEncoded(encoded, context);
    const { budget } = encoded;
    if (budget === undefined || budget.fits) return 0;
    output.note(
      `${output.style('yellow', 'warning:', 'stderr')} too long for ${budget.way}: ${budget.size} of ${budget.limit}; the longest line is line ${budget.line ?? 1}`,
    );
    return 1;
  },
};

interface Given {
  readonly what: { readonly policy: string } | { readonly toml: string };
  readonly policy: string;
}

async function readGiven(operand: string, { options, stdin }: CommandContext): Promise<Given> {
  const text = await readText(operand, stdin);
  const file = operand === '-' ? '<stdin>' : operand;
  const kind = kindOfPolicyFile(text);
  if (kind !== 'rego' && kind !== 'initdata') {
    throw new KatasimError('CLI_ENCODED', `${file} is encoded already`, {
      hint: '`katasim policy decode` takes the policy out of it.',
    });
  }
  const [found] = await policiesIn(text, file);
  const policy = found?.text ?? '';
  const kata = kataProfile(options.text('kata-version'));
  const refused = checkPolicy(policy, file, kata).findings.find(
    ({ id }) => id === 'parse-error' || id === 'policy-too-large',
  );
  if (refused !== undefined) {
    throw new KatasimError('CLI_POLICY_REFUSED', refused.message, {
      location: refused.location,
      excerpt: refused.excerpt ?? [],
      hint: `Kata ${kata.version} does not read this policy. ${refused.hint ?? 'Correct it at the place shown.'}`,
    });
  }
  return { what: kind === 'rego' ? { policy: text } : { toml: text }, policy };
}

function printEncoded(encoded: EncodedPolicy, { options, output }: CommandContext): void {
  const { key, value } = encoded;
  const form = options.text('output');
  if (form === 'json') {
    output.json(encoded);
    return;
  }
  if (form === 'text') {
    output.stdout.write(value.endsWith('\n') ? value : `${value}\n`);
    return;
  }
  if (key === undefined) {
    throw new KatasimError('CLI_VALUE', 'an initdata document is no annotation', {
      hint: 'Leave out -o, or write --as cc-init-data.',
    });
  }
  if (form === 'yaml') output.yaml({ metadata: { annotations: { [key]: value } } });
  else output.json(annotationPatch(key, value));
}

function printSizes(
  { sizes, budgets }: EncodedPolicy,
  policy: string,
  { options, output }: CommandContext,
): void {
  if (options.text('output') === 'json') {
    output.json({ sizes, budgets });
    return;
  }
  const { text, toml, policyAnnotation, initdataAnnotation } = sizes;
  output.line(`${text} bytes of policy, ${policyAnnotation} in base64`);
  output.line(`${toml} bytes of initdata, ${initdataAnnotation} compressed and in base64`);
  output.line();
  const rows = budgets.map(({ way, size, limit, fits, note }) => [
    way,
    String(size),
    String(limit),
    `${((100 * size) / limit).toFixed(0)}%`,
    fits ? 'yes' : 'no',
    note,
  ]);
  const lines = formatTable(['WAY', 'SIZE', 'LIMIT', 'USED', 'FITS', 'NOTE'], rows);
  for (const [i, line] of lines.entries()) {
    const isOver = budgets[i - 1]?.fits === false;
    output.line(isOver ? output.style('red', line) : line);
  }
  if (budgets.every(({ fits }) => fits)) return;
  output.line();
  output.line('The longest lines:');
  for (const { line, bytes } of longestLines(policy, 3))
    output.line(`  line ${line}: ${bytes} bytes`);
}
