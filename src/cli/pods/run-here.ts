/** `run`: a worker and one pod in this process, until its containers end or the user stops it. */
import { dirname, join } from 'node:path';
import process from 'node:process';
import type { Agent } from '#agent';
import { KatasimError } from '#base';
import { systemTimers } from '#guest';
import { INITDATA_VERSION } from '#initdata';
import { parseFaults } from '#peerpod';
import { lineText, type Decision } from '#gate';
import {
  PodJournal,
  PodLife,
  removeAbandoned,
  reportRefusal,
  startProbes,
  wouldRestart,
  writeOwner,
  type DenialReport,
} from '#node';
import { Code } from '#rpc';
import { type EmptyDirSettings, POLICY_ANNOTATION, PodStartError } from '#shim';
import { type Manifest, parseConfigMap, type Pod } from '#kube';
import {
  createSimulator,
  parseAllocatable,
  servePodControl,
  type SimulatedPod,
  type Simulator,
} from '#sim';
import type { CommandContext } from '../command.ts';
import { cliErrors } from '../errors.ts';
import { readText } from '../files.ts';
import { controlPath } from './control.ts';
import { podRecords, nodeReservations } from './options.ts';
import { noteNetns, recordOf } from './pod-record.ts';
import { openPolicyLog, type PolicyLog } from './policy-log.ts';
import { currentProcess, isRunning } from './process-identity.ts';

export async function runHere(
  pod: Pod,
  manifest: Manifest,
  context: CommandContext,
): Promise<number> {
  const { options, output, logger, stdin, packageRoot } = context;
  const records = podRecords(context);
  await records.prepare();
  const taken = await records.ended(pod);
  const imagePolicy =
    options.text('image-policy') ?? join(packageRoot, 'policies', 'allow-all.rego');
  const configFile = options.text('peer-pods-cm');
  const kataVersion = options.text('kata-version');
  const allocatable = options.text('allocatable');
  const adaptorVersion = options.text('adaptor-version');
  const enabled = options.text('enable-annotations');
  const logFile = options.text('policy-log');
  if (logFile !== undefined && options.text('isolate') === 'process') throw cliErrors.noPolicyLog();
  // Closed after the simulator: the pod's last requests are in it.
  using policyLog = logFile === undefined ? undefined : openPolicyLog(logFile);
  await using sim = await createSimulator({
    imagePolicy: await readText(imagePolicy, stdin),
    logger,
    ...(configFile !== undefined && {
      peerPods: parseConfigMap(await readText(configFile, stdin), configFile),
    }),
    ...(kataVersion !== undefined && { kataVersion }),
    runtime: options.text('runtime') === 'rs' ? 'rs' : 'go',
    ...(options.text('net') === 'kernel' && { net: 'kernel' as const }),
    ...(adaptorVersion !== undefined && { adaptorVersion }),
    emptyDirs: emptyDirsOf(options),
    ...(enabled !== undefined && { enabledAnnotations: enabled.split(',').filter(Boolean) }),
    reservations: nodeReservations(context),
    ...(allocatable !== undefined && { allocatable: parseAllocatable(allocatable) }),
    faults: options.list('fault'),
    faultsOnDemand: true,
    ...(options.text('isolate') === 'process' && {
      podVmCommand: [...ourselves(), 'podvm', '--log-level', context.logLevel],
    }),
  });
  for (const { key, message } of sim.warnings) output.note(`peer-pods-cm: ${key}: ${message}`);
  await writeOwner(sim.directory, currentProcess());
  await removeAbandoned(dirname(sim.directory), isRunning);
  const life = new PodLife(pod);
  const journal = new PodJournal(records, life);
  const running = await start(sim, pod, manifest, { life, journal, policyLog, ...context });
  if (running === undefined) return 1;
  // The new pod takes the place of an ended one of its name.
  if (taken !== undefined) await records.remove(taken);
  const record = recordOf(running, sim.worker.kernel?.netns);
  let ended = false;
  try {
    await using _control = await servePodControl(controlPath(record), {
      changeFaults: async (words) => {
        parseFaults(words);
        // Noted first: what they break may end the pod.
        life.faultsChanged(words);
        await running.changeFaults(words);
      },
      connect: (port) => running.connect(port),
      diagnose: (limits) => running.diagnose(limits),
    });
    journal.begin(record);
    output.line(
      `pod/${pod.name} is running: pod IP ${running.podIp}, VM ${record.vmAddress}, policy ${record.policy}`,
    );
    noteNetns({ netns: record.netns, podIP: running.podIp }, context);
    noteInitdataVersion(running, context);
    await using _probes = startProbes(running, { timers: systemTimers, life });
    ended = await untilEnded(running, context);
    return ended && life.status.phase === 'Failed' ? 1 : 0;
  } finally {
    await running.close();
    if (ended) journal.end({ logDirectory: await records.keepLogs(record.logDirectory) });
    else journal.close();
    // Whoever deleted the pod waits for its record to go: then nothing else of it is left.
    await sim.close();
    if (!ended) await records.remove(record);
  }
}

