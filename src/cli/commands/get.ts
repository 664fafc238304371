import type { Command } from '../command.ts';
import { cliErrors } from '../errors.ts';
import { podOptions, podRecords } from '../pods/options.ts';

export const command: Command = {
  name: 'get',
  summary: 'list running pods',
  usage: 'get [-o table|json|yaml] pods',
  options: {
    ...podOptions,
    output: {
      type: 'string',
      short: 'o',
      value: 'FORM',
      choices: ['table', 'json', 'yaml'],
      default: 'table',
      summary: 'form of the answer',
    },
  },
  examples: ['katasim get pods', 'katasim get pods -o json'],
  operands: { min: 1, max: 1 },
  async run(context) {
    const { operands, options, output } = context;
    const [kind = ''] = operands;
    if (!['pods', 'pod', 'po'].includes(kind)) throw cliErrors.unknownKind(kind);
    const records = await podRecords(context).list();
    switch (options.text('output')) {
      case 'json':
        output.json(records);
        break;
      case 'yaml':
        output.yaml(records);
        break;
      default:
        if (records.length === 0) output.note('No resources found');
        else {
          output.table(
            ['NAMESPACE', 'NAME', 'STATUS', 'IP', 'VM', 'POLICY', 'CONTAINERS'],
            records.map((record) => [
              record.namespace,
              record.name,
              record.phase,
              record.podIp,
              record.vmAddress,
              record.policy,
              record.containers.map(({ name }) => name).join(','),
            ]),
          );
        }
    }
    return 0;
  },
};
