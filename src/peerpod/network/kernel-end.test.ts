/** The kernel as the other end. Skipped where there is no Linux, no root or no `ip`. */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { Duplex, PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { byteStreamOf } from './byte-stream.ts';
import { openKernelEnd } from './kernel-end.ts';
import { openPodNetwork } from './pod-network.ts';
import { openVxlanSocket } from './vxlan-socket.ts';
import { macForIp, openWorkerNetwork } from './worker-network.ts';

const run = promisify(execFile);
const NETNS = 'katasim-test';
const POD = '10.244.1.21';
const PAGE = Buffer.alloc(8 << 20, 'from the pod to the kernel ');

function available(): boolean {
  try {
    execFileSync('ip', ['netns', 'add', `${NETNS}-probe`], { stdio: 'ignore' });
    execFileSync(
      'ip',
      ['-n', `${NETNS}-probe`, 'link', 'add', 'v', 'type', 'vxlan', 'id', '1', 'dstport', '9'],
      { stdio: 'ignore' },
    );
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    try {
      execFileSync('ip', ['netns', 'del', `${NETNS}-probe`], { stdio: 'ignore' });
    } catch {
      // There was none.
    }
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

test.skipIf(!available())(
  'curl in a namespace fetches 8 MiB from a pod; we ping the kernel',
  async () => {
    const network = opened(await openWorkerNetwork({ host: '127.0.0.1', port: 0 }));
    const socket = opened(await openVxlanSocket({ host: '127.0.0.1', port: 0 }));
    const http = createServer((req, res) => {
      if (req.method !== 'PUT') {
        res.end(PAGE);
        return;
      }
      const hash = createHash('sha256');
      req.on('data', (chunk: Buffer) => hash.update(chunk));
      req.on('end', () => res.end(hash.digest('hex')));
    });
    opened(
      openPodNetwork(socket, {
        remote: network,
        config: {
          podip: `${POD}/24`,
          'pod-hw-addr': macForIp(POD),
          interface: 'eth0',
          'worker-node-ip': '127.0.0.1/8',
          'tunnel-type': 'vxlan',
          routes: [{ dst: '10.244.1.0/24', gw: '', dev: 'eth0' }],
          neighbors: null,
          mtu: 1500,
          index: 0,
          'vxlan-id': 555000,
          dedicated: false,
          'external-net-via-pod-vm': false,
        },
        ports: {
          ports: () => [8080],
          connect: () => {
            const [a, b] = [new PassThrough(), new PassThrough()];
            http.emit('connection', Duplex.from({ readable: a, writable: b }));
            return byteStreamOf(Duplex.from({ readable: b, writable: a }));
          },
        },
      }),
    );
    opened(network.addTunnel(555000, { host: socket.host, port: socket.port }));
    opened(await openKernelEnd({ network, netns: NETNS, address: '10.244.1.2/24' }));

    expect(await network.ping('10.244.1.2', { size: 1422 })).toMatchObject({ bytes: 1430 });
    const curl = async (...args: string[]): Promise<Buffer> => {
      const command = [
        'netns',
        'exec',
        NETNS,
        'curl',
        '-sS',
        '--max-time',
        '30',
        ...args,
        `http://${POD}:8080/`,
      ];
      const { stdout } = await run('ip', command, { encoding: 'buffer', maxBuffer: 16 << 20 });
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
      run('ip', ['netns', 'exec', NETNS, 'curl', '-sS', `http://${POD}:81/`]),
    ).rejects.toThrow(/refused|Failed to connect/);
  },
);
