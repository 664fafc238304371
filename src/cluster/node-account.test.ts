/** One account, several holders: who gets a place, who gets the place of whom, and what is refused. */
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { seededRandom } from '#base';
import { accountLine, replayAccount, type AccountEntry } from './account-log.ts';
import { NodeAccount, type NodeAccountOptions } from './node-account.ts';
import { advertised, demandOf } from '#kube';

const PEER_POD = demandOf({ namespace: 'default', runtimeClassName: 'kata-remote' });
const FULL =
  '0/1 nodes are available: 1 Insufficient kata.peerpods.io/vm. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';

/** What other processes do between the moment an account has chosen a file and the one it opens it. */
const meanwhile = vi.hoisted(() => ({ next: undefined as (() => Promise<void>) | undefined }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      const { next } = meanwhile;
      meanwhile.next = undefined;
      await next?.();
      return real.open(...args);
    },
  };
});

let directory: string;
const dead = new Set<number>();

beforeEach(async () => {
  dead.clear();
  directory = await mkdtemp(join(tmpdir(), 'ka-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** As one process has it. */
const accountOf = (pid: number, options: Partial<NodeAccountOptions> = {}): NodeAccount =>
  new NodeAccount({
    directory,
    self: { pid, started: '1' },
    isRunning: (holder) => !dead.has(holder.pid),
    random: seededRandom(pid),
    ...options,
  });

const place = (account: NodeAccount, pod: string, limit: number) =>
  account.place(pod, PEER_POD, advertised(limit));

test('a place is one process’s until it is given back', async () => {
  const [a, b] = [accountOf(1), accountOf(2)];
  expect((await place(a, 'default/one', 1)).kind).toBe('placed');
  expect(await place(b, 'default/two', 1)).toEqual({ kind: 'unschedulable', message: FULL });
  await a.release('default/one');
  await a.release('default/one');
  expect((await place(b, 'default/two', 1)).kind).toBe('placed');
  expect((await b.claims()).map(({ pod, holder }) => [pod, holder.pid])).toEqual([
    ['default/two', 2],
  ]);
});

test('cpu and memory of the overhead count where the node says what it has', async () => {
  const node = { ...advertised(10), cpu: 600, memory: 1 << 30 };
  const account = accountOf(1);
  for (const pod of ['a', 'b'])
    expect((await account.place(pod, PEER_POD, node)).kind).toBe('placed');
  expect(await account.place('c', PEER_POD, node)).toMatchObject({
    message: expect.stringContaining('1 Insufficient cpu.') as string,
  });
});

test('the place of a dead process is free, and its claim comes back to nobody', async () => {
  const [a, b] = [accountOf(1), accountOf(2)];
  await place(a, 'one', 1);
  dead.add(1);
  expect((await place(b, 'two', 1)).kind).toBe('placed');
  // A process of the same number that is alive again holds nothing.
  dead.delete(1);
  expect((await b.claims()).map(({ pod }) => pod)).toEqual(['two']);
  expect((await place(accountOf(3), 'three', 1)).kind).toBe('unschedulable');
});

test.each([
  { note: 'in one file', maxBytes: 1 << 20 },
  { note: 'with a new file every few lines', maxBytes: 2000 },
])(
  'of twenty that race for five places five get one, again and again: $note',
  async ({ maxBytes }) => {
    const accounts = Array.from({ length: 20 }, (_, n) => accountOf(n + 1, { maxBytes }));
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(accounts.map((account) => place(account, 'pod', 5)));
      expect(answers.filter(({ kind }) => kind === 'placed')).toHaveLength(5);
      expect(await accountOf(99).claims()).toHaveLength(5);
      await Promise.all(accounts.map((account) => account.release('pod')));
      expect(await accountOf(99).claims()).toEqual([]);
    }
  },
);

test('a long account goes on in another file; the old one is a line and no draft is left', async () => {
  const account = accountOf(1, { maxBytes: 1000 });
  await place(account, 'kept', 100);
  for (let n = 0; n < 20; n++) {
    await place(account, 'pod', 100);
    await account.release('pod');
  }
  const files = (await readdir(directory)).sort();
  expect(files.length).toBeGreaterThan(2);
  expect(files.every((name) => /^account\.\d{8}\.jsonl$/.test(name))).toBe(true);
  expect(await readFile(join(directory, files[0] ?? ''), 'utf8')).toBe('{"op":"closed"}\n');
  expect((await account.claims()).map(({ pod }) => pod)).toEqual(['kept']);
});

test('a place given back just as the account goes on in another file is free there, too', async () => {
  const [a, b] = [accountOf(1), accountOf(2, { maxBytes: 100 })];
  await place(a, 'one', 10);
  meanwhile.next = async () => {
    while ((await readdir(directory)).length < 2) {
      await place(b, 'two', 10);
      await b.release('two');
    }
  };
  await a.release('one');
  expect(meanwhile.next).toBeUndefined();
  expect(await b.claims()).toEqual([]);
});

describe('an account that cannot be trusted gives no place', () => {
  test.each([
    { note: 'a line that is no JSON', line: 'garbage', reason: 'the line is no JSON' },
    { note: 'an unknown operation', line: '{"op":"grow","id":"x"}', reason: 'no operation "grow"' },
    { note: 'an entry without id', line: '{"op":"free"}', reason: 'the entry has no id' },
    { note: 'a list', line: '[]', reason: 'the line is no entry' },
    {
      note: 'a negative demand',
      line: '{"op":"claim","id":"x","pod":"p","demand":{"cpu":-1},"allocatable":{},"holder":{"pid":1}}',
      reason: 'the claim has no amounts',
    },
    {
      note: 'a claim of nobody',
      line: '{"op":"claim","id":"x","pod":"p","demand":{},"allocatable":{},"holder":{}}',
      reason: 'the claim has no holder',
    },
  ])('$note', async ({ line, reason }) => {
    const account = accountOf(1);
    await place(account, 'one', 2);
    const file = join(directory, 'account.00000001.jsonl');
    await appendFile(file, `${line}\n`);
    await expect(place(account, 'two', 2)).rejects.toMatchObject({
      code: 'CLUSTER_CORRUPT_ACCOUNT',
      message: expect.stringContaining(reason) as string,
      location: { file, line: 2 },
    });
  });

  test('a line torn by a full disk spoils the next one, which is then refused', async () => {
    const account = accountOf(1);
    await appendFile(join(directory, 'account.00000001.jsonl'), '{"op":"cla');
    await expect(place(account, 'one', 2)).rejects.toMatchObject({
      code: 'CLUSTER_CORRUPT_ACCOUNT',
      location: { line: 1 },
    });
  });

  test('a directory that is a file', async () => {
    const file = join(directory, 'x');
    await writeFile(file, '');
    await expect(place(accountOf(1, { directory: file }), 'one', 2)).rejects.toMatchObject({
      code: 'CLUSTER_ACCOUNT_UNUSABLE',
    });
  });
});

test('whatever the log says, no more is granted than the node has', () => {
  const entry = fc.oneof(
    fc.record({ op: fc.constant('claim' as const), id: fc.constantFrom('a', 'b', 'c', 'd', 'e') }),
    fc.record({ op: fc.constant('free' as const), id: fc.constantFrom('a', 'b', 'c', 'd', 'e') }),
  );
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 30 }), fc.nat(3), (steps, limit) => {
      const model = new Set<string>();
      const lines = steps.map(({ op, id }, n): AccountEntry => {
        // Ids are never used twice.
        if (op === 'free') return { op, id: `${id}${n}` };
        return {
          op,
          id: `${id}${n}`,
          pod: id,
          demand: PEER_POD,
          allocatable: advertised(limit),
          holder: { pid: 1 },
        };
      });
      const freed = steps.map(({ op }, n) => (op === 'free' ? lines[n - 1] : undefined));
      const text = lines
        .flatMap((line, n) => {
          const before = freed[n];
          return before?.op === 'claim' ? [{ op: 'free' as const, id: before.id }] : [line];
        })
        .map(accountLine);
      for (let end = 0; end <= text.length; end++) {
        const { granted } = replayAccount(text.slice(0, end).join(''), 'x');
        expect(granted.size).toBeLessThanOrEqual(limit);
        model.clear();
        for (const { id } of granted.values()) model.add(id);
        expect(model.size).toBe(granted.size);
      }
    }),
  );
});
