import { join } from 'node:path';
import type { Command } from '../command.ts';
import { containerOption, followOption } from '../options.ts';
import { cliErrors } from '../errors.ts';
import { writeSlowly } from '../output.ts';
import { hasEnded, readLog } from '#node';
import { podName, podOptions, podRecords } from '../pods/options.ts';

export const command: Command = {
  usage: 'logs [-f] [--tail N] [-c CONTAINER] POD',
  details: [
    'As in a cluster, the log is what the shim could read from the agent. When the policy denies',
    'ReadStreamRequest the agent answers with empty data: the log is empty and nothing complains.',
  ].join('\n'),
  options: {
    ...podOptions,
    follow: followOption,
    tail: { type: 'string', value: 'N', summary: 'only the last N lines of what is there' },
    container: containerOption,
  },
  examples: ['katasim logs web', 'katasim logs -f web'],
  operands: { min: 1, max: 1 },
  async run(context) {
    const { options, operands, output, signal } = context;
    const namespace = options.text('namespace') ?? 'default';
    const name = podName(operands[0]);
    const records = podRecords(context);
    const record = await records.find(namespace, name);
    const names = record.containers.map((container) => container.name);
    const wanted = options.text('container') ?? names[0] ?? '';
    if (!names.includes(wanted)) throw cliErrors.noContainer(wanted, names);
    const lines = readLog(join(record.logDirectory, wanted, '0.log'), {
      follow: options.flag('follow'),
      tail: options.count('tail'),
      signal,
      ended: () =>
        records.find(namespace, name).then(
          (found) => found.sandboxId !== record.sandboxId || hasEnded(found),
          () => true,
        ),
    });
    for await (const { text } of lines) await writeSlowly(output.stdout, text);
    return 0;
  },
};
