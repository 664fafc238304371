import { diffInitdata } from '#initdata';
import type { Command } from '../../command.ts';
import { outputOption } from '../../options.ts';
import { readInitdata } from './read.ts';

export const command: Command = {
  usage: 'initdata diff [-o text|json] FILE FILE',
  details:
    'Each FILE is TOML, an annotation value or a disk image. Exit code 1: the digests differ.',
  options: {
    output: outputOption('text', 'json'),
  },
  examples: ['katasim initdata diff mine.toml annotation.txt'],
  operands: { min: 2, max: 2 },
  async run(context) {
    const [left = '-', right = '-'] = context.operands;
    const diff = diffInitdata(
      (await readInitdata(left, context)).document,
      (await readInitdata(right, context)).document,
    );
    if (context.options.text('output') === 'json') {
      context.output.json(diff);
    } else {
      for (const { key, change, at } of diff.keys) {
        const place = at === undefined ? '' : ` from line ${at.line}, column ${at.column}`;
        context.output.line(`${key} ${change}${place}`);
      }
      if (diff.note !== undefined) context.output.line(diff.note);
      context.output.line(`- digest ${diff.digests[0]}, ${diff.bytes.lengths[0]} bytes`);
      context.output.line(`+ digest ${diff.digests[1]}, ${diff.bytes.lengths[1]} bytes`);
      context.output.line(diff.digestEqual ? 'the digests are equal' : 'the digests differ');
    }
    return diff.digestEqual ? 0 : 1;
  },
};
