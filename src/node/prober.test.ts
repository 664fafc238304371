import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { expect, test } from 'vitest';
import { deferred } from '#base';
import { virtualTime } from '#guest';
import { ExecError, type ExecOptions, type ProcessSession } from '#shim';
import { parseManifest } from '#kube';
import { probeOnce } from './probe-once.ts';
import { startProbes, type ProbedPod } from './prober.ts';

/** What each exec does: ends with a code and says something, is refused, or never ends. */
type Outcome = { readonly code: number; readonly says?: string } | 'refused' | 'endless';

function podWith(probes: string, outcomes: (count: number) => Outcome, port?: number) {
  const { pods } = parseManifest(
    `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  terminationGracePeriodSeconds: 2\n  containers: [{name: main, image: busybox, ${probes}}]\n`,
    'pod.yaml',
  );
  const time = virtualTime();
  const exit = deferred<number>();
  const seen = {
    execs: 0,
    signals: [] as number[],
    ready: [] as boolean[],
    events: [] as string[],
  };
  const session = (exitCode: Promise<number>, onSignal?: () => void): ProcessSession => ({
    containerId: 'c',
    execId: 'e',
    exitCode,
    stdinFailure: () => undefined,
    resize: () => Promise.resolve(),
    signal: (number) => {
      seen.signals.push(number);
      onSignal?.();
      return Promise.resolve();
    },
  });
  const exec = ({ stdout }: ExecOptions): Promise<ProcessSession> => {
    const outcome = outcomes(seen.execs++);
    if (outcome === 'refused') {
      const status = { code: 7, message: 'no' };
      const criText = 'failed to exec in container: "ExecProcessRequest is blocked by policy: "';
      return Promise.reject(new ExecError('kubectl', { criText, status, cause: undefined }));
    }
    if (outcome === 'endless') return Promise.resolve(session(new Promise(() => undefined)));
    void stdout?.(Buffer.from(outcome.says ?? ''));
    return Promise.resolve(session(Promise.resolve(outcome.code)));
  };
  const main = {
    name: 'main',
    session: session(exit.promise, () => seen.signals.includes(9) && exit.resolve(137)),
  };
  const pod = {
    sandbox: { pod: pods[0]!, containers: [main], exec },
    podIp: '127.0.0.1',
    connect: () => connect({ host: '127.0.0.1', port: port ?? 9 }),
  } as unknown as ProbedPod;
  const prober = startProbes(pod, {
    timers: time.timers,
    life: {
      containerReady: (_container, ready) => void seen.ready.push(ready),
      event: (_type, reason, message) => void seen.events.push(`${reason}: ${message}`),
    },
  });
  const settle = (): Promise<void> => time.settle();
  const advance = (ms: number): Promise<void> => time.advance(ms);
  return { settle, advance, pod, seen, exit, prober };
}

const EXEC = 'exec: {command: [check]}, periodSeconds: 1';

test('a container without probes is ready at once', async () => {
  const { seen, settle } = podWith('stdin: false', () => ({ code: 0 }));
  await settle();
  expect(seen).toMatchObject({ execs: 0, ready: [true], events: [] });
});

test('readiness follows its thresholds in both directions', async () => {
  const codes = [1, 0, 0, 1, 1, 0];
  const probe = `readinessProbe: {${EXEC}, successThreshold: 2, failureThreshold: 2}`;
  const { seen, settle, advance } = podWith(probe, (count) => ({ code: codes[count] ?? 0 }));
  await settle();
  for (let second = 0; second < 5; second++) await advance(1000);
  expect(seen.execs).toBe(6);
  expect(seen.ready).toEqual([false, true, false]);
});

test('a container that fails its liveness probe is asked to end, then killed, and not started again', async () => {
  const { seen, settle, advance } = podWith(
    `livenessProbe: {${EXEC}, failureThreshold: 2, initialDelaySeconds: 5}`,
    () => ({ code: 1, says: 'not well\n' }),
  );
  await settle();
  await advance(4999);
  expect(seen.execs).toBe(0);
  await advance(1);
  await advance(1000);
  expect(seen.signals).toEqual([15]);
  expect(seen.events).toEqual([
    'Unhealthy: Liveness probe failed: not well\n',
    'Unhealthy: Liveness probe failed: not well\n',
    'Killing: Container main failed liveness probe',
  ]);
  await advance(2000);
  expect(seen.signals).toEqual([15, 9]);
  await advance(10_000);
  expect(seen).toMatchObject({ execs: 2, ready: [true, false] });
});

test('a probe that the policy refuses is no result: startup never passes, nothing is killed', async () => {
  const { seen, settle, advance } = podWith(
    `startupProbe: {${EXEC}, failureThreshold: 1}, livenessProbe: {${EXEC}}`,
    () => 'refused',
  );
  await settle();
  for (let second = 0; second < 20; second++) await advance(1000);
  expect(seen.ready).toEqual([false]);
  expect(seen.signals).toEqual([]);
  expect(new Set(seen.events)).toEqual(
    new Set([
      'Unhealthy: Startup probe errored and resulted in unknown state: rpc error: code = Unknown desc = failed to exec in container: "ExecProcessRequest is blocked by policy: "',
    ]),
  );
});

