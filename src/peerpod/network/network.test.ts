/** Worker and pod end over real UDP sockets on loopback. */
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { Duplex, PassThrough, Readable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import type { PodNetworkConfig } from '../forwarder/apf-config.ts';
import { byteStreamOf, type PodByteStream } from './byte-stream.ts';
import { openPodNetwork, type PodDialer, type PodPorts } from './pod-network.ts';
import { openVxlanSocket, type VxlanSocket } from './vxlan-socket.ts';
import {
  macForIp,
  openWorkerNetwork,
  type WorkerNetwork,
  type WorkerNetworkOptions,
} from './worker-network.ts';

const open: { close(): Promise<void> }[] = [];
const opened = <T extends { close(): Promise<void> }>(resource: T): T => {
  open.push(resource);
  return resource;
};
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

/** Two ends of one connection inside the pod. */
function pair(): [Duplex, PodByteStream] {
  const [a, b] = [new PassThrough(), new PassThrough()];
  const end = (readable: PassThrough, writable: PassThrough): Duplex =>
    Duplex.from({ readable, writable });
  return [end(a, b), byteStreamOf(end(b, a))];
}

/** The pod's listeners: every accepted connection goes to the server of its port. */
function podPorts(
  servers: ReadonlyMap<number, (connection: Duplex) => void>,
): PodPorts & { dial?: PodDialer | undefined } {
  const ports: PodPorts & { dial?: PodDialer | undefined } = {
    ports: () => [...servers.keys()],
    connect(port) {
      const server = servers.get(port);
      if (!server) return undefined;
      const [inside, outside] = pair();
      server(inside);
      return outside;
    },
    setDialer: (dialer) => void (ports.dial = dialer),
  };
  return ports;
}

function config(
  podIp: string,
  vni: number,
  change: Partial<PodNetworkConfig> = {},
): PodNetworkConfig {
  return {
    podip: `${podIp}/24`,
    'pod-hw-addr': macForIp(podIp),
    interface: 'eth0',
    'worker-node-ip': '127.0.0.1/8',
    'tunnel-type': 'vxlan',
    routes: [
      { dst: '0.0.0.0/0', gw: '10.244.1.1', dev: 'eth0' },
      { dst: '10.244.1.0/24', gw: '', dev: 'eth0', scope: 'link' },
    ],
    neighbors: null,
    mtu: 1500,
    index: vni - 555000,
    'vxlan-port': 9000,
    'vxlan-id': vni,
    dedicated: false,
    'external-net-via-pod-vm': false,
    ...change,
  };
}

interface Pod {
  readonly ip: string;
  readonly socket: VxlanSocket;
  readonly ports: ReturnType<typeof podPorts>;
}

const worker = async (options: Partial<WorkerNetworkOptions> = {}): Promise<WorkerNetwork> =>
  opened(await openWorkerNetwork({ host: '127.0.0.1', port: 0, ...options }));

async function pod(
  network: WorkerNetwork,
  n: number,
  servers: ReadonlyMap<number, (connection: Duplex) => void> = new Map(),
): Promise<Pod> {
  const socket = opened(await openVxlanSocket({ host: '127.0.0.1', port: 0 }));
  const [ip, vni] = [`10.244.1.${21 + n}`, 555000 + n];
  const ports = podPorts(servers);
  opened(openPodNetwork(socket, { config: config(ip, vni), remote: network, ports }));
  opened(network.addTunnel(vni, { host: socket.host, port: socket.port }));
  return { ip, socket, ports };
}

function get(network: WorkerNetwork, ip: string, port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ path, createConnection: () => network.connect(ip, port) }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => resolve(Buffer.concat(chunks).toString()));
    })
      .on('error', reject)
      .end();
  });
}

const http = (): ((connection: Duplex) => void) => {
  const server = createServer((req, res) => res.end(`pod says ${req.url ?? ''}`));
  return (connection) => server.emit('connection', connection);
};

describe('from the worker to a pod', () => {
  test('ARP, echo and HTTP cross UDP', async () => {
    const network = await worker();
    const { ip } = await pod(network, 0, new Map([[8080, http()]]));
    expect(await network.ping(ip)).toMatchObject({ from: ip, bytes: 64 });
    expect(await get(network, ip, 8080, '/hello')).toBe('pod says /hello');
    expect(await network.ping(ip, { size: 1422 })).toMatchObject({ bytes: 1430 });
  });

  test('a port without listener refuses', async () => {
    const network = await worker();
    const { ip } = await pod(network, 0);
    await expect(get(network, ip, 81, '/')).rejects.toMatchObject({ code: 'PEERPOD_ECONNREFUSED' });
  });

  test('5 MiB come back unchanged', async () => {
    const network = await worker();
    const { ip } = await pod(
      network,
      0,
      new Map([[7, (connection: Duplex) => void connection.pipe(connection)]]),
    );
    const socket = network.connect(ip, 7);
    const data = Buffer.alloc(5 << 20);
    for (let i = 0; i < data.length; i += 4) data.writeUInt32LE(Math.imul(i, 2654435761) >>> 0, i);
    const hash = createHash('sha256');
    let size = 0;
    socket.on('data', (chunk: Buffer) => {
      size += chunk.length;
      hash.update(chunk);
    });
    Readable.from([data.subarray(0, 1_000_001), data.subarray(1_000_001)]).pipe(socket);
    await once(socket, 'end');
    expect(size).toBe(data.length);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(data).digest('hex'));
  });

  test('pods are told apart by VNI and reach each other over the bridge', async () => {
    const network = await worker();
    const pods = await Promise.all([0, 1, 2].map((n) => pod(network, n, new Map([[80, http()]]))));
    expect(await Promise.all(pods.map(({ ip }) => get(network, ip, 80, `/${ip}`)))).toEqual(
      pods.map(({ ip }) => `pod says /${ip}`),
    );
    const stream = await pods[0]!.ports.dial!(pods[2]!.ip, 80, AbortSignal.timeout(5000));
    await stream.write(Buffer.from('GET /from-pod-0 HTTP/1.0\r\n\r\n'));
    let answer = '';
    for (let data = await stream.read(4096); data.length > 0; data = await stream.read(4096)) {
      answer += Buffer.from(data).toString();
    }
    stream.end();
    expect(answer).toContain('pod says /from-pod-0');
  });

  test('a VNI is given once', async () => {
    const network = await worker();
    network.addTunnel(555000, { host: '127.0.0.1', port: 9 });
    expect(() => network.addTunnel(555000, { host: '127.0.0.1', port: 9 })).toThrow(
      'A VXLAN device with the specified VNI already exists.',
    );
    expect(() => network.addTunnel(1 << 24, { host: '127.0.0.1', port: 9 })).toThrow(
      /invalid VXLAN id/,
    );
  });
});

