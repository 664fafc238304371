import type { Command, CommandContext } from '../command.ts';
import { followOption, observeOption, outputOption } from '../options.ts';
import { cliErrors } from '../errors.ts';
import { eventLine, lines, openDecisions, parseEvent } from '../observed.ts';
import type { Style } from '../output.ts';

export const command: Command = {
  usage: 'decisions --observe ADDRESS [-f] [-o text|json]',
  details: [
    'ADDRESS is what `katasim agent --observe` printed. Text shows a line each: verdict, endpoint, reason.',
    'Secrets in requests are masked before they leave the agent.',
  ].join('\n'),
  options: {
    observe: observeOption('where the agent serves its decisions'),
    follow: followOption,
    output: outputOption('text', 'json'),
  },
  examples: ['katasim decisions -f --observe tcp://127.0.0.1:9464'],
  operands: { min: 0, max: 0 },
  async run(context) {
    const { options, output, signal } = context;
    const address = options.text('observe');
    if (address === undefined) throw cliErrors.valueMissing('--observe', 'ADDRESS');
    const response = await openDecisions(address, options.flag('follow'), signal);
    try {
      for await (const line of lines(response)) {
        output.line(options.text('output') === 'json' ? line : textOf(line, context));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return 0;
  },
};

const styles: Readonly<Record<string, Style>> = { allow: 'green', deny: 'red', fault: 'yellow' };

function textOf(line: string, { output }: CommandContext): string {
  const event = parseEvent(line);
  const { endpoint, verdict, reason } = event.custom;
  const place = eventLine(event);
  const time = event.timestamp.slice(11, 23);
  const colored = output.style(styles[verdict] ?? 'dim', verdict.padEnd(5));
  const where = place === undefined ? '' : ` (${place})`;
  return `${time} ${colored} ${endpoint}${reason === '' ? '' : `   ${reason}`}${where}`;
}
