import { digestInitdata, encodeDiskImage, encodeInitdata, INITDATA_ANNOTATION } from '#initdata';
import type { Command } from '../../command.ts';
import { readInitdata } from './read.ts';

export const command: Command = {
  usage: 'initdata encode [--annotation | --image] FILE',
  details: [
    'FILE is the TOML document, `-` reads standard input. The document is checked first: version,',
    'algorithm, a table of texts. The value is base64(gzip(TOML)) on one line; the bytes of the TOML',
    'are kept, so the digest is that of the file. --image writes the raw disk that a local hypervisor',
    'attaches instead: magic, length, gzip stream, zeros to a sector of 512 bytes.',
  ].join('\n'),
  options: {
    image: { type: 'boolean', summary: 'write the bytes of the initdata disk image' },
    annotation: { type: 'boolean', summary: 'print `KEY: VALUE`, ready for a pod manifest' },
  },
  examples: [
    'katasim initdata encode initdata.toml',
    'katasim initdata encode --image initdata.toml > initdata.img',
  ],
  operands: { min: 1, max: 1 },
  async run(context) {
    const { document } = await readInitdata(context.operands[0] ?? '-', context);
    if (context.options.flag('image')) {
      context.output.stdout.write(encodeDiskImage(document.bytes));
    } else {
      const value = encodeInitdata(document.bytes);
      const isManifest = context.options.flag('annotation');
      context.output.line(isManifest ? `${INITDATA_ANNOTATION}: ${value}` : value);
    }
    context.logger.info({ digest: digestInitdata(document) }, 'initdata encoded');
    return 0;
  },
};
