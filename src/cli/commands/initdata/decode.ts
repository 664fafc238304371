import { KatasimError } from '#base';
import type { Command } from '../../command.ts';
import { outputOption } from '../../options.ts';
import { readInitdata } from './read.ts';

export const command: Command = {
  usage: 'initdata decode [--file NAME] [-o toml|json] FILE',
  details: [
    'FILE holds the annotation value or is the initdata disk image; `-` reads standard input.',
    'Without options the exact bytes of the document come out, so their digest is the measured one.',
  ].join('\n'),
  options: {
    file: {
      type: 'string',
      value: 'NAME',
      summary: 'print one file of [data], such as policy.rego',
    },
    output: outputOption('toml', 'json'),
  },
  examples: [
    'katasim initdata decode value.txt',
    'katasim initdata decode --file policy.rego - < value.txt',
  ],
  operands: { min: 1, max: 1 },
  async run({ operands, options, output, ...rest }) {
    const context = { operands, options, output, ...rest };
    const { document } = await readInitdata(operands[0] ?? '-', context);
    const file = options.text('file');
    if (file !== undefined) {
      const text = document.data.get(file);
      if (text === undefined) {
        throw new KatasimError('INITDATA_NO_FILE', `the document holds no ${file}`, {
          hint: `It holds: ${[...document.data.keys()].join(', ') || 'nothing'}.`,
        });
      }
      output.stdout.write(text);
    } else if (options.text('output') === 'json') {
      const { version, algorithm, data } = document;
      output.json({ version, algorithm, data: Object.fromEntries(data) });
    } else {
      output.stdout.write(document.bytes);
    }
    return 0;
  },
};
