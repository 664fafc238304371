import { KatasimError } from '#base';
import { digestInitdata, pcr8, rvpsConfigMap, rvpsValues, type RvpsFormat } from '#initdata';
import type { Command } from '../../command.ts';
import { readInitdata } from './read.ts';

export const command: Command = {
  usage: 'initdata rvps [--format newer|older] [--expiration TIME] [-o yaml|json|values] FILE',
  details: [
    'FILE is TOML, an annotation value or the disk image. The value is PCR 8 as the pod VM extends it, with',
    'the document’s own algorithm. `older` names it pcr08 in rvps-reference-values, `newer` snp_pcr08 and',
    'tdx_pcr08 in trusteeconfig-rvps-reference-values. `-o values` prints the array alone.',
  ].join('\n'),
  options: {
    format: {
      type: 'string',
      value: 'FORM',
      choices: ['newer', 'older'],
      default: 'newer',
      summary: 'form of the reference values',
    },
    expiration: {
      type: 'string',
      value: 'TIME',
      default: '2099-12-31T00:00:00Z',
      summary: 'when they expire (RFC 3339)',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORM',
      choices: ['yaml', 'json', 'values'],
      default: 'yaml',
      summary: 'the ConfigMap, or the array alone',
    },
  },
  examples: [
    'katasim initdata rvps initdata.toml | oc apply -f -',
    'katasim initdata rvps --format older --expiration 2026-12-12T00:00:00Z initdata.toml',
  ],
  operands: { min: 1, max: 1 },
  async run(context) {
    const { options, output, operands } = context;
    const expiration = options.text('expiration') ?? '';
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(expiration)) {
      throw new KatasimError('CLI_VALUE', `--expiration cannot be ${JSON.stringify(expiration)}`, {
        hint: 'Write a time as 2026-12-12T00:00:00Z.',
      });
    }
    const { document } = await readInitdata(operands[0] ?? '-', context);
    const values = {
      pcr8: pcr8(digestInitdata(document)),
      format: options.text('format') as RvpsFormat,
      expiration,
    };
    const form = options.text('output');
    if (form === 'values') output.json(rvpsValues(values));
    else if (form === 'json') output.json(rvpsConfigMap(values));
    else output.yaml(rvpsConfigMap(values));
    return 0;
  },
};
