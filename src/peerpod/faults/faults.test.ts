/** Each fault on each port: what the real parts show, what retries do, and what lifting it mends. */
import { afterEach, describe, expect, test } from 'vitest';
import { deferred } from '#base';
import type { RpcClient } from '#rpc';
import { faultyWorker, POD_IP, type FaultyWorker } from '../testdata/faulty-worker.ts';
import { createPodFaults } from './pod-faults.ts';

let path: FaultyWorker | undefined;
afterEach(async () => {
  await path?.close();
  path = undefined;
});

const check = (agent: RpcClient, timeoutMs = 0): Promise<unknown> =>
  agent.call('grpc.Health', 'Check', {}, { timeoutMs });
const ping = (timeoutMs = 5000) => path!.worker.network.ping(POD_IP, { timeoutMs });
const until = async (action: () => Promise<unknown>): Promise<void> => {
  const late = AbortSignal.timeout(20_000);
  while (!(await action().then(Boolean, () => false))) {
    late.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  }
};

const GONE = { code: 2, message: 'ttrpc: closed' };
const HUNG_UP = /: (?:read: connection reset by peer|write: broken pipe|EOF)$/;

describe('15150, from the beginning', () => {
  test.each([
    { fault: 'refuse', line: /dial tcp .*:15150: connect: connection refused$/ },
    { fault: 'reset', line: HUNG_UP },
    { fault: 'cut=100', line: HUNG_UP },
    {
      fault: 'wrong-certificate',
      line: /: tls: failed to verify certificate: x509: certificate signed by unknown authority$/,
    },
  ])('$fault: retried, and the first attempt after it is lifted gets through', async (row) => {
    path = await faultyWorker([`15150:${row.fault}`]);
    const lifted = deferred<undefined>();
    path.onRetry = (n) => {
      if (n === 3) path!.change().then(() => lifted.resolve(undefined), lifted.reject);
    };
    await check(await path.start());
    await lifted.promise;
    expect(path.lines.find((line) => line.startsWith('Retrying'))).toMatch(row.line);
    await ping();
  });

  test.each(['refuse', 'reset', 'black-hole', 'cut=100', 'wrong-certificate'])(
    '%s that stays: PROXY_TIMEOUT ends it',
    async (fault) => {
      path = await faultyWorker([`15150:${fault}`], 300);
      await expect(path.start()).rejects.toMatchObject({
        code: 2,
        message: expect.stringMatching(
          /^error connecting to agent: agent connection is not established: failed to establish agent proxy connection to .*:15150: context deadline exceeded$/,
        ) as string,
      });
      expect(path.worker.machines.size).toBe(0);
    },
  );

  test('late-start: refused for a while, and nobody has to do anything', async () => {
    path = await faultyWorker(['15150:late-start=50ms']);
    await check(await path.start());
    expect(path.lines[0]).toMatch(/connect: connection refused$/);
  });

  test('black-hole: the one attempt hangs, and goes on when it is lifted', async () => {
    path = await faultyWorker(['15150:black-hole']);
    const { worker } = path;
    const starting = path.start();
    await until(() => Promise.resolve([...worker.machines.values()].some((vm) => vm.forwarder)));
    await path.change();
    await check(await starting);
    expect(path.lines.filter((line) => line.startsWith('Retrying'))).toEqual([]);
  });

  test('delay: everything takes that much longer, each way', async () => {
    path = await faultyWorker(['15150:delay=20ms']);
    const agent = await path.start();
    const begun = performance.now();
    await check(agent);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(35);
  });
});

describe('15150, while the pod runs', () => {
  test.each(['refuse', 'wrong-certificate', 'late-start=1h'])(
    '%s: the tunnel stands, only a new one would fail',
    async (fault) => {
      path = await faultyWorker([]);
      const agent = await path.start();
      await path.change(`15150:${fault}`);
      await check(agent);
    },
  );

  test.each(['reset', 'cut=0'])('%s: closed for good, lifted or not', async (fault) => {
    path = await faultyWorker([]);
    const agent = await path.start();
    await path.change(`15150:${fault}`);
    await expect(check(agent)).rejects.toMatchObject(GONE);
    await path.change();
    await expect(check(agent)).rejects.toMatchObject(GONE);
    // The other way into the pod does not know of it.
    await ping();
  });

  test('black-hole: calls run into their deadlines, and the next one passes once it is lifted', async () => {
    path = await faultyWorker([]);
    const agent = await path.start();
    await path.change('15150:black-hole');
    await expect(check(agent, 100)).rejects.toMatchObject({ code: 4 });
    await path.change();
    await check(agent);
  });
});

describe('9000', () => {
  test.each(['refuse', 'black-hole', 'loss=1', 'cut=0'])(
    '%s: no echo, the API is untouched, and all is well once it is lifted',
    async (fault) => {
      path = await faultyWorker([`9000:${fault}`]);
      const agent = await path.start();
      await expect(ping(50)).rejects.toMatchObject({ code: 'PEERPOD_PING_TIMEOUT' });
      await check(agent);
      await path.change();
      await ping();
      await path.change(`9000:${fault}`);
      await expect(ping(50)).rejects.toMatchObject({ code: 'PEERPOD_PING_TIMEOUT' });
    },
  );

  test('late-start: the first echoes are lost', async () => {
    path = await faultyWorker(['9000:late-start=60ms']);
    await path.start();
    await until(() => ping(50));
  });

  test('cut: so many bytes of frames cross, and not one more', async () => {
    path = await faultyWorker([]);
    await path.start();
    await ping();
    await path.change('9000:cut=300');
    // An echo request and its reply are 98 bytes each.
    await ping();
    await expect(ping(50)).rejects.toMatchObject({ code: 'PEERPOD_PING_TIMEOUT' });
  });

  test('delay: shows in the round trip, both ways', async () => {
    path = await faultyWorker(['9000:delay=20ms']);
    await path.start();
    await ping();
    expect((await ping()).ms).toBeGreaterThanOrEqual(35);
  });
});

test('setting a UDP fault counts its bytes from zero', () => {
  const faults = createPodFaults({ udp: { kind: 'cut', afterBytes: 100 } });
  const fate = (bytes: number) => faults.hooks.fate('in', 555000, bytes);
  expect([fate(100), fate(1)]).toEqual(['deliver', 'drop']);
  faults.udp = { kind: 'cut', afterBytes: 100 };
  expect([fate(100), fate(1)]).toEqual(['deliver', 'drop']);
});
