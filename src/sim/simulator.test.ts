import { access, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parseManifest, type Pod } from '#kube';
import { PodStartError } from '#shim';
import { logText, parseCriLogLine } from '#node';
import { createSimulator } from './simulator.ts';
import type { SimulatorConfig } from './simulator-config.ts';

const ALLOW = [
  'CopyFileRequest',
  'CreateContainerRequest',
  'CreateSandboxRequest',
  'DestroySandboxRequest',
  'ExecProcessRequest',
  'GetOOMEventRequest',
  'GuestDetailsRequest',
  'ReadStreamRequest',
  'RemoveContainerRequest',
  'RemoveStaleVirtiofsShareMountsRequest',
  'SetPolicyRequest',
  'SignalProcessRequest',
  'StartContainerRequest',
  'WaitProcessRequest',
];
const policyWithout = (...refused: readonly string[]) =>
  [
    'package agent_policy',
    ...ALLOW.map((name) => `default ${name} := ${refused.includes(name) ? 'false' : 'true'}`),
    '',
  ].join('\n');

// Ports of its own: the tests of other rooms run beside this one.
const open = (config: Partial<SimulatorConfig> = {}) =>
  createSimulator({
    imagePolicy: policyWithout(),
    peerPods: { VXLAN_PORT: '9107', FORWARDER_PORT: '15257' },
    ...config,
  });

const SLEEP = ['sleep', '3600'];
const podOf = (
  name: string,
  {
    command = SLEEP,
    annotations = {},
  }: { command?: readonly string[]; annotations?: Readonly<Record<string, string>> } = {},
): Pod =>
  parseManifest(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, annotations },
      spec: { containers: [{ name: 'main', image: 'busybox', command }] },
    }),
    `${name}.yaml`,
  ).pods[0]!;

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

test('two pods start at once, each with a VM, an address and a VNI of its own', async () => {
  await using sim = await open();
  const [one, two] = await Promise.all([sim.runPod(podOf('one')), sim.runPod(podOf('two'))]);
  expect(new Set([one.podIp, two.podIp]).size).toBe(2);
  expect(new Set([one.vni, two.vni]).size).toBe(2);
  expect([...sim.pods.keys()].sort()).toEqual(['default/one', 'default/two']);
  for (const pod of [one, two]) {
    let said = '';
    const session = await pod.sandbox.exec({
      command: ['hostname'],
      stdout: (data) => void (said += Buffer.from(data).toString()),
    });
    expect([await session.exitCode, said]).toEqual([0, `${pod.sandbox.pod.name}\n`]);
  }
});

test('a refused start leaves nothing, and its name and address can be used again', async () => {
  await using sim = await open({ imagePolicy: policyWithout('CreateContainerRequest') });
  const seen: string[] = [];
  const error: unknown = await sim
    .runPod(podOf('web'), { onRefused: ({ vm }) => void seen.push(vm.name) })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PodStartError);
  expect(error).toMatchObject({ endpoint: 'CreateContainerRequest', stage: 'sandbox' });
  expect(seen).toHaveLength(1);
  expect([sim.pods.size, sim.worker.sandboxes.size]).toEqual([0, 0]);
  const policy = Buffer.from(policyWithout()).toString('base64');
  const annotations = { 'io.katacontainers.config.agent.policy': policy };
  await using again = await sim.runPod(podOf('web', { annotations }));
  expect(again.sandbox.pod.name).toBe('web');
});

test('a VM whose policy does not parse is reported at once, with the place', async () => {
  await using sim = await open({ imagePolicy: 'package agent_policy\nx := {\n' });
  await expect(sim.runPod(podOf('web'))).rejects.toMatchObject({
    code: 'SIM_VM_DEAD',
    message: expect.stringContaining('kata-agent') as string,
  });
  expect([sim.pods.size, sim.worker.sandboxes.size]).toEqual([0, 0]);
});

test('a name is taken until its pod is gone', async () => {
  await using sim = await open();
  const first = await sim.runPod(podOf('web'));
  await expect(sim.runPod(podOf('web'))).rejects.toMatchObject({ code: 'SIM_POD_EXISTS' });
  await first.close();
  expect(sim.pods.size).toBe(0);
  await using second = await sim.runPod(podOf('web'));
  expect(second.sandbox.sandboxId).not.toBe(first.sandbox.sandboxId);
});

test('the last line of a container that ended is in its log, newline or not', async () => {
  await using sim = await open();
  const command = ['sh', '-c', 'echo one; printf two'];
  await using pod = await sim.runPod(podOf('web', { command }));
  expect(await pod.sandbox.containers[0]!.session.exitCode).toBe(0);
  const rows = (await readFile(pod.logs.pathOf('main'), 'latin1')).trimEnd().split('\n');
  const lines = rows.map((row) => parseCriLogLine(Buffer.from(row, 'latin1'))!);
  expect(lines.map((line) => [line.partial, logText(line).toString()])).toEqual([
    [false, 'one\n'],
    [true, 'two'],
  ]);
});

test('a pod whose policy refuses the kill can still be deleted', async () => {
  await using sim = await open({ imagePolicy: policyWithout('SignalProcessRequest') });
  const pod = await sim.runPod(podOf('web'));
  await pod.close();
  expect([sim.pods.size, sim.worker.sandboxes.size]).toEqual([0, 0]);
});

test('closing while a pod starts gives the start up, and leaves no folder', async () => {
  const sim = await open();
  const start = sim.runPod(podOf('web'), {
    onCall: (method) => {
      if (method === 'CreateSandbox') void sim.close();
    },
  });
  await expect(start).rejects.toMatchObject({ code: 'SIM_CLOSED' });
  await sim.close();
  expect(await exists(sim.directory)).toBe(false);
  await expect(sim.runPod(podOf('web'))).rejects.toMatchObject({ code: 'SIM_CLOSED' });
});

test('a start that its caller gives up leaves nothing', async () => {
  await using sim = await open();
  const stop = new AbortController();
  const onCall = (method: string) => {
    if (method === 'GetGuestDetails') stop.abort();
  };
  await expect(sim.runPod(podOf('web'), { onCall, signal: stop.signal })).rejects.toThrow();
  expect([sim.pods.size, sim.worker.sandboxes.size]).toEqual([0, 0]);
});

test('a release that nobody knows is refused before anything is made', async () => {
  await expect(createSimulator({ imagePolicy: '', kataVersion: '9.9' })).rejects.toThrow(
    "there is no profile for Kata '9.9'",
  );
});