interface StartContext extends CommandContext {
  readonly life: PodLife;
  readonly journal: PodJournal;
  readonly policyLog: PolicyLog | undefined;
}

/** Nothing on this path looks at the version; the other readers of initdata do. */
function noteInitdataVersion({ machine }: SimulatedPod, { output }: CommandContext): void {
  const version = machine.local?.vm.provisioned?.initdata.version ?? INITDATA_VERSION;
  if (version === INITDATA_VERSION) return;
  output.note(
    `initdata has version ${JSON.stringify(version)}: a peer pod takes it as it is, but a guest that is given initdata as a device refuses to boot with it (unsupported version: ${version}, expected: ${INITDATA_VERSION})`,
  );
}

/** Undefined when the policy refused: then the user has been told why. */
async function start(
  sim: Simulator,
  pod: Pod,
  manifest: Manifest,
  { output, signal, life, journal, policyLog }: StartContext,
): Promise<SimulatedPod | undefined> {
  let last: Decision | undefined;
  let agent: Agent | undefined;
  let told: DenialReport | undefined;
  try {
    return await sim.runPod(pod, {
      life,
      onDenied: (report) => (told = report),
      objects: manifest.objects,
      signal,
      onAgent: (started) => {
        agent = started;
        journal.watch(started);
        policyLog?.watch(started);
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

/** False when the user stopped the pod. */
async function untilEnded(
  { life, ended }: SimulatedPod,
  { output, signal }: CommandContext,
): Promise<boolean> {
  const stopped = new Promise<false>((resolve) => {
    signal.addEventListener('abort', () => resolve(false), { once: true });
    if (signal.aborted) resolve(false);
  });
  const reported = new Set<string>();
  const report = (): void => {
    for (const { name, state } of life.status.containerStatuses) {
      if (state.terminated === undefined || reported.has(name) || signal.aborted) continue;
      reported.add(name);
      const { reason, exitCode, message } = state.terminated;
      const known = reason === 'ContainerStatusUnknown' ? undefined : exitCode;
      const { restartPolicy } = life.pod;
      const again = wouldRestart(restartPolicy, known)
        ? `; a cluster would start it again (restartPolicy ${restartPolicy})`
        : '';
      output.note(
        `container ${name} ended with exit code ${known ?? `unknown (${message ?? ''})`}${again}`,
      );
    }
  };
  report();
  const unwatch = life.onChange(report);
  try {
    return await Promise.race([ended.then(() => true), stopped]);
  } finally {
    unwatch();
  }
}

/** This program: Node with its flags, and the file it was started with. */
function ourselves(): readonly string[] {
  return [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
}

/** `disable_guest_empty_dir` and `emptydir_mode` of the runtime. */
function emptyDirsOf(options: CommandContext['options']): EmptyDirSettings {
  const modes: readonly EmptyDirSettings['mode'][] = ['block-encrypted', 'block-plain'];
  const mode = options.text('emptydir-mode');
  return {
    disableGuestEmptyDir: options.flag('disable-guest-empty-dir'),
    mode: modes.find((one) => one === mode) ?? 'shared-fs',
  };
}
