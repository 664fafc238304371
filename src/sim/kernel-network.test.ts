/** A pod whose tunnel ends in the kernel. Skipped where there can be no namespace with a vxlan device. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parseManifest } from '#kube';
import { createSimulator } from './simulator.ts';

const run = promisify(execFile);
const PROBE = 'ks-sim-probe';

function available(): boolean {
  try {
    execFileSync('ip', ['netns', 'add', PROBE], { stdio: 'ignore' });
    const device = ['link', 'add', 'v', 'type', 'vxlan', 'id', '1', 'dstport', '9'];
    execFileSync('ip', ['-n', PROBE, ...device], { stdio: 'ignore' });
    execFileSync('ping', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    spawnSync('ip', ['netns', 'del', PROBE]);
  }
}

const POD = `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
  - { name: main, image: busybox, command: [sleep, "3600"] }
`;

test.skipIf(!available())(
  'with net: kernel, plain ping reaches the pod; a second worker is apart',
  async () => {
    const open = () =>
      createSimulator({
        imagePolicy: 'package agent_policy\ndefault AllowRequestsFailingPolicy := true\n',
        // Ports of its own: the tests of other rooms run beside this one.
        peerPods: { VXLAN_PORT: '9108', FORWARDER_PORT: '15258' },
        net: 'kernel',
      });
    await using sim = await open();
    await using other = await open();
    const netns = sim.worker.kernel?.netns ?? '';
    expect(other.worker.kernel?.netns).not.toBe(netns);
    const pod = await sim.runPod(parseManifest(POD, 'pod.yaml').pods[0]!);
    const ping = async (namespace: string): Promise<string> => {
      const words = ['ping', '-n', '-c', '1', '-W', '5', pod.podIp];
      return (await run('ip', ['netns', 'exec', namespace, ...words])).stdout;
    };
    expect(await ping(netns)).toContain(' 0% packet loss');
    expect(await pod.ping()).toMatchObject({ from: pod.podIp });
    await expect(ping(other.worker.kernel?.netns ?? '')).rejects.toMatchObject({ code: 1 });
    await pod.close();
    const links = (await run('ip', ['-n', netns, 'link'])).stdout;
    expect(links).not.toContain('vxlan555000');
  },
);
