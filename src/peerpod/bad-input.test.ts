/**
 * Two pods on one worker. Whatever a stranger does to the ports of the first, he gets the documented
 * answer, and neither pod notices: their calls and their packets go on.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock, systemRandom } from '#base';
import { dial, listen, type RpcClient } from '#rpc';
import { encodeVxlan, findMethod } from '#wire';
import { createClientCertificate } from './tls/certificates.ts';
import type { AgentEnvironment, PodVmAgent } from './vm/pod-vm.ts';
import { defaultPeerPodsConfig } from './worker/config.ts';
import { createWorker, type Worker } from './worker/worker.ts';

let directory: string;
let worker: Worker;
const clients: RpcClient[] = [];
const agents: RpcClient[] = [];
const IPS = ['10.244.1.21', '10.244.1.22'];

function startAgent({ socketPath }: AgentEnvironment): Promise<PodVmAgent> {
  return listen(`unix://${socketPath}`, {
    services: ['grpc.AgentService', 'grpc.Health'],
    has: (service, method) => findMethod(service, method) !== undefined,
    call: () => Promise.resolve(new Uint8Array()),
  });
}

const connect = async (path: string): Promise<RpcClient> => {
  const client = await dial(`unix://${path}`, { protocol: 'ttrpc' });
  clients.push(client);
  return client;
};
const id = (n: number): string => String(n).repeat(64);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'k-'));
  worker = await createWorker({
    config: {
      ...defaultPeerPodsConfig('libvirt'),
      // Ports of its own: other tests run beside this one.
      forwarderPort: 15277,
      vxlanPort: 9127,
      hypervisorSocket: join(directory, 'h.sock'),
      podsDir: join(directory, 'p'),
    },
    directory: join(directory, 'run'),
    podVm: () => ({ image: { name: 'test', defaultPolicy: '' }, startAgent }),
    waitForBoot: true,
  });
  const shim = await connect(worker.hypervisorSocket);
  for (const n of [1, 2]) {
    const { agentSocketPath } = await shim.call('hypervisor.Hypervisor', 'CreateVM', {
      id: id(n),
      networkNamespacePath: `/run/netns/${n}`,
      annotations: {
        'io.kubernetes.cri.sandbox-name': `web-${n}`,
        'io.kubernetes.cri.sandbox-namespace': 'default',
      },
    });
    await shim.call('hypervisor.Hypervisor', 'StartVM', { id: id(n) });
    agents.push(await connect(agentSocketPath));
  }
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await worker.close();
  await rm(directory, { recursive: true, force: true });
});

async function bothPodsAreWell(): Promise<void> {
  for (const agent of agents) await agent.call('grpc.Health', 'Check', {});
  for (const ip of IPS) expect((await worker.network.ping(ip)).from).toBe(ip);
}

const victim = () => worker.machineOf(id(1))!;
const tunnel = (): { host: string; port: number } => ({
  host: victim().address.host,
  port: victim().forwarder!.port,
});

describe('on TCP 15150', () => {
  /** Why it ended; a refusal of TLS 1.3 comes with the first read. */
  async function handshake(options: ConnectionOptions): Promise<string> {
    const socket = connectTls({ ...tunnel(), rejectUnauthorized: false, ...options });
    let code = 'closed';
    socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code ?? error.message));
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    await ended;
    return code;
  }

  test('a TLS client without a certificate: alert 116 in TLS 1.3, 40 in TLS 1.2', async () => {
    expect(await handshake({})).toBe('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
    expect(await handshake({ maxVersion: 'TLSv1.2' })).toMatch(/ALERT_HANDSHAKE_FAILURE/);
    await bothPodsAreWell();
  });

  test('a TLS client with a foreign certificate', async () => {
    const foreign = await createClientCertificate({ clock: systemClock, random: systemRandom });
    expect(await handshake(foreign)).toMatch(/^closed$|ECONNRESET|ALERT/);
    await bothPodsAreWell();
  });

  test('TLS 1.1: alert 70', async () => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    expect(await handshake(old as ConnectionOptions)).toMatch(/ALERT_PROTOCOL_VERSION/);
    await bothPodsAreWell();
  });

  test.each([
    { note: 'HTTP', bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n') },
    { note: 'ttrpc', bytes: Buffer.from('00000002000000010100080a', 'hex') },
    { note: 'noise', bytes: Buffer.alloc(64 << 10, 0xa5) },
  ])('plain text to the TLS port, $note: hung up on', async ({ bytes }) => {
    const socket = connectTcp(tunnel());
    socket.on('error', () => undefined).resume();
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.write(bytes);
    await ended;
    await bothPodsAreWell();
  });

  test('a hundred that connect and say nothing', async () => {
    const sockets = Array.from({ length: 100 }, () => connectTcp(tunnel()));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    await bothPodsAreWell();
    for (const socket of sockets) socket.destroy();
  });
});

