import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { Agent } from '#agent';
import { KatasimError } from '#base';
import type { Decision } from '#policy';
import { Code } from '#rpc';
import { parseManifest, POLICY_ANNOTATION, PodStartError, type Manifest, type Pod } from '#shim';
import { createSimulator, type DenialReport, type SimulatedPod, type Simulator } from '#sim';
import type { Command, CommandContext } from '../command.ts';
import { cliErrors } from '../errors.ts';
import { readText } from '../files.ts';
import { parseConfigMap } from '../pods/config-map.ts';
import { podOptions, podRecords, stateDirectory } from '../pods/options.ts';
import type { PodRecord } from '../pods/records.ts';
import { lineText, reportRefusal } from '../pods/refusal.ts';

export const command: Command = {
  name: 'run',
  summary: 'run a pod through the whole peer-pod path',
  usage: 'run -f POD.yaml [--peer-pods-cm FILE] [--image-policy FILE] [--detach]',
  details: [
    'Brings up a worker and a pod VM, starts the pod as the runtime does, and keeps it running until its',
    'containers end or Ctrl-C. Use exec, logs, get and delete from another terminal, or after --detach.',
    'Exit code 1: the policy refused the start, or a container failed.',
  ].join('\n'),
  options: {
    ...podOptions,
    filename: {
      type: 'string',
      short: 'f',
      value: 'FILE',
      summary: 'the pod; `-` reads standard input',
    },
    'peer-pods-cm': {
      type: 'string',
      value: 'FILE',
      summary: 'ConfigMap of the adaptor: INITDATA, VXLAN_PORT, PEERPODS_LIMIT_PER_NODE, ...',
    },
    'image-policy': {
      type: 'string',
      value: 'FILE',
      summary: 'default policy of the pod VM image (default: allow all)',
    },
    'kata-version': { type: 'string', value: 'VERSION', summary: 'behave as this Kata release' },
    isolate: {
      type: 'string',
      value: 'HOW',
      choices: ['none', 'process'],
      default: 'none',
      summary: 'the pod VM as an object of this process, or as a process of its own',
    },
    net: {
      type: 'string',
      value: 'HOW',
      choices: ['user', 'kernel'],
      default: 'user',
      summary:
        'the worker end of the pod network: in this process, or vxlan devices of the kernel in a network namespace (Linux, root, iproute2)',
    },
    fault: {
      type: 'string',
      multiple: true,
      value: 'FAULT',
      summary:
        'what is wrong with the pod VM: 15150:refuse|reset|black-hole|wrong-certificate, 15150:delay=|late-start=TIME, 15150:cut=BYTES, 9000:black-hole, 9000:delay=TIME, 9000:loss=SHARE',
    },
    detach: { type: 'boolean', short: 'd', summary: 'return once the pod runs' },
  },
  examples: [
    'katasim run -f pod.yaml',
    'katasim run -f pod.yaml --peer-pods-cm peer-pods-cm.yaml -d',
    'katasim run -f pod.yaml --fault 15150:late-start=2s',
    'katasim run -f pod.yaml --net kernel     # then: ip netns exec NAME ping POD_IP',
  ],
  operands: { min: 0, max: 0 },
  async run(context) {
    const file = context.options.text('filename');
    if (file === undefined) throw cliErrors.valueMissing('--filename', 'POD.yaml');
    const text = await readText(file, context.stdin);
    const manifest = parseManifest(text, file);
    const [pod, ...others] = manifest.pods;
    if (pod === undefined || others.length > 0) throw cliErrors.onePod(manifest.pods.length);
    for (const { path, file: place, line, because } of manifest.ignored) {
      context.output.note(`ignored: ${path} (${place}:${line}): ${because}`);
    }
    const detach = context.options.flag('detach') && !isDetached(context);
    return detach
      ? runDetached(pod, file === '-' ? text : '', context)
      : runHere(pod, manifest, context);
  },
};

async function runHere(pod: Pod, manifest: Manifest, context: CommandContext): Promise<number> {
  const { options, output, logger, signal, stdin, packageRoot } = context;
  const records = podRecords(context);
  const taken = (await records.list()).some(
    ({ name, namespace }) => name === pod.name && namespace === pod.namespace,
  );
  if (taken) throw cliErrors.podExists(pod.namespace, pod.name);
  const imagePolicy =
    options.text('image-policy') ?? join(packageRoot, 'policies', 'allow-all.rego');
  const configFile = options.text('peer-pods-cm');
  const kataVersion = options.text('kata-version');
  await using sim = await createSimulator({
    imagePolicy: await readText(imagePolicy, stdin),
    logger,
    ...(configFile !== undefined && {
      peerPods: parseConfigMap(await readText(configFile, stdin), configFile),
    }),
    ...(kataVersion !== undefined && { kataVersion }),
    ...(options.text('net') === 'kernel' && { net: 'kernel' as const }),
    faults: options.list('fault'),
    ...(options.text('isolate') === 'process' && {
      podVmCommand: [...ourselves(), 'podvm', '--log-level', context.logLevel],
    }),
  });
  for (const { key, message } of sim.warnings) output.note(`peer-pods-cm: ${key}: ${message}`);
  const running = await start(sim, pod, manifest, context);
  if (running === undefined) return 1;
  const record = recordOf(running, sim.worker.kernel?.netns);
  try {
    await records.write(record);
    output.line(
      `pod/${pod.name} is running: pod IP ${running.podIp}, VM ${record.vmAddress}, policy ${record.policy}`,
    );
    noteNetns(record, context);
    return await untilEnded(running, signal, context);
  } finally {
    await records.remove(pod.namespace, pod.name);
    await running.close();
  }
}

