/**
 * Many pods that come and go in one process: all at once, in waves, at random and given up half-way. What
 * one of them leaves behind would be there a thousand times on a large node, so nothing may be.
 */
import { readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { seededRandom } from '#base';
import { parseManifest, type Pod } from '#kube';
import { FILES_PER_POD } from './open-files.ts';
import { createSimulator } from './simulator.ts';
import type { Simulator } from './simulator-config.ts';
import type { SimulatedPod } from './simulated-pod.ts';

const PODS = 40;
const POLICY = 'package agent_policy\ndefault AllowRequestsFailingPolicy := true\n';
const ANOTHER = `${POLICY}# of every second pod\n`;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function podNamed(name: string, policy?: string): Pod {
  const annotations =
    policy === undefined
      ? {}
      : { 'io.katacontainers.config.agent.policy': Buffer.from(policy).toString('base64') };
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, annotations },
    spec: {
      runtimeClassName: 'kata-remote',
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image: 'busybox', command: ['sleep', '600'] }],
    },
  });
  const [pod] = parseManifest(text, `${name}.json`).pods;
  if (pod === undefined) throw new Error('the manifest has a pod');
  return pod;
}

const simulator = (limit = PODS): Promise<Simulator> =>
  createSimulator({
    imagePolicy: POLICY,
    peerPods: { PEERPODS_LIMIT_PER_NODE: String(limit) },
  });

const closeAll = (pods: readonly SimulatedPod[]): Promise<unknown> =>
  Promise.all(pods.map((pod) => pod.close()));

/** Sockets, timers and files of this process, by kind. Open files are only told on Linux. */
function held(): Readonly<Record<string, number>> {
  const kinds: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) kinds[kind] = (kinds[kind] ?? 0) + 1;
  // The test's own time limit, and whatever the runner does at the moment.
  for (const kind of ['Timeout', 'MessagePort', 'FSReqPromise']) kinds[kind] = 0;
  if (process.platform === 'linux') kinds['files'] = readdirSync('/proc/self/fd').length;
  return kinds;
}

/** The kernel tells of the last sockets' end a few turns of the event loop later. */
async function expectHeld(before: Readonly<Record<string, number>>): Promise<void> {
  for (let turn = 0; turn < 1000; turn++) {
    if (Object.entries(held()).every(([kind, count]) => count <= (before[kind] ?? 0))) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(held()).toEqual(before);
}

async function expectNothingLeft(sim: Simulator): Promise<void> {
  expect([sim.pods.size, sim.capacity.pods.length, sim.worker.sandboxes.size]).toEqual([0, 0, 0]);
  expect(await readdir(join(sim.directory, 'pods'))).toEqual([]);
  expect(await readdir(join(sim.directory, 'i'))).toEqual([]);
}

test('forty pods come at once, in waves and at random, and nothing is left of them', async () => {
  await using sim = await simulator();
  const start = (n: number): Promise<SimulatedPod> =>
    sim.runPod(podNamed(`pod-${n}`, n % 2 === 0 ? undefined : ANOTHER));
  await closeAll([await start(0), await start(1)]);
  const before = held();

  const remembered = await allAtOnce(sim, start, before);
  await expectNothingLeft(sim);
  await expectHeld(before);
  for (let wave = 0; wave < 3; wave++) {
    await closeAll(await Promise.all(Array.from({ length: 8 }, (_, n) => start(n))));
  }
  await randomly(sim, start);
  await expectNothingLeft(sim);
  await expectHeld(before);
  collectGarbage();
  expect(remembered.filter((part) => part.deref() !== undefined)).toEqual([]);
  expect(sim.policies.compiled).toBe(2);
});

/** Looks at forty pods that run together. Returns what ought to be garbage afterwards. */
async function allAtOnce(
  sim: Simulator,
  start: (n: number) => Promise<SimulatedPod>,
  before: Readonly<Record<string, number>>,
): Promise<readonly WeakRef<object>[]> {
  const all = await Promise.all(Array.from({ length: PODS }, (_, n) => start(n)));
  const distinct = (of: (pod: SimulatedPod) => unknown): number => new Set(all.map(of)).size;
  expect(distinct(({ podIp }) => podIp)).toBe(PODS);
  expect(distinct(({ vni }) => vni)).toBe(PODS);
  expect(distinct(({ machine }) => machine.host)).toBe(PODS);
  expect(distinct(({ vm }) => vm.files.readText('/run/peerpod/apf.json'))).toBe(PODS);
  // The image's policy, and the one that every second pod brings.
  expect([sim.policies.compiled, sim.policies.size]).toEqual([2, 2]);
  const filesPerPod = ((held()['files'] ?? 0) - (before['files'] ?? 0)) / PODS;
  expect(filesPerPod).toBeLessThanOrEqual(FILES_PER_POD);
  await closeAll(all);
  return all.flatMap((pod) =>
    [pod, pod.vm, pod.agent, pod.sandbox.client].map((part) => new WeakRef<object>(part)),
  );
}

/** Starts and stops in an order that only the seed knows. */
async function randomly(
  sim: Simulator,
  start: (n: number) => Promise<SimulatedPod>,
): Promise<void> {
  const random = seededRandom(42);
  const under = (bound: number): number => (random.bytes(1)[0] ?? 0) % bound;
  const running = new Map<number, Promise<SimulatedPod>>();
  const stopping: Promise<unknown>[] = [];
  for (let step = 0; step < 60; step++) {
    const n = under(12);
    const pod = running.get(n);
    if (pod === undefined) running.set(n, start(n));
    else {
      running.delete(n);
      const stopped = pod.then((one) => one.close());
      stopping.push(stopped);
      // Its name is free again only then.
      if (under(2) === 0) await stopped;
      else await Promise.all(stopping.splice(0));
    }
  }
  await Promise.all(stopping);
  await closeAll(await Promise.all(running.values()));
  expect(sim.pods.size).toBe(0);
}

test('starts given up at any call leave nothing, and their places are free', async () => {
  await using sim = await simulator(4);
  await closeAll([await sim.runPod(podNamed('first'))]);
  const before = held();
  for (const enough of [1, 2, 5, 9, 14]) {
    const giveUp = new AbortController();
    let calls = 0;
    const starts = Array.from({ length: 4 }, (_, n) =>
      sim.runPod(podNamed(`pod-${n}`), {
        signal: giveUp.signal,
        onCall: () => {
          if (++calls === enough) giveUp.abort(new Error('given up'));
        },
      }),
    );
    const ends = await Promise.allSettled(starts);
    await closeAll(ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : [])));
    await expectNothingLeft(sim);
  }
  await expectHeld(before);
});

test('what the limit of open files has no room for is refused before anything is touched', async () => {
  await using sim = await createSimulator({ imagePolicy: POLICY, openFiles: 96 + FILES_PER_POD });
  await using one = await sim.runPod(podNamed('one'));
  await expect(sim.runPod(podNamed('two'))).rejects.toMatchObject({
    code: 'SIM_OPEN_FILES',
    message: 'no room for 2 pods within the limit of 109 open files',
    hint: 'Raise it first: ulimit -n 122',
  });
  expect(sim.capacity.pods).toEqual(['default/one']);
  await one.close();
  await using two = await sim.runPod(podNamed('two'));
  expect(two.sandbox.pod.name).toBe('two');
});