describe('on UDP 9000', () => {
  const arp = (sender: string, target: string): string =>
    `ffffffffffff${sender}08060001080006040001${sender}0af40101000000000000${target}`;
  const frame = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
  const good = encodeVxlan(555000, frame(arp('0a580af40101', '0af40115')));
  const change = (at: number, value: number): Uint8Array => {
    const copy = Uint8Array.from(good);
    copy[at] = value;
    return copy;
  };

  test.each([
    { note: 'nothing', packet: new Uint8Array(), counter: 'vxlan-short' },
    { note: 'a header that is cut', packet: good.subarray(0, 7), counter: 'vxlan-short' },
    { note: 'no I flag', packet: change(0, 0), counter: 'vxlan-no-vni-flag' },
    { note: 'a reserved flag', packet: change(0, 0x0c), counter: 'vxlan-reserved-bits' },
    { note: 'a reserved byte', packet: change(2, 1), counter: 'vxlan-reserved-bits' },
    { note: 'the last reserved byte', packet: change(7, 1), counter: 'vxlan-reserved-bits' },
    { note: 'the VNI of the other pod', packet: change(6, 0xf9), counter: 'vxlan-unknown-vni' },
    { note: 'a frame that is cut', packet: good.subarray(0, 20), counter: 'frame-short' },
    { note: 'ARP that is cut', packet: good.subarray(0, 30), counter: 'arp-bad' },
    { note: 'the worker’s address, spoofed', packet: good, counter: 'arp-received' },
  ])('$note is dropped or taken as by the kernel: $counter', async ({ packet, counter }) => {
    const { vxlan } = victim().address;
    const count = (): number =>
      ({ ...vxlan.counters.snapshot(), ...victim().network?.counters() })[counter] ?? 0;
    // Until each end knows the other's address, their own ARP counts, too.
    await bothPodsAreWell();
    const before = count();
    const stranger = createSocket('udp4');
    await new Promise((sent) => stranger.send(packet, vxlan.port, vxlan.host, sent));
    // Behind it in the same queue: once the ping is answered the datagram has been looked at.
    await bothPodsAreWell();
    stranger.close();
    expect(count()).toBe(before + 1);
    const other = worker.machineOf(id(2))!.address.vxlan.counters.snapshot();
    expect(Object.keys(other).filter((name) => name.startsWith('vxlan-'))).toEqual([]);
  });
});

test('a sandbox that the adaptor refuses, and a broken initdata, leave the others alone', async () => {
  const shim = await connect(worker.hypervisorSocket);
  const request = (annotations: Record<string, string>) => ({
    id: id(3),
    networkNamespacePath: '/run/netns/3',
    annotations: {
      'io.kubernetes.cri.sandbox-name': 'web-3',
      'io.kubernetes.cri.sandbox-namespace': 'default',
      ...annotations,
    },
  });
  const call = (method: 'StartVM' | 'StopVM') =>
    shim.call('hypervisor.Hypervisor', method, { id: id(3) }, { timeoutMs: 300 });
  // TOML that no VM can read: its process-user-data fails, and StartVM ends with the shim's deadline.
  const key = 'io.katacontainers.config.hypervisor.cc_init_data';
  await shim.call('hypervisor.Hypervisor', 'CreateVM', request({ [key]: 'not = [toml' }));
  await expect(call('StartVM')).rejects.toMatchObject({ code: 4 });
  await bothPodsAreWell();
  await call('StopVM').catch(() => undefined);
  await bothPodsAreWell();
});
