/** A pod that runs here, reached as another process reaches it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseManifest } from '#kube';
import { podControlAt, servePodControl, type PodControl } from './pod-control.ts';
import type { SimulatedPod } from './simulated-pod.ts';
import { createSimulator } from './simulator.ts';
import type { Simulator } from './simulator-config.ts';

const POLICY = `package agent_policy
${[
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
]
  .map((name) => `default ${name}Request := true`)
  .join('\n')}
`;
const MANIFEST = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec: { containers: [{ name: 'web', image: 'nginx' }] },
});

let directory: string;
let sim: Simulator;
let pod: SimulatedPod;
let control: PodControl;
let server: { close(): Promise<void> };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'katasim-'));
  const [web] = parseManifest(MANIFEST, 'web.yaml').pods;
  sim = await createSimulator({
    imagePolicy: POLICY,
    peerPods: { VXLAN_PORT: '9117', FORWARDER_PORT: '15267' },
    faultsOnDemand: true,
  });
  pod = await sim.runPod(web!);
  const path = join(directory, 'control.sock');
  server = await servePodControl(path, pod);
  control = podControlAt(path);
});
afterAll(async () => {
  await server.close();
  await pod.close();
  await sim.close();
  await rm(directory, { recursive: true, force: true });
});

const get = (stream: Duplex): Promise<string> => {
  stream.write('GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n');
  return text(stream);
};

test('streams to a port of the pod cross the tunnel, several at once', async () => {
  const pages = await Promise.all([1, 2, 3].map(async () => get(await control.connect(80))));
  for (const page of pages) expect(page).toMatch(/^HTTP\/1\.1 200 OK[^]*nginx/);
});

test('a port nobody listens on is refused with the reason', async () => {
  await expect(control.connect(81)).rejects.toMatchObject({
    code: 'PEERPOD_ECONNREFUSED',
    message: `connect ${pod.podIp}:81 over the pod network: connection refused`,
  });
});

test.each([99_999, 0])('port %i is none: refused, and the pod stays', async (port) => {
  await expect(control.connect(port)).rejects.toMatchObject({
    code: 'SIM_ORDER',
    message: `invalid request: CONNECT pod:${port}`,
  });
  expect((await pod.ping()).from).toBe(pod.podIp);
});

test('the doctor names every step of a path that stands', async () => {
  const { ok, findings } = await control.diagnose();
  expect(findings.filter(({ severity }) => severity !== 'ok')).toEqual(
    // The ports of this test are not the usual ones.
    [expect.objectContaining({ message: 'vxlan-port is 9117, not 9000' })],
  );
  expect(ok).toBe(true);
  expect([...new Set(findings.map(({ step }) => step))]).toEqual([
    'user-data',
    'initdata',
    'apf.json',
    'sandbox',
    'address',
    'tls',
    'agent',
    'proxy',
    'vxlan',
    'pod network',
  ]);
  const said = (step: string) => findings.find((one) => one.step === step)?.message;
  expect(said('tls')).toMatch(
    /^TLSv1\.3, TLS_\w+; server certificate of podvm-web-\w{8}, names DNS:podvm-web-\w{8}, by agent-protocol-forwarder, until .*; client certificate: cloud-api-adaptor$/,
  );
  expect(said('pod network')).toMatch(/^64 bytes from 10\.244\.1\.\d+ through the tunnel in /);
});

test('faults come and go; the doctor finds them and says what to do', async () => {
  await control.changeFaults(['15150:refuse', '9000:refuse']);
  const { ok, findings } = await control.diagnose();
  expect(ok).toBe(false);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([
    {
      step: 'address',
      severity: 'error',
      message: expect.stringMatching(/connect: connection refused$/) as string,
      hint: expect.stringContaining('Nothing listens') as string,
      log: expect.stringMatching(/^Retrying failed agent proxy connection: dial tcp /) as string,
    },
    expect.objectContaining({
      step: 'vxlan',
      hint: expect.stringContaining('VXLAN_PORT') as string,
    }),
    expect.objectContaining({ step: 'pod network' }),
  ]);
  // The shim's own connection stands: only new ones are refused.
  expect(findings.find(({ step }) => step === 'proxy')?.severity).toBe('ok');
  await control.changeFaults([]);
  expect((await control.diagnose()).ok).toBe(true);
});

test('a slip in a fault is told as on the command line', async () => {
  await expect(control.changeFaults(['15150:rst'])).rejects.toMatchObject({
    code: 'PEERPOD_FAULT',
    hint: 'Did you mean 15150:reset?',
  });
});

test.each([
  { method: 'GET', path: '/else', body: '' },
  { method: 'PUT', path: '/faults', body: '{}' },
  { method: 'PUT', path: '/faults', body: '[' },
])('$method $path $body is no order, and the pod stays', async ({ method, path, body }) => {
  const status = await new Promise((resolve, reject) => {
    request({ socketPath: join(directory, 'control.sock'), method, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end(body);
  });
  expect(status).toBeGreaterThanOrEqual(400);
  expect((await pod.ping()).from).toBe(pod.podIp);
});

test('a socket that is gone says so', async () => {
  const gone = podControlAt(join(directory, 'gone.sock'));
  await expect(gone.connect(80)).rejects.toMatchObject({ code: 'SIM_NO_CONTROL' });
});
