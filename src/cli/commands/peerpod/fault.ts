import { FAULT_ROWS, parseFaults } from '#peerpod';
import type { Command } from '../../command.ts';
import { wrap } from '../../output.ts';
import { podControl } from '../../pods/control.ts';
import { podName, podOptions, podRecords } from '../../pods/options.ts';

const spelled = FAULT_ROWS.map(
  ({ port, name, value }) => `${port}:${name}${value === undefined ? '' : `=${value}`}`,
);

export const command: Command = {
  usage: 'peerpod fault POD [FAULT...]',
  details: [
    'The faults given replace those in force; none lifts them all. What the real parts give up for good',
    'stays so: a tunnel that broke is not dialled again. Faults:',
    ...wrap(spelled.join(' '), 94).map((line) => `  ${line}`),
    'DURATION is written 200ms, 2s, 1m30s; SHARE from 0 to 1. docs/peerpod.md says what each one shows.',
  ].join('\n'),
  options: podOptions,
  examples: [
    'katasim peerpod fault web 15150:delay=200ms 9000:loss=0.3',
    'katasim peerpod fault web      # all is well again',
  ],
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { operands, options, output } = context;
    const [pod, ...faults] = operands;
    // A slip is told without asking the pod.
    parseFaults(faults);
    const name = podName(pod);
    const record = await podRecords(context).find(options.text('namespace') ?? 'default', name);
    await podControl(record).changeFaults(faults);
    output.line(`pod/${name}: ${faults.length === 0 ? 'no faults' : faults.join(' ')}`);
    return 0;
  },
};
