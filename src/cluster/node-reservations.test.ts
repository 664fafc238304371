/** One node, several processes: who gets a slot, whose stale slot is released, and what is refused. */
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { seededRandom } from '#base';
import { reservationLine, replayReservations, type ReservationEntry } from './reservation-log.ts';
import type * as Reservations from './node-reservations.ts';
import { advertised, demandOf } from '#kube';

const PEER_POD = demandOf({ namespace: 'default', runtimeClassName: 'kata-remote' });
const FULL =
  '0/1 nodes are available: 1 Insufficient kata.peerpods.io/vm. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';

/** What other processes do between choosing a log file and opening it. */
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

// Test files share modules: one loaded before has the real `open`.
vi.resetModules();
const { NodeReservations } = await import('./node-reservations.ts');
type NodeReservations = Reservations.NodeReservations;
type NodeReservationsOptions = Reservations.NodeReservationsOptions;

let directory: string;
const dead = new Set<number>();

beforeEach(async () => {
  dead.clear();
  directory = await mkdtemp(join(tmpdir(), 'ka-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** As one process has it. */
const reservationsOf = (
  pid: number,
  options: Partial<NodeReservationsOptions> = {},
): NodeReservations =>
  new NodeReservations({
    directory,
    self: { pid, started: '1' },
    isRunning: (holder) => !dead.has(holder.pid),
    random: seededRandom(pid),
    ...options,
  });

const place = (reservations: NodeReservations, pod: string, limit: number) =>
  reservations.place(pod, PEER_POD, advertised(limit));

test('a slot belongs to one process until it is released', async () => {
  const [a, b] = [reservationsOf(1), reservationsOf(2)];
  expect((await place(a, 'default/one', 1)).kind).toBe('placed');
  expect(await place(b, 'default/two', 1)).toEqual({ kind: 'unschedulable', message: FULL });
  await a.release('default/one');
  await a.release('default/one');
  expect((await place(b, 'default/two', 1)).kind).toBe('placed');
  expect((await b.list()).map(({ pod, holder }) => [pod, holder.pid])).toEqual([
    ['default/two', 2],
  ]);
});

test('cpu and memory of the overhead count where the node says what it has', async () => {
  const node = { ...advertised(10), cpu: 600, memory: 1 << 30 };
  const reservations = reservationsOf(1);
  for (const pod of ['a', 'b'])
    expect((await reservations.place(pod, PEER_POD, node)).kind).toBe('placed');
  expect(await reservations.place('c', PEER_POD, node)).toMatchObject({
    message: expect.stringContaining('1 Insufficient cpu.') as string,
  });
});

test('the slot of a dead process is free, and its reservation is gone', async () => {
  const [a, b] = [reservationsOf(1), reservationsOf(2)];
  await place(a, 'one', 1);
  dead.add(1);
  expect((await place(b, 'two', 1)).kind).toBe('placed');
  // A process of the same number that is alive again holds nothing.
  dead.delete(1);
  expect((await b.list()).map(({ pod }) => pod)).toEqual(['two']);
  expect((await place(reservationsOf(3), 'three', 1)).kind).toBe('unschedulable');
});

test.each([
  { note: 'in one file', maxBytes: 1 << 20 },
  { note: 'with a new file every few lines', maxBytes: 2000 },
])(
  'of twenty that race for five slots five get one, again and again: $note',
  async ({ maxBytes }) => {
    const processes = Array.from({ length: 20 }, (_, n) => reservationsOf(n + 1, { maxBytes }));
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(processes.map((one) => place(one, 'pod', 5)));
      expect(answers.filter(({ kind }) => kind === 'placed')).toHaveLength(5);
      expect(await reservationsOf(99).list()).toHaveLength(5);
      await Promise.all(processes.map((one) => one.release('pod')));
      expect(await reservationsOf(99).list()).toEqual([]);
    }
  },
);

test('a long log continues in another file; the old one is one line and no draft is left', async () => {
  const reservations = reservationsOf(1, { maxBytes: 1000 });
  await place(reservations, 'kept', 100);
  for (let n = 0; n < 20; n++) {
    await place(reservations, 'pod', 100);
    await reservations.release('pod');
  }
  const files = (await readdir(directory)).sort();
  expect(files.length).toBeGreaterThan(2);
  expect(files.every((name) => /^account\.\d{8}\.jsonl$/.test(name))).toBe(true);
  expect(await readFile(join(directory, files[0] ?? ''), 'utf8')).toBe('{"op":"closed"}\n');
  expect((await reservations.list()).map(({ pod }) => pod)).toEqual(['kept']);
});

test('a slot released while the log moves to another file is free there, too', async () => {
  const [a, b] = [reservationsOf(1), reservationsOf(2, { maxBytes: 100 })];
  await place(a, 'one', 10);
  meanwhile.next = async () => {
    while ((await readdir(directory)).length < 2) {
      await place(b, 'two', 10);
      await b.release('two');
    }
  };
  await a.release('one');
  expect(meanwhile.next).toBeUndefined();
  expect(await b.list()).toEqual([]);
});

describe('a log that cannot be trusted grants no slot', () => {
  test.each([
    { note: 'a line that is no JSON', line: 'garbage', reason: 'the line is not JSON' },
    {
      note: 'an unknown operation',
      line: '{"op":"grow","id":"x"}',
      reason: 'unknown operation "grow"',
    },
    { note: 'an entry without id', line: '{"op":"free"}', reason: 'the entry has no id' },
    { note: 'a list', line: '[]', reason: 'the line is not an entry' },
    {
      note: 'a negative demand',
      line: '{"op":"claim","id":"x","pod":"p","demand":{"cpu":-1},"allocatable":{},"holder":{"pid":1}}',
      reason: 'the reservation has no amounts',
    },
    {
      note: 'a claim of nobody',
      line: '{"op":"claim","id":"x","pod":"p","demand":{},"allocatable":{},"holder":{}}',
      reason: 'the reservation has no holder',
    },
  ])('$note', async ({ line, reason }) => {
    const reservations = reservationsOf(1);
    await place(reservations, 'one', 2);
    const file = join(directory, 'account.00000001.jsonl');
    await appendFile(file, `${line}\n`);
    await expect(place(reservations, 'two', 2)).rejects.toMatchObject({
      code: 'CLUSTER_CORRUPT_ACCOUNT',
      message: expect.stringContaining(reason) as string,
      location: { file, line: 2 },
    });
  });

  test('a line torn by a full disk spoils the next one, which is then refused', async () => {
    const reservations = reservationsOf(1);
    await appendFile(join(directory, 'account.00000001.jsonl'), '{"op":"cla');
    await expect(place(reservations, 'one', 2)).rejects.toMatchObject({
      code: 'CLUSTER_CORRUPT_ACCOUNT',
      location: { line: 1 },
    });
  });

  test('a directory that is a file', async () => {
    const file = join(directory, 'x');
    await writeFile(file, '');
    await expect(place(reservationsOf(1, { directory: file }), 'one', 2)).rejects.toMatchObject({
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
      const lines = steps.map(({ op, id }, n): ReservationEntry => {
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
        .map(reservationLine);
      for (let end = 0; end <= text.length; end++) {
        const { granted } = replayReservations(text.slice(0, end).join(''), 'x');
        expect(granted.size).toBeLessThanOrEqual(limit);
        model.clear();
        for (const { id } of granted.values()) model.add(id);
        expect(model.size).toBe(granted.size);
      }
    }),
  );
});