test('spoofed and broken datagrams are dropped, counted and disturb nobody', async () => {
  const network = await worker();
  const { ip, socket } = await pod(network, 0);
  const stranger = createSocket('udp4');
  const send = (hex: string): Promise<unknown> =>
    new Promise((resolve) =>
      stranger.send(Buffer.from(hex, 'hex'), socket.port, '127.0.0.1', resolve),
    );
  await send('');
  await send('0800');
  await send('000000000877f800' + '00'.repeat(20));
  await send('080000010877f800' + '00'.repeat(20));
  await send('080000000877ff00' + '00'.repeat(20));
  await network.ping(ip);
  expect(socket.counters.snapshot()).toMatchObject({
    'vxlan-short': 2,
    'vxlan-no-vni-flag': 1,
    'vxlan-reserved-bits': 1,
    'vxlan-unknown-vni': 1,
  });
  // The sender's address is not checked: a stranger's ARP request is answered to the worker.
  await send(
    '080000000877f800ffffffffffff02000000000108060001080006040001020000000001c0a80001000000000000' +
      '0af40115',
  );
  await network.ping(ip);
  stranger.close();
});

describe('faults', () => {
  test('a black hole: the ping times out, and works again afterwards', async () => {
    let broken = true;
    const network = await worker({ fate: () => (broken ? 'drop' : 'deliver') });
    const { ip } = await pod(network, 0);
    await expect(network.ping(ip, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'PEERPOD_PING_TIMEOUT',
    });
    broken = false;
    expect(await network.ping(ip)).toMatchObject({ from: ip });
    expect(network.counters()['fault-dropped-out']).toBeGreaterThan(0);
  });

  test('a delay shows in the round trip', async () => {
    const network = await worker({ fate: (direction) => (direction === 'in' ? 30 : 'deliver') });
    const { ip } = await pod(network, 0);
    await network.ping(ip);
    expect((await network.ping(ip)).ms).toBeGreaterThanOrEqual(25);
  });
});

test.each([
  { change: { interface: '' }, text: 'InterfaceName is not specified' },
  { change: { 'worker-node-ip': '' }, text: 'WorkerNodeIP is not specified' },
  { change: { podip: '' }, text: 'PodIP is not specified' },
  {
    change: { 'tunnel-type': 'geneve' },
    text: 'failed to get tunneler: unknown tunnel type: "geneve"',
  },
  {
    change: { routes: [{ dst: '0.0.0.0/0', gw: '', dev: 'eth0', protocol: 'bgp' }] },
    text: 'unknown route protocol: bgp',
  },
  {
    change: {
      neighbors: [{ ip: '10.0.0.1', 'hw-addr': '0a:58:0a:00:00:01', dev: 'eth0', state: 'stale' }],
    },
    text: 'unknown neighbor state: stale',
  },
])('pod-network is checked: $text', async ({ change, text }) => {
  const socket = opened(await openVxlanSocket({ host: '127.0.0.1', port: 0 }));
  const options = { config: config('10.244.1.21', 555000, change), ports: podPorts(new Map()) };
  expect(() => openPodNetwork(socket, options)).toThrow(text);
  // Nothing is left behind: the VNI is free.
  socket.attach(555000, { host: '127.0.0.1', port: 9 }, () => undefined);
});

test('an occupied port says so', async () => {
  const first = opened(await openVxlanSocket({ host: '127.0.0.1', port: 0 }));
  await expect(openVxlanSocket({ host: '127.0.0.1', port: first.port })).rejects.toMatchObject({
    code: 'PEERPOD_VXLAN_BIND',
  });
});

test('what a delay holds back is bounded', async () => {
  await using socket = await openVxlanSocket({ host: '127.0.0.1', port: 0, fate: () => 3_600_000 });
  const link = socket.attach(1, { host: '127.0.0.1', port: socket.port }, () => undefined);
  for (let n = 0; n < 16_390; n++) link.send(new Uint8Array(60));
  expect(socket.counters.get('fault-queue-full')).toBe(6);
  link.close();
});