test('liveness and readiness wait for startup', async () => {
  const { seen, settle, advance } = podWith(
    `startupProbe: {${EXEC}}, readinessProbe: {${EXEC}}`,
    (count) => ({ code: count < 2 ? 1 : 0 }),
  );
  await settle();
  await advance(1000);
  expect(seen).toMatchObject({ execs: 2, ready: [false] });
  await advance(1000);
  await advance(1000);
  expect(seen.ready).toEqual([false, true]);
});

test('a probe that takes too long is a failure, and its process is killed', async () => {
  const { seen, settle, advance } = podWith(
    `livenessProbe: {${EXEC}, timeoutSeconds: 3}`,
    () => 'endless',
  );
  await settle();
  await advance(3000);
  expect(seen.signals).toEqual([9]);
  expect(seen.events).toEqual([
    'Unhealthy: Liveness probe failed: command timed out: "check" timed out after 3s',
  ]);
});

test('nothing is probed once the container or the pod has ended', async () => {
  const { seen, settle, advance, exit, prober } = podWith(`readinessProbe: {${EXEC}}`, () => ({
    code: 0,
  }));
  await settle();
  exit.resolve(0);
  await settle();
  await advance(5000);
  expect(seen).toMatchObject({ execs: 1, ready: [false, true, false] });
  await prober.close();
});

const limits = () => ({
  timeout: new AbortController().signal,
  over: new AbortController().signal,
});

test.each([
  { status: '200 OK', want: { kind: 'success' } },
  { status: '302 Found', want: { kind: 'success' } },
  {
    status: '500 Internal Server Error',
    want: { kind: 'failure', output: 'HTTP probe failed with statuscode: 500' },
  },
])('an HTTP probe answered with $status', async ({ status, want }) => {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      asked.push(data.toString());
      socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { pod, prober } = podWith('tty: false', () => 'refused', port);
  const probe = {
    ...timing,
    action: { kind: 'http', path: '/ok', port: 80, headers: [['X-A', 'b']] },
  } as const;
  expect(await probeOnce(pod, 'main', probe, limits())).toEqual(want);
  expect(asked[0]).toMatch(/^GET \/ok HTTP\/1\.1\r\n/);
  expect(asked[0]).toContain('user-agent: kube-probe/');
  expect(asked[0]).toContain('x-a: b');
  expect(
    await probeOnce(pod, 'main', { ...timing, action: { kind: 'tcp', port: 80 } }, limits()),
  ).toEqual({ kind: 'success' });
  await prober.close();
  server.close();
});

const timing = {
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 1,
};

test('a port that nobody listens on fails in Go’s words', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const { pod } = podWith('tty: false', () => 'refused', port);
  const http = { kind: 'http', path: '/', port: 80, headers: [] } as const;
  expect([
    await probeOnce(pod, 'main', { ...timing, action: http }, limits()),
    await probeOnce(pod, 'main', { ...timing, action: { kind: 'tcp', port: 80 } }, limits()),
  ]).toEqual([
    {
      kind: 'failure',
      output: 'Get "http://127.0.0.1:80/": dial tcp 127.0.0.1:80: connect: connection refused',
    },
    { kind: 'failure', output: 'dial tcp 127.0.0.1:80: connect: connection refused' },
  ]);
});

test('a server that says nothing runs into the time-out', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined)).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const { pod } = podWith('tty: false', () => 'refused', (server.address() as AddressInfo).port);
  const timeout = new AbortController();
  const http = { kind: 'http', path: '/', port: 80, headers: [] } as const;
  const answer = probeOnce(
    pod,
    'main',
    { ...timing, action: http },
    { ...limits(), timeout: timeout.signal },
  );
  timeout.abort();
  expect(await answer).toMatchObject({
    output:
      'Get "http://127.0.0.1:80/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
  });
  server.close();
});

test.each([
  { note: 'a path with a blank', probe: 'path: "/a b"', asked: '/a%20b' },
  { note: 'a path in other letters', probe: 'path: /grün', asked: '/gr%C3%BCn' },
])('$note is escaped, as Go does it', async ({ probe, asked }) => {
  let path: string | undefined;
  const server = createHttpServer((request, response) => {
    path = request.url;
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { pod } = podWith(`readinessProbe: {httpGet: {${probe}, port: 80}}`, () => 'refused', port);
  const { readiness } = pod.sandbox.pod.containers[0]!.probes;
  const never = new AbortController().signal;
  const limits = { timeout: never, over: never };
  expect(await probeOnce(pod, 'main', readiness!, limits)).toEqual({ kind: 'success' });
  expect(path).toBe(asked);
  server.close();
});

test.each([
  { note: 'HTTP', action: 'httpGet: {port: 80}' },
  { note: 'TCP', action: 'tcpSocket: {port: 80}' },
])('$note: a probe that cannot even be begun tells nothing of the container', async (row) => {
  const { pod } = podWith(`readinessProbe: {${row.action}}`, () => 'refused');
  const { readiness } = pod.sandbox.pod.containers[0]!.probes;
  const never = new AbortController().signal;
  const full = {
    ...pod,
    connect: () => {
      throw new Error('there is no room');
    },
  };
  expect(await probeOnce(full, 'main', readiness!, { timeout: never, over: never })).toEqual({
    kind: 'error',
    reason: 'there is no room',
  });
});
