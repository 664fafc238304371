import {
  digestInitdata,
  INITDATA_PLATFORMS,
  pcr8,
  platformField,
  type InitdataPlatform,
} from '#initdata';
import type { Command } from '../../command.ts';
import { outputOption } from '../../options.ts';
import { formatTable } from '../../output.ts';
import { readInitdata } from './read.ts';

export const command: Command = {
  usage: 'initdata digest [-o text|json] FILE',
  details: [
    'FILE is the TOML document, an annotation value or the disk image; `-` reads standard input.',
    "The digest is over the exact bytes with the document's own algorithm. PCR 8 is the value of a vTPM",
    'after the pod VM extended it once; the other fields are the digest cut or zero-padded to their size.',
  ].join('\n'),
  options: {
    output: outputOption('text', 'json'),
  },
  examples: ['katasim initdata digest initdata.toml', 'katasim initdata digest -o json value.txt'],
  operands: { min: 1, max: 1 },
  async run(context) {
    const { document } = await readInitdata(context.operands[0] ?? '-', context);
    const digest = digestInitdata(document);
    const platforms = (Object.keys(INITDATA_PLATFORMS) as InitdataPlatform[])
      .filter((name) => name !== 'none')
      .map((name) => platformField(digest, name));
    const answer = { algorithm: document.algorithm, digest, pcr8: pcr8(digest) };
    if (context.options.text('output') === 'json') {
      context.output.json({
        ...answer,
        platforms: Object.fromEntries(
          platforms.map(({ platform, field, hex, base64 }) => [platform, { field, hex, base64 }]),
        ),
      });
      return 0;
    }
    const rows = [
      ...Object.entries(answer),
      ...platforms.map(({ platform, field, hex }) => [
        `${platform} ${field}`,
        hex.startsWith(digest) && hex.length > digest.length
          ? `the digest and ${(hex.length - digest.length) / 2} zero bytes`
          : hex,
      ]),
    ];
    for (const line of formatTable(['', ''], rows).slice(1)) context.output.line(line);
    return 0;
  },
};
