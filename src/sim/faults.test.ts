/** Faults belong to one pod: given with it, changed on it, and its neighbour never hears of them. */
import { expect, test } from 'vitest';
import { parseManifest, type Pod } from '#kube';
import { createSimulator } from './simulator.ts';
import type { SimulatorConfig } from './simulator-config.ts';

const POLICY = [
  'package agent_policy',
  ...[
    'CopyFile',
    'CreateContainer',
    'CreateSandbox',
    'DestroySandbox',
    'GetOOMEvent',
    'GuestDetails',
    'ReadStream',
    'RemoveContainer',
    'SignalProcess',
    'StartContainer',
    'WaitProcess',
  ].map((name) => `default ${name}Request := true`),
  '',
].join('\n');

const open = (config: Partial<SimulatorConfig> = {}) =>
  createSimulator({
    imagePolicy: POLICY,
    // Ports of its own: the tests of other rooms run beside this one.
    peerPods: { VXLAN_PORT: '9137', FORWARDER_PORT: '15287', PROXY_TIMEOUT: '2s' },
    ...config,
  });

const podOf = (name: string): Pod =>
  parseManifest(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { containers: [{ name: 'main', image: 'busybox', command: ['sleep', '3600'] }] },
    }),
    `${name}.yaml`,
  ).pods[0]!;

const ping = (pod: { ping(signal?: AbortSignal): Promise<unknown> }) =>
  pod.ping(AbortSignal.timeout(100));

test('one of two pods is in the dark, and comes back', async () => {
  await using sim = await open();
  const [dark, well] = await Promise.all([
    sim.runPod(podOf('dark'), { faults: ['9000:black-hole'] }),
    sim.runPod(podOf('well')),
  ]);
  await expect(ping(dark)).rejects.toThrow();
  await well.ping();
  await dark.changeFaults([]);
  await dark.ping();
  await expect(well.changeFaults(['9000:refuse'])).rejects.toMatchObject({ code: 'SIM_NO_FAULTS' });
});

test('one of two pods cannot be dialled, and its neighbour starts', async () => {
  await using sim = await open({ faultsOnDemand: true });
  const refused = sim.runPod(podOf('dark'), { faults: ['15150:wrong-certificate'] });
  const [first, second] = await Promise.allSettled([refused, sim.runPod(podOf('well'))]);
  expect(first).toMatchObject({
    status: 'rejected',
    reason: { message: expect.stringContaining('context deadline exceeded') as string },
  });
  expect(second.status).toBe('fulfilled');
  expect([...sim.pods.keys()]).toEqual(['default/well']);
  const well = sim.pods.get('default/well')!;
  await well.changeFaults(['15150:delay=1ms', '9000:delay=1ms']);
  await well.ping();
});

test.each([
  { note: 'a fault', config: { faults: ['15150:rest'] }, code: 'PEERPOD_FAULT' },
  { note: 'a release', config: { adaptorVersion: 'newest' }, code: 'SIM_ADAPTOR_VERSION' },
])('a slip in $note is told before anything is made', async ({ config, code }) => {
  await expect(open(config)).rejects.toMatchObject({ code });
});
