/** The webhook and the scheduler in front of a simulated node, with real pods behind them. */
import { expect, test } from 'vitest';
import { parseManifest, type Pod } from '#kube';
import { parseAllocatable } from './allocatable.ts';
import { createSimulator } from './simulator.ts';

const ALLOW_ALL = `package agent_policy
default AllowRequestsFailingPolicy := true
`;

function podNamed(name: string, namespace = 'default'): Pod {
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      runtimeClassName: 'kata-remote',
      containers: [
        {
          name: 'main',
          image: 'busybox',
          command: ['sleep', '600'],
          resources: { requests: { cpu: '3', memory: '1Gi' } },
        },
      ],
    },
  });
  const [pod] = parseManifest(text, `${name}.json`).pods;
  if (pod === undefined) throw new Error('the manifest has a pod');
  return pod;
}

test('the limit of the node holds, a namespace beyond the webhook does not count, a delete frees', async () => {
  await using sim = await createSimulator({
    imagePolicy: ALLOW_ALL,
    peerPods: { PEERPODS_LIMIT_PER_NODE: '1' },
  });
  const first = await sim.runPod(podNamed('one'));
  const sandbox = sim.worker.sandboxes.get(first.sandbox.sandboxId);
  // 3 CPUs of the webhook's annotation need the second of the default sizes.
  expect(sandbox?.instanceType).toBe('Standard_DC4as_v5');
  await expect(sim.runPod(podNamed('two'))).rejects.toThrow(
    'FailedScheduling: 0/1 nodes are available: 1 Insufficient kata.peerpods.io/vm. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  );
  const system = await sim.runPod(podNamed('system', 'kube-system'));
  expect(sim.capacity.used('kata.peerpods.io/vm')).toBe(1);
  await first.close();
  await system.close();
  expect(sim.capacity.pods).toEqual([]);
  await using third = await sim.runPod(podNamed('two'));
  expect(third.sandbox.pod.name).toBe('two');
});

test('the overhead of the class is counted where the node says what it has', async () => {
  await using sim = await createSimulator({
    imagePolicy: ALLOW_ALL,
    allocatable: parseAllocatable('cpu=300m, memory=1Gi'),
  });
  await using _first = await sim.runPod(podNamed('one'));
  await expect(sim.runPod(podNamed('two'))).rejects.toThrow(
    'FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  );
});

test.each(['', 'cpu', 'cpu=', 'cpu=much', 'cpu=-1', 'disk=1Gi', 'cpu=1=2', 'cpu=1,,memory=1Gi'])(
  'allocatable %j is refused',
  (text) => {
    expect(() => parseAllocatable(text)).toThrow('is not an allocatable resource');
  },
);
