/**
 * The requests of a user's own pod: it is run through the whole path with everything allowed, the verb
 * is done to it, and the gate's decisions are what was asked.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from '#base';
import { ExecError } from '#shim';
import { parseManifest } from '#kube';
import { createSimulator, type SimulatedPod } from '#sim';
import type { CanIOptions, Verb } from '#policy/can-i';
import type { Decision } from '#gate';
import type { CommandContext } from '../../command.ts';
import { cliErrors } from '../../errors.ts';

/** A command that does not end by itself has made its calls by then, and is killed. */
const ENOUGH_MS = 1_000;

type Recorded = Required<Pick<CanIOptions, 'recorded' | 'from' | 'isPod'>>;

export async function recordPod(
  manifest: { readonly text: string; readonly file: string },
  verb: Verb,
  asked: Pick<CanIOptions, 'mode' | 'command'>,
  context: CommandContext,
): Promise<Recorded> {
  const { pods, objects } = parseManifest(manifest.text, manifest.file);
  const [pod, ...others] = pods;
  if (pod === undefined || others.length > 0) throw cliErrors.onePod(pods.length);
  const decisions: Decision[] = [];
  const imagePolicy = await readFile(
    join(context.packageRoot, 'policies', 'allow-all.rego'),
    'utf8',
  );
  await using sim = await createSimulator({ imagePolicy, logger: silentLogger });
  const running = await sim.runPod(
    { ...pod, annotations: withoutPolicies(pod.annotations) },
    {
      objects,
      signal: context.signal,
      onAgent: ({ policy }) => policy?.onDecision((decision) => decisions.push(decision)),
    },
  );
  const container = containerOf(running, context.options.text('container'));
  // What runs from the start on is read from the start on.
  const begins = verb.name === 'start' || verb.name === 'logs' || verb.name === 'attach';
  const from = begins ? 0 : decisions.length;
  try {
    await DONE[verb.name]?.({ running, container, asked, verb, signal: context.signal });
  } catch (error) {
    // The guest may not have the program; the gate was asked all the same.
    if (!(error instanceof ExecError)) throw error;
  }
  // Its deletion is part of it: the calls of `delete`, and the last reads of the output.
  await sim.close();
  return {
    recorded: decisions.map(({ endpoint, input }) => ({ endpoint, input })),
    from,
    isPod: true,
  };
}

/** Another policy would refuse some of what is to be recorded. */
function withoutPolicies(
  annotations: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(annotations).filter(
      ([key]) => !key.endsWith('.agent.policy') && !key.endsWith('.cc_init_data'),
    ),
  );
}

function containerOf(
  running: SimulatedPod,
  name: string | undefined,
): { name: string; id: string } {
  const { containers } = running.sandbox;
  const found = name === undefined ? containers[0] : containers.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw cliErrors.noContainer(
    name ?? '',
    containers.map((one) => one.name),
  );
}

interface Doing {
  readonly running: SimulatedPod;
  readonly container: { readonly name: string; readonly id: string };
  readonly asked: Pick<CanIOptions, 'mode' | 'command'>;
  readonly verb: Verb;
  readonly signal: AbortSignal;
}

async function exec({ running, container, asked, verb, signal }: Doing): Promise<void> {
  const { mode = {}, command = verb.command ?? ['sh'] } = asked;
  const tty = mode.tty === true;
  const isCopy = verb.name === 'cp to';
  const session = await running.sandbox.exec({
    container: container.name,
    command,
    tty,
    ...(tty && { size: { rows: 24, columns: 80 } }),
    stdin: tty || isCopy || mode.stdin === true ? input(tty) : undefined,
    stdout: () => undefined,
    stderr: () => undefined,
    signal,
  });
  const ended = session.exitCode.then(
    () => true,
    () => true,
  );
  const isOver = await Promise.race([ended, delay(ENOUGH_MS, false, { signal, ref: false })]);
  if (!isOver) await session.signal(9).then(() => ended);
}

async function* input(tty: boolean): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(tty ? 'exit\n' : 'x\n'));
}

/** What is done to the pod beside starting and deleting it. */
const DONE: Readonly<Record<string, (doing: Doing) => Promise<void>>> = {
  exec,
  'cp to': exec,
  'cp from': exec,
  'probe exec': exec,
  async top({ running, container, signal }) {
    const request = { container_id: container.id };
    await running.sandbox.client.call('grpc.AgentService', 'StatsContainer', request, { signal });
  },
};
