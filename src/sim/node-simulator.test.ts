import { expect, test } from 'vitest';
import { parseManifest } from '#kube';
import type { PodProvider } from '#node';
import { createSimulator } from './simulator.ts';

const manifest = `
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  restartPolicy: Never
  containers:
  - {name: main, image: busybox, command: [sh, -c, 'echo one; echo two; sleep 1000']}
`;
const allowAll = [
  'package agent_policy',
  ...['CopyFile', 'CreateContainer', 'CreateSandbox', 'DestroySandbox', 'ExecProcess'],
  ...['GuestDetails', 'ReadStream', 'RemoveContainer', 'SignalProcess', 'StartContainer'],
  ...['StatsContainer', 'WaitProcess', 'WriteStream', 'CloseStdin', 'TtyWinResize'],
  ...['OnlineCPUMem', 'RemoveStaleVirtiofsShareMounts'],
].map((name, i) => (i === 0 ? name : `default ${name}Request := true`));

test('a pod through the provider interface alone: created, looked at, used and deleted', async () => {
  await using sim = await createSimulator({ imagePolicy: allowAll.join('\n') });
  const provider: PodProvider = sim;
  const name = { namespace: 'shop', name: 'web' };
  expect([provider.getPods(), provider.getPodStatus(name)]).toEqual([[], undefined]);
  await provider.createPod(parseManifest(manifest, 'pod.yaml').pods[0]!);
  expect(provider.getPodStatus(name)).toMatchObject({
    phase: 'Running',
    containerStatuses: [{ name: 'main', ready: true }],
  });
  expect(provider.getPod(name)?.name).toBe('web');

  const session = await provider.runInContainer(name, { command: ['false'] });
  expect(await session.exitCode).toBe(1);

  const lines: string[] = [];
  const over = new AbortController();
  const log = provider.getContainerLogs(name, 'main', { follow: true, signal: over.signal });
  for await (const { text } of log) {
    lines.push(text.toString());
    if (lines.length === 2) over.abort();
  }
  expect(lines).toEqual(['one\n', 'two\n']);

  await provider.deletePod(name);
  expect(provider.getPods()).toEqual([]);
  await expect(provider.deletePod(name)).rejects.toMatchObject({ code: 'SIM_NO_POD' });
});
