import { digestInitdata, encodeInitdata, INITDATA_ANNOTATION } from '#initdata';
import type { Command } from '../../command.ts';
import { readInitdata } from './read.ts';

export const command: Command = {
  name: 'initdata encode',
  summary: 'print the annotation value of an initdata file',
  usage: 'initdata encode [--annotation] FILE',
  details: [
    'FILE is the TOML document, `-` reads standard input. The document is checked first: version,',
    'algorithm, a table of texts. The value is base64(gzip(TOML)) on one line; the bytes of the TOML',
    'are kept, so the digest is that of the file.',
  ].join('\n'),
  options: {
    annotation: { type: 'boolean', summary: 'print `KEY: VALUE`, ready for a pod manifest' },
  },
  examples: ['katasim initdata encode initdata.toml', 'katasim initdata encode - < initdata.toml'],
  operands: { min: 1, max: 1 },
  async run(context) {
    const { document } = await readInitdata(context.operands[0] ?? '-', context);
    const value = encodeInitdata(document.bytes);
    context.output.line(
      context.options.flag('annotation') ? `${INITDATA_ANNOTATION}: ${value}` : value,
    );
    context.logger.info({ digest: digestInitdata(document) }, 'initdata encoded');
    return 0;
  },
};
