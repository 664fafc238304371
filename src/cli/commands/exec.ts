import { systemRandom } from '#base';
import { dial, RpcStatusError } from '#rpc';
import { agentCalls, ExecError, openExec, rpcError, runtimes } from '#shim';
import type { Command, CommandContext } from '../command.ts';
import { containerOption } from '../options.ts';
import { cliErrors } from '../errors.ts';
import { writeSlowly } from '../output.ts';
import { podName, podOptions, podRecords } from '../pods/options.ts';
import { hasEnded, type PodRecord, type PodRecords } from '#node';
import { openTerminal } from '../pods/terminal.ts';

export const command: Command = {
  usage: 'exec [-i] [-t] [-c CONTAINER] POD -- COMMAND [ARGUMENT]...',
  details: [
    'The call goes the way of kubectl exec: shim, agent proxy, TCP 15150, forwarder, gate. A refusal is',
    'worded as kubectl prints it. The exit code is that of the command; 1 when the policy refused.',
  ].join('\n'),
  options: {
    ...podOptions,
    stdin: { type: 'boolean', short: 'i', summary: 'pass standard input to the command' },
    tty: { type: 'boolean', short: 't', summary: 'give the command a terminal' },
    container: containerOption,
  },
  examples: ['katasim exec web -- id', 'katasim exec -it web -- sh'],
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const [pod, ...words] = context.operands;
    const argv = [...words, ...(context.rest ?? [])];
    if (argv.length === 0) throw cliErrors.noCommand();
    return execInPod(podName(pod), argv, context);
  },
};

/** What the policy said, where the pod's process could note it: an agent of its own. */
async function noteDenial(
  records: PodRecords,
  { namespace, name }: PodRecord,
  { output }: CommandContext,
): Promise<void> {
  const record = await records.find(namespace, name).catch(() => undefined);
  const denial = record?.decisions?.denials.findLast(
    ({ endpoint }) => endpoint === 'ExecProcessRequest',
  );
  if (denial?.line !== undefined) output.note(`refused by ${denial.line}`);
}

async function execInPod(
  pod: string,
  argv: readonly string[],
  context: CommandContext,
): Promise<number> {
  const { options, output, logger, signal } = context;
  const records = podRecords(context);
  const record = await records.find(options.text('namespace') ?? 'default', pod);
  if (hasEnded(record)) throw cliErrors.notRunning(pod, record.status.phase);
  const wanted = options.text('container') ?? record.containers[0]?.name;
  const container = record.containers.find(({ name }) => name === wanted);
  if (container === undefined) {
    throw cliErrors.noContainer(
      wanted ?? '',
      record.containers.map(({ name }) => name),
    );
  }
  await using client = await dial(`unix://${record.agentSocketPath}`, { signal });
  using terminal = openTerminal(context, {
    stdin: options.flag('stdin'),
    tty: options.flag('tty'),
  });
  try {
    const session = await openExec(
      agentCalls(client, { runtime: runtimes[record.runtime] }),
      container.id,
      {
        command: argv,
        base: container.base,
        random: systemRandom,
        logger,
        tty: terminal.tty,
        signal,
        stdin: terminal.stdin,
        stdout: (data) => writeSlowly(output.stdout, data),
        stderr: (data) => writeSlowly(output.stderr, data),
        ...(terminal.size() !== undefined && {
          size: terminal.size() ?? { rows: 24, columns: 80 },
        }),
      },
    );
    terminal.onResize(({ rows, columns }) => {
      session.resize(rows, columns).catch(() => undefined);
    });
    const code = await session.exitCode;
    if (code !== 0) output.note(`command terminated with exit code ${code}`);
    return code;
  } catch (error) {
    if (error instanceof ExecError) {
      output.note(error.message);
      await noteDenial(records, record, context);
    }
    // The command ran, and its end was not told: WaitProcess was refused, or the pod went away.
    else if (error instanceof RpcStatusError && !signal.aborted) output.note(rpcError(error));
    else throw error;
    return 1;
  }
}
