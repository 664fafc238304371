/**
 * Bytes from the worker to a port of the pod through the user-space VXLAN tunnel (TCP, IP, Ethernet and
 * VXLAN in this process, UDP sockets of the kernel), against one node:net connection over loopback in the
 * same run. Run: npm run bench:tunnel
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import process from 'node:process';
import { createAddressPool, openPodNetwork, openWorkerNetwork } from '#peerpod';
import type { AsyncStack } from './ways.ts';

export interface TransferFigures {
  readonly name: string;
  readonly megabytesPerSecond: number;
  readonly cpuMsPerMegabyte: number;
}

const PORT = 80;
const POD_IP = '10.244.1.21';
const VNI = 555_000;
const BYTES = 32 << 20;
const PIECE = Buffer.alloc(64 << 10, 'x');

type Send = () => Promise<void>;

export async function measureTransfers(
  stack: AsyncStack,
  rounds: number,
): Promise<readonly TransferFigures[]> {
  const ways: { readonly name: string; readonly send: Send; readonly samples: number[][] }[] = [
    { name: 'node:net over loopback', send: await overLoopback(stack), samples: [] },
    { name: 'user-space VXLAN tunnel', send: await overVxlan(stack), samples: [] },
  ];
  for (let round = -1; round < rounds; round++) {
    for (const { send, samples } of ways) {
      const cpu = process.cpuUsage();
      const start = performance.now();
      await send();
      const ms = performance.now() - start;
      const { user, system } = process.cpuUsage(cpu);
      if (round >= 0) samples.push([ms, (user + system) / 1000]);
    }
  }
  return ways.map(({ name, samples }) => ({
    name,
    megabytesPerSecond: BYTES / 1e3 / median(samples.map(([ms = NaN]) => ms)),
    cpuMsPerMegabyte: median(samples.map(([, cpu = NaN]) => cpu)) / (BYTES / 1e6),
  }));
}

async function overLoopback(stack: AsyncStack): Promise<Send> {
  let arrived = 0;
  let done: (() => void) | undefined;
  const server = createServer((socket) =>
    socket.on('data', (chunk) => {
      arrived += chunk.length;
      if (arrived % BYTES === 0) done?.();
    }),
  );
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  stack.use({
    close: async () => {
      socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return () => transfer(socket, (callback) => (done = callback));
}

async function overVxlan(stack: AsyncStack): Promise<Send> {
  let arrived = 0;
  let done: (() => void) | undefined;
  const pool = createAddressPool({ forwarderPort: 0, vxlanPort: 0 });
  const network = stack.use(await openWorkerNetwork({ host: '127.0.0.1', port: 0 }));
  const pod = stack.use(await pool.claim());
  stack.use(
    openPodNetwork(pod.vxlan, {
      remote: network,
      config: {
        podip: `${POD_IP}/24`,
        'pod-hw-addr': '32:b9:59:6b:f0:d5',
        interface: 'eth0',
        'worker-node-ip': `${network.host}/8`,
        'tunnel-type': 'vxlan',
        routes: [{ dst: '10.244.1.0/24', gw: '', dev: 'eth0', scope: 'link' }],
        neighbors: null,
        mtu: 1450,
        index: 0,
        'vxlan-port': network.port,
        'vxlan-id': VNI,
        dedicated: false,
        'external-net-via-pod-vm': false,
      },
      ports: {
        ports: () => [PORT],
        connect: () => ({
          // The pod's side reads as it comes and never ends by itself.
          read: () => new Promise(() => undefined),
          write: (data) => {
            arrived += data.length;
            if (arrived % BYTES === 0) done?.();
            return Promise.resolve();
          },
          end: () => undefined,
          destroy: () => undefined,
        }),
      },
    }),
  );
  stack.use(network.addTunnel(VNI, { host: pod.vxlan.host, port: pod.vxlan.port }));
  const socket = network.connect(POD_IP, PORT);
  await once(socket, 'connect');
  stack.use({ close: () => Promise.resolve(void socket.destroy()) });
  return () => transfer(socket, (callback) => (done = callback));
}

/** Settles when the last byte has arrived at the other end. */
async function transfer(
  stream: NodeJS.WritableStream,
  onArrival: (callback: () => void) => void,
): Promise<void> {
  const arrival = new Promise<void>((resolve) => onArrival(resolve));
  for (let sent = 0; sent < BYTES; sent += PIECE.length) {
    if (!stream.write(PIECE)) await once(stream, 'drain');
  }
  await arrival;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
