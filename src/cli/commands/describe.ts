import {
  ageOf,
  hasEnded,
  readyOf,
  stateOf,
  statusOf,
  type ContainerStatus,
  type PodRecord,
} from '#node';
import type { Command, CommandContext } from '../command.ts';
import { outputOption } from '../options.ts';
import { formatTable, wrap } from '../output.ts';
import { namedPod, podName, podOptions, podRecords } from '../pods/options.ts';

export const command: Command = {
  usage: 'describe [-o text|json] [pod] POD',
  options: {
    ...podOptions,
    output: outputOption('text', 'json'),
  },
  examples: ['katasim describe pod web'],
  operands: { min: 1, max: 2 },
  async run(context) {
    const { operands, options, output } = context;
    const name = operands.length === 2 ? namedPod(operands) : podName(operands[0]);
    const namespace = options.text('namespace') ?? 'default';
    const record = await podRecords(context).find(namespace, name ?? '');
    if (options.text('output') === 'json') output.json(record);
    else for (const line of linesOf(record, context)) output.line(line);
    return 0;
  },
};

function linesOf(record: PodRecord, context: CommandContext): readonly string[] {
  return [
    ...fields([
      ['Name', record.name],
      ['Namespace', record.namespace],
      ['UID', record.uid],
      ['Start Time', record.status.startTime],
      ['End Time', record.endedAt],
      ['Status', statusOf(record.status)],
      ['Ready', readyOf(record.status)],
      ['IP', record.status.podIP],
      ['Pod VM', record.vmAddress],
      ['Runtime', `runtime-${record.runtime}`],
      ['Sandbox', record.sandboxId],
      ['Agent Socket', hasEnded(record) ? undefined : record.agentSocketPath],
      ['Policy', [record.policy, record.policyDigest].filter(Boolean).join(' ')],
    ]),
    'Containers:',
    ...record.status.containerStatuses.flatMap(containerLines),
    ...decisionLines(record),
    ...eventLines(record, context),
  ];
}

type Field = readonly [name: string, value: string | undefined];

function fields(rows: readonly Field[], indent = ''): readonly string[] {
  const present = rows.filter((row): row is [string, string] => row[1] !== undefined);
  const width = Math.max(...present.map(([name]) => name.length)) + 3;
  return present.map(([name, value]) => indent + `${name}:`.padEnd(width) + value);
}

function containerLines(container: ContainerStatus): readonly string[] {
  return [
    `  ${container.name}:`,
    ...fields(
      [
        ['Container ID', container.containerID?.replace(/^containerd:\/\//, '')],
        ['Image', container.image],
        ['State', stateOf(container)],
        ['Ready', container.ready ? 'True' : 'False'],
      ],
      '    ',
    ),
  ];
}

function decisionLines({ decisions }: PodRecord): readonly string[] {
  if (decisions === undefined) {
    return ['Decisions:  <unknown: the pod VM is in a process of its own>'];
  }
  const { allow, deny, fault, denials } = decisions;
  return [
    `Decisions:  ${allow} allowed, ${deny} denied, ${fault} faults`,
    ...denials.flatMap(({ time, endpoint, message, line }) => [
      `  ${time.slice(11, 19)}  ${endpoint}  ${line ?? message}`,
    ]),
  ];
}

const MESSAGE_WIDTH = 72;

function eventLines({ events }: PodRecord, { output }: CommandContext): readonly string[] {
  if (events.length === 0) return ['Events:  <none>'];
  const now = Date.now();
  const rows = events.flatMap(({ type, reason, message, count, firstTime, lastTime }) => {
    const age = ageOf(lastTime, now);
    const often = count === 1 ? age : `${age} (x${count} over ${ageOf(firstTime, now)})`;
    // On a terminal long messages are broken; scripts get them whole.
    const text = message.trim().replaceAll('\n', ' ');
    const [first = '', ...more] = output.stdout.isTTY === true ? wrap(text, MESSAGE_WIDTH) : [text];
    return [[type, reason, often, first], ...more.map((line) => ['', '', '', line])];
  });
  return [
    'Events:',
    ...formatTable(['Type', 'Reason', 'Age', 'Message'], rows).map((line) => `  ${line}`),
  ];
}
