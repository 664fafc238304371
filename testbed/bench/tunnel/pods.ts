/** Pods through the whole path in one process: webhook, scheduler, adaptor, VM, TLS, agent, container. */
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { createSimulator, type SimulatedPod } from '#sim';
import { parseManifest } from '#shim';

export interface PodFigures {
  readonly podsPerSecond: number;
  readonly stopsPerSecond: number;
  readonly kibPerPod: number;
}

const POLICY = 'package agent_policy\ndefault AllowRequestsFailingPolicy := true\n';
/** As many starts at once as a kubelet makes. Source: kubelet, serializeImagePulls off, 10 workers. */
const AT_ONCE = 10;

export async function measurePods(count: number): Promise<PodFigures> {
  await using sim = await createSimulator({
    imagePolicy: POLICY,
    peerPods: { PEERPODS_LIMIT_PER_NODE: String(count + 1) },
  });
  // One pod first: what every process needs once is not a pod's.
  await using _first = await sim.runPod(podNamed('first'));
  const before = usedBytes();
  const pods: SimulatedPod[] = [];
  const start = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) pods.push(await sim.runPod(podNamed(`pod-${next++}`)));
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker));
  const started = performance.now();
  const bytes = usedBytes() - before;
  const stopping = performance.now();
  await Promise.all(pods.map((pod) => pod.close()));
  return {
    podsPerSecond: (count / (started - start)) * 1000,
    stopsPerSecond: (count / (performance.now() - stopping)) * 1000,
    kibPerPod: bytes / count / 1024,
  };
}

function usedBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function podNamed(name: string) {
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
  const [pod] = parseManifest(JSON.stringify(manifest), `${name}.json`).pods;
  if (pod === undefined) throw new Error('the manifest has a pod');
  return pod;
}
