/**
 * The other way round: the kernel as the pod VM's end, set up as the real forwarder does it from apf.json
 * (device, MAC, MTU, address, routes), and our worker's end in user space. A Node server stands for the pod.
 */
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import process from 'node:process';
import { openWorkerNetwork, type WorkerNetwork } from '#peerpod';
import { assert, rate, whyNoNamespace } from './kernel-node.ts';
import { Background, output, run } from './programs.ts';
import type { Report } from './report.ts';

const NETNS = 'kpi-podvm';
const LINK = 'kpi-podvm';
/** The two ends of the link between worker and pod VM; no other test uses them. */
const WORKER = '169.254.140.1';
const POD_VM = '169.254.140.2';
const POD = '10.244.1.21';
const GATEWAY = '10.244.1.1';
const VNI = '555000';
const HTTP = 8080;

export async function kernelPodPeer(report: Report, megabytes: number): Promise<void> {
  const missing = await whyNoNamespace();
  if (missing !== undefined) {
    report.tell('skipped', 'kernel as the pod VM', missing);
    return;
  }
  try {
    await setUp();
    await using network = await openWorkerNetwork({ host: WORKER, port: 9000 });
    await using _tunnel = network.addTunnel(Number(VNI), { host: POD_VM, port: 9000 }, POD);
    await using server = new Background(inside(process.execPath, '-e', SERVER));
    await server.line(/listening/);
    await talk(report, network, megabytes);
  } finally {
    await run(['ip', 'netns', 'del', NETNS]);
    await run(['ip', 'link', 'del', LINK]);
  }
}

const inside = (...words: string[]): string[] => ['ip', 'netns', 'exec', NETNS, ...words];

/** The pod's end of peer-pods as agent-protocol-forwarder makes it, after a link to the worker. */
async function setUp(): Promise<void> {
  const ip = (...words: string[]): Promise<string> => output(['ip', ...words]);
  const pod = (...words: string[]): Promise<string> => ip('-n', NETNS, ...words);
  await ip('netns', 'add', NETNS);
  await ip('link', 'add', LINK, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', NETNS);
  await ip('addr', 'add', `${WORKER}/30`, 'dev', LINK);
  await ip('link', 'set', LINK, 'up');
  await pod('addr', 'add', `${POD_VM}/30`, 'dev', 'uplink');
  await pod('link', 'set', 'uplink', 'up');
  await pod('link', 'set', 'lo', 'up');
  const kind = ['type', 'vxlan', 'id', VNI, 'remote', WORKER, 'dstport', '9000', 'nolearning'];
  await pod('link', 'add', 'vxlan0', ...kind);
  await pod('link', 'set', 'vxlan0', 'name', 'eth0');
  await pod('link', 'set', 'eth0', 'address', '32:b9:59:6b:f0:d5', 'mtu', '1450');
  await pod('addr', 'add', `${POD}/24`, 'dev', 'eth0');
  await pod('link', 'set', 'eth0', 'up');
  await pod('route', 'del', '10.244.1.0/24', 'dev', 'eth0');
  await pod('route', 'add', '10.244.1.0/24', 'dev', 'eth0', 'scope', 'link');
  await pod('route', 'add', 'default', 'via', GATEWAY, 'dev', 'eth0');
}

/** GET /N is N MiB of the letter x, PUT tells the digest of what came. */
const SERVER = `
const hash = require('crypto').createHash;
require('http').createServer((req, res) => {
  if (req.method === 'GET') return res.end(Buffer.alloc(Number(req.url.slice(1)) << 20, 'x'));
  const sum = hash('sha256');
  req.on('data', (data) => sum.update(data)).on('end', () => res.end(sum.digest('hex')));
}).listen(${HTTP}, () => console.log('listening'))`;

async function talk(report: Report, network: WorkerNetwork, megabytes: number): Promise<void> {
  const check = (name: string, action: () => Promise<string | undefined>): Promise<void> =>
    report.check(`kernel as the pod VM, ${name}`, action);
  await check('our pings of 0 to 65507 bytes', async () => {
    const times: string[] = [];
    for (const size of [0, 56, 1422, 1423, 65_507]) {
      const { bytes, ms } = await network.ping(POD, { size });
      assert(bytes === size + 8, `${bytes} bytes came back of ${size + 8}`);
      times.push(`${size}: ${ms.toFixed(1)} ms`);
    }
    return times.join(', ');
  });
  await check('its pings of our gateway', async () => {
    const small = await output(inside('ping', '-n', '-c', '2', '-i', '0.2', GATEWAY));
    const large = await output(inside('ping', '-n', '-c', '2', '-i', '0.2', '-s', '9000', GATEWAY));
    assert(small.includes(' 0% packet loss') && large.includes(' 0% packet loss'), small + large);
    return (await output(['ip', '-n', NETNS, 'neigh', 'show', GATEWAY])).trim();
  });
  await check('a port that nobody listens on', async () => {
    const error = await fetch(network, 'GET', '/', { port: 81 }).catch((thrown: unknown) => thrown);
    const code = (error as { code?: unknown }).code;
    assert(code === 'PEERPOD_ECONNREFUSED', String(error));
    return code;
  });
  const body = Buffer.alloc(megabytes << 20, 'x');
  const wanted = createHash('sha256').update(body).digest('hex');
  await check(`${megabytes} MiB from it`, async () => {
    const started = performance.now();
    const { sha256 } = await fetch(network, 'GET', `/${megabytes}`);
    assert(sha256 === wanted, sha256);
    return rate(body.length, performance.now() - started);
  });
  await check(`${megabytes} MiB to it`, async () => {
    const started = performance.now();
    const { text } = await fetch(network, 'PUT', '/', { body });
    assert(text === wanted, text);
    return rate(body.length, performance.now() - started);
  });
  await check('500 connections at once', async () => {
    const all = await Promise.all(Array.from({ length: 500 }, () => fetch(network, 'GET', '/0')));
    assert(
      all.every(({ status }) => status === 200),
      'some were not answered',
    );
    return undefined;
  });
}

interface Answer {
  readonly status: number;
  readonly sha256: string;
  /** Its first 100 bytes. */
  readonly text: string;
}

function fetch(
  network: WorkerNetwork,
  method: string,
  path: string,
  { port = HTTP, body }: { port?: number; body?: Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const createConnection = () => network.connect(POD, port);
    const call = request({ host: POD, port, method, path, createConnection });
    call.once('error', reject);
    call.once('response', (response) => {
      const hash = createHash('sha256');
      let text = '';
      response.on('data', (data: Buffer) => {
        hash.update(data);
        if (text.length < 100) text += data.subarray(0, 100).toString();
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, sha256: hash.digest('hex'), text }),
      );
    });
    call.end(body);
  });
}
