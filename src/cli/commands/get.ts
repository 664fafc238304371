import type { Command, CommandContext } from '../command.ts';
import { outputOption } from '../options.ts';
import { namedPod, podOptions, podRecords } from '../pods/options.ts';
import { ageOf, type PodRecord, readyOf, statusOf } from '#node';

export const command: Command = {
  usage: 'get [-o table|json|yaml|name] pods [POD]',
  details: 'A pod that has ended is listed, with its logs, until it is deleted.',
  options: {
    ...podOptions,
    output: outputOption('table', 'json', 'yaml', 'name'),
  },
  examples: ['katasim get pods', 'katasim get pod web -o json'],
  operands: { min: 1, max: 2 },
  async run(context) {
    const name = namedPod(context.operands);
    const records = podRecords(context);
    if (name === undefined) {
      const found = await records.list();
      print(found, found, context);
    } else {
      const found = await records.find(context.options.text('namespace') ?? 'default', name);
      print([found], found, context);
    }
    return 0;
  },
};

/** `whole` is what JSON and YAML show: a list, or the one object that was asked for. */
function print(
  records: readonly PodRecord[],
  whole: unknown,
  { options, output }: CommandContext,
): void {
  switch (options.text('output')) {
    case 'json':
      output.json(whole);
      return;
    case 'yaml':
      output.yaml(whole);
      return;
    case 'name':
      for (const { name } of records) output.line(`pod/${name}`);
      return;
    default:
      if (records.length === 0) output.note('No resources found');
      else output.table(HEAD, records.map(rowOf));
  }
}

const HEAD = ['NAMESPACE', 'NAME', 'READY', 'STATUS', 'AGE', 'IP', 'VM', 'POLICY', 'CONTAINERS'];

function rowOf(record: PodRecord): readonly string[] {
  return [
    record.namespace,
    record.name,
    readyOf(record.status),
    statusOf(record.status),
    ageOf(record.status.startTime ?? '', Date.now()),
    record.status.podIP ?? '',
    record.vmAddress,
    record.policy,
    record.containers.map(({ name }) => name).join(','),
  ];
}
