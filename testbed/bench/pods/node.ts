/**
 * One node with so many pod VMs, in a process of its own so that nothing is left of another round:
 * starts them, calls through all their tunnels, stops them, and looks at what remains.
 * Arguments: how many pods. Answers with one line of JSON.
 */
import { readdirSync } from 'node:fs';
import process from 'node:process';
import { createSimulator, type SimulatedPod, type Simulator } from '#sim';
import { parseManifest, type Pod } from '#kube';

export interface NodeFigures {
  readonly pods: number;
  readonly startedPerSecond: number;
  readonly cpuMsPerStart: number;
  readonly stoppedPerSecond: number;
  readonly heapKibPerPod: number;
  readonly rssKibPerPod: number;
  readonly filesPerPod: number;
  readonly callsPerSecond: number;
  readonly callP50Us: number;
  readonly callP99Us: number;
  readonly policiesCompiled: number;
  /** Files and handles more than before the first pod, once all are gone. */
  readonly filesLeft: number;
  readonly handlesLeft: number;
}

/** Of the kind that genpolicy writes in spirit: it decides on every request that a start sends. */
const POLICY = `package agent_policy
default AllowRequestsFailingPolicy := false
default CreateSandboxRequest := true
default CopyFileRequest := true
default GuestDetailsRequest := true
default StartContainerRequest := true
default GetOOMEventRequest := true
default WaitProcessRequest := true
default ReadStreamRequest := true
default SignalProcessRequest := true
default RemoveContainerRequest := true
default DestroySandboxRequest := true
default StatsContainerRequest := true
default CreateContainerRequest := false
CreateContainerRequest if {
	every arg in input.OCI.Process.Args { count(arg) < 4096 }
}
`;
/** Starts on their way at any time. */
const AT_ONCE = 32;
/** Pods started and stopped beforehand: a process that has just begun interprets most of its code. */
const WARM_UP = 32;
const CALLS = 20_000;
const CALLS_IN_FLIGHT = 32;

const count = Number(process.argv[2]);
process.stdout.write(`${JSON.stringify(await measure(count))}\n`);

async function measure(pods: number): Promise<NodeFigures> {
  await using sim = await createSimulator({
    imagePolicy: POLICY,
    peerPods: { PEERPODS_LIMIT_PER_NODE: String(pods + WARM_UP) },
  });
  await stopAll(await startAll(sim, WARM_UP, 'warm'));
  const before = await settled();
  const cpu = process.cpuUsage();
  const began = performance.now();
  const running = await startAll(sim, pods, 'pod');
  const startSeconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const full = await settled();
  const { seconds, timesUs } = await callAll(running);
  const stopping = performance.now();
  await stopAll(running);
  const stopSeconds = (performance.now() - stopping) / 1000;
  const after = await settled();
  return {
    pods,
    startedPerSecond: pods / startSeconds,
    cpuMsPerStart: (user + system) / 1000 / pods,
    stoppedPerSecond: pods / stopSeconds,
    heapKibPerPod: (full.heap - before.heap) / pods / 1024,
    rssKibPerPod: (full.rss - before.rss) / pods / 1024,
    filesPerPod: (full.files - before.files) / pods,
    callsPerSecond: CALLS / seconds,
    callP50Us: quantile(timesUs, 0.5),
    callP99Us: quantile(timesUs, 0.99),
    policiesCompiled: sim.policies.compiled,
    filesLeft: after.files - before.files,
    handlesLeft: after.handles - before.handles,
  };
}

async function startAll(sim: Simulator, pods: number, name: string): Promise<SimulatedPod[]> {
  const running: SimulatedPod[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < pods) running.push(await sim.runPod(podNamed(`${name}-${next++}`)));
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, pods) }, worker));
  return running;
}

async function stopAll(pods: readonly SimulatedPod[]): Promise<void> {
  await Promise.all(pods.map((pod) => pod.close()));
}

/** A gated call to one pod after another, through the shim's own connections. */
async function callAll(
  pods: readonly SimulatedPod[],
): Promise<{ seconds: number; timesUs: number[] }> {
  const timesUs: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < CALLS; n = next++) {
      const { client, containers } = (pods[n % pods.length] ?? missing()).sandbox;
      const start = performance.now();
      await client.call('grpc.AgentService', 'StatsContainer', {
        container_id: containers[0]?.id ?? '',
      });
      timesUs.push((performance.now() - start) * 1000);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, worker));
  return { seconds: (performance.now() - start) / 1000, timesUs };
}

/** What the process holds once garbage is gone. */
async function settled() {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    heap: heapUsed + external,
    rss,
    files: readdirSync('/proc/self/fd').length,
    handles: process.getActiveResourcesInfo().length,
  };
}

function podNamed(name: string): Pod {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      runtimeClassName: 'kata-remote',
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image: 'busybox', command: ['sleep', '3600'] }],
    },
  };
  return parseManifest(JSON.stringify(manifest), `${name}.json`).pods[0] ?? missing();
}

function missing(): never {
  throw new Error('there is a pod');
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
}
