/** The kernel as the other end. Skipped where there is no Linux, no root or no `ip`. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { Duplex, PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createAddressPool } from '../vm/address-pool.ts';
import { byteStreamOf } from './byte-stream.ts';
import { openKernelEnd, type KernelEnd } from './kernel-end.ts';
import { openPodNetwork } from './pod-network.ts';
import { macForIp, openWorkerNetworkOn, type WorkerNetwork } from './worker-network.ts';

const run = promisify(execFile);
const PROBE = 'ks-test-probe';
const POD = '10.244.1.21';
const VNI = 555000;
const PORT = 9000;
const PAGE = Buffer.alloc(8 << 20, 'from the pod to the kernel ');

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

function available(): boolean {
  try {
    execFileSync('ip', ['netns', 'add', PROBE], { stdio: 'ignore' });
    const device = ['link', 'add', 'v', 'type', 'vxlan', 'id', '1', 'dstport', '9'];
    execFileSync('ip', ['-n', PROBE, ...device], { stdio: 'ignore' });
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    spawnSync('ip', ['netns', 'del', PROBE]);
  }
}

const open: { close(): Promise<void> }[] = [];
const opened = <T extends { close(): Promise<void> }>(resource: T): T => {
  open.push(resource);
  return resource;
};
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

/** A pod that gives everyone the page and tells the digest of what it is sent. */
function podServer() {
  const http = createServer((req, res) => {
    if (req.method !== 'PUT') {
      res.end(PAGE);
      return;
    }
    const hash = createHash('sha256');
    req.on('data', (chunk: Buffer) => hash.update(chunk));
    req.on('end', () => res.end(hash.digest('hex')));
  });
  return {
    ports: () => [8080],
    connect: () => {
      const [a, b] = [new PassThrough(), new PassThrough()];
      http.emit('connection', Duplex.from({ readable: a, writable: b }));
      return byteStreamOf(Duplex.from({ readable: b, writable: a }));
    },
  };
}

async function kernelAndPod(): Promise<{ network: WorkerNetwork; kernel: KernelEnd }> {
  const pool = createAddressPool({ forwarderPort: 0, vxlanPort: PORT });
  const { vxlan: socket } = opened(await pool.claim());
  const network = opened(openWorkerNetworkOn(socket, {}));
  const kernel = opened(await openKernelEnd({ network, socket, port: PORT }));
  const machine = opened(await pool.claim());
  opened(
    openPodNetwork(machine.vxlan, {
      config: {
        podip: `${POD}/24`,
        'pod-hw-addr': macForIp(POD),
        interface: 'eth0',
        'worker-node-ip': kernel.workerNodeIp,
        'tunnel-type': 'vxlan',
        routes: [{ dst: '10.244.1.0/24', gw: '', dev: 'eth0' }],
        neighbors: null,
        mtu: 1500,
        index: 0,
        'vxlan-port': kernel.port,
        'vxlan-id': VNI,
        dedicated: false,
        'external-net-via-pod-vm': false,
      },
      ports: podServer(),
    }),
  );
  opened(await kernel.addTunnel(VNI, { host: machine.host, port: PORT }));
  return { network, kernel };
}

describe.skipIf(!available())('the worker end in the kernel', () => {
  test('is one vxlan device per pod, as a real worker has it', async () => {
    const { kernel } = await kernelAndPod();
    const [device] = JSON.parse(
      ip('-n', kernel.netns, '-d', '-j', 'link', 'show', `vxlan${VNI}`),
    ) as [{ mtu: number; linkinfo: { info_data: Record<string, unknown> } }];
    expect(device.mtu).toBe(1450);
    expect(device.linkinfo.info_data).toMatchObject({ id: VNI, port: PORT, learning: false });
    expect(device.linkinfo.info_data['remote']).toMatch(/^127\.42\./);
    await expect(kernel.addTunnel(VNI, { host: '127.42.255.1', port: PORT })).rejects.toMatchObject(
      {
        code: 'PEERPOD_VNI_IN_USE',
      },
    );
    await expect(kernel.addTunnel(7, { host: '127.42.255.1', port: 1 })).rejects.toMatchObject({
      code: 'PEERPOD_KERNEL_NETWORK',
    });
  });

  test('curl in the namespace fetches 8 MiB from a pod and sends it 8 MiB; we reach both', async () => {
    const { network, kernel } = await kernelAndPod();
    expect(await network.ping(kernel.ip, { size: 1422 })).toMatchObject({ bytes: 1430 });
    expect(await network.ping(POD)).toMatchObject({ from: POD });
    const curl = async (...args: string[]): Promise<Buffer> => {
      const command = ['curl', '-sS', '--max-time', '30', ...args, `http://${POD}:8080/`];
      const { stdout } = await run('ip', ['netns', 'exec', kernel.netns, ...command], {
        encoding: 'buffer',
        maxBuffer: 16 << 20,
      });
      return stdout;
    };
    const page = await curl();
    expect(page.length).toBe(PAGE.length);
    expect(page.equals(PAGE)).toBe(true);
    // And the other way: the kernel sends, the pod receives.
    const directory = await mkdtemp(join(tmpdir(), 'katasim-'));
    opened({ close: () => rm(directory, { recursive: true, force: true }) });
    const file = join(directory, 'upload');
    await writeFile(file, PAGE);
    expect((await curl('-T', file)).toString()).toBe(
      createHash('sha256').update(PAGE).digest('hex'),
    );
    await expect(
      run('ip', ['netns', 'exec', kernel.netns, 'curl', '-sS', `http://${POD}:81/`]),
    ).rejects.toThrow(/refused|Failed to connect/);
  });

  test('nothing of it is left, and what a killed one left is swept', async () => {
    // No process has this id: Linux stops at 2^22.
    const stale = 'katasim-4194305';
    ip('netns', 'add', stale);
    const { kernel } = await kernelAndPod();
    const names = (): string[] =>
      ip('netns', 'list')
        .split('\n')
        .map((line) => line.split(' ')[0] ?? '');
    expect(names()).not.toContain(stale);
    expect(names()).toContain(kernel.netns);
    const alias = `alias ${kernel.netns}`;
    expect(ip('link', 'show', 'type', 'veth')).toContain(alias);
    for (const resource of open.splice(0).reverse()) await resource.close();
    expect(names()).not.toContain(kernel.netns);
    expect(ip('link', 'show', 'type', 'veth')).not.toContain(alias);
  });
});