/** Undefined when the policy refused: then the user has been told why. */
async function start(
  sim: Simulator,
  pod: Pod,
  manifest: Manifest,
  { output, signal }: CommandContext,
): Promise<SimulatedPod | undefined> {
  let last: Decision | undefined;
  let agent: Agent | undefined;
  let told: DenialReport | undefined;
  try {
    return await sim.runPod(pod, {
      onDenied: (report) => (told = report),
      objects: manifest.objects,
      signal,
      onAgent: (started) => {
        agent = started;
        started.policy?.onDecision((decision) => {
          if (decision.verdict !== 'allow') last = decision;
        });
      },
    });
  } catch (error) {
    // No place on the node is an answer, too, and no mistake of the command line.
    if (error instanceof KatasimError && error.code === 'SIM_FAILED_SCHEDULING') {
      output.note(`${output.style('red', error.message, 'stderr')}\nhint: ${error.hint ?? ''}`);
      return undefined;
    }
    if (!(error instanceof PodStartError)) throw error;
    output.note(`${output.style('red', error.reason, 'stderr')}: ${error.message}`);
    const report = agent ? reportRefusal(agent, last) : told;
    if (report?.decidedBy !== undefined) output.note(`refused by ${lineText(report.decidedBy)}`);
    if (report?.nearestMiss !== undefined)
      output.note(`nearest rule: ${lineText(report.nearestMiss)}`);
    for (const { endpoint, line } of report?.alsoRefused ?? []) {
      output.note(`the same policy also never allows ${endpoint} (line ${line})`);
    }
    if (report !== undefined) output.note(`policy: ${report.provenance}`);
    // The policy annotation is no Rego: bad input, which the agent was the first to read.
    if (error.endpoint === 'SetPolicyRequest' && error.status.code === Code.INVALID_ARGUMENT) {
      throw cliErrors.badPolicyAnnotation(POLICY_ANNOTATION);
    }
    return undefined;
  }
}

function recordOf(
  { sandbox, podIp, machine, logs }: SimulatedPod,
  netns: string | undefined,
): PodRecord {
  const { pod, podUid, sandboxId, agentSocketPath, containers } = sandbox;
  return {
    name: pod.name,
    namespace: pod.namespace,
    uid: podUid,
    sandboxId,
    pid: process.pid,
    phase: 'Running' as const,
    podIp,
    ...(netns !== undefined && { netns }),
    vmAddress: machine.host,
    agentSocketPath,
    logDirectory: logs.directory,
    startedAt: new Date().toISOString(),
    policy: machine.policySource,
    containers: containers.map(({ name, id, image, base }) => ({
      name,
      id,
      image: image.reference,
      base,
    })),
  };
}

/** With the pod network in the kernel: what to type there. */
function noteNetns({ netns, podIp }: PodRecord, { output }: CommandContext): void {
  if (netns === undefined) return;
  output.note(`the pod network is in the kernel, in namespace ${netns}:`);
  output.note(`  ip netns exec ${netns} ping ${podIp}`);
}

/** 0 when every container ended with 0 or the user stopped the pod. */
async function untilEnded(
  { sandbox }: SimulatedPod,
  signal: AbortSignal,
  { output }: CommandContext,
): Promise<number> {
  const stopped = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
    if (signal.aborted) resolve(undefined);
  });
  const ended = Promise.all(
    sandbox.containers.map(async ({ name, session }) => {
      const code = await session.exitCode.catch(() => undefined);
      if (!signal.aborted)
        output.note(`container ${name} ended with exit code ${code ?? 'unknown'}`);
      return code;
    }),
  );
  const codes = await Promise.race([ended, stopped]);
  return codes === undefined || codes.every((code) => code === 0) ? 0 : 1;
}

/** This program: Node with its flags, and the file it was started with. */
function ourselves(): readonly string[] {
  return [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
}

/**
 * Tells the process that stays that it is the one: the wish to detach may stand in a flag, among
 * others (`-df`), in the environment or in the config file.
 */
const DETACHED = 'KATASIM_IS_DETACHED';

const isDetached = ({ environment }: CommandContext): boolean => environment[DETACHED] === '1';

/** The same command in a process of its own, which stays; returns once its record is there. */
async function runDetached(pod: Pod, stdin: string, context: CommandContext): Promise<number> {
  const records = podRecords(context);
  const directory = stateDirectory(context);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const logPath = join(directory, `${pod.namespace}_${pod.name}.log`);
  const log = openSync(logPath, 'w', 0o600);
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio: ['pipe', log, log],
    env: { ...context.environment, [DETACHED]: '1' },
  });
  closeSync(log);
  // A child that ends before it has read everything says why in its log.
  child.stdin?.on('error', () => undefined).end(stdin);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => resolve(code ?? 3));
    child.once('error', reject);
  });
  ended.catch(() => undefined);
  const find = async (): Promise<PodRecord | undefined> =>
    (await records.list()).find(({ pid }) => pid === child.pid);
  let record: PodRecord | undefined;
  while ((record = await find()) === undefined) {
    const code = await Promise.race([ended, later()]);
    if (context.signal.aborted) {
      // Nobody else knows yet that it is there.
      child.kill('SIGTERM');
      await ended;
      throw context.signal.reason;
    }
    if (code === undefined) continue;
    context.output.stderr.write(readFileSync(logPath));
    return code;
  }
  child.unref();
  context.output.line(`pod/${pod.name} created`);
  noteNetns(record, context);
  return 0;
}

const LOOK_AGAIN_MS = 50;

function later(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), LOOK_AGAIN_MS));
}
