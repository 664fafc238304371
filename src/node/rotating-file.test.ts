import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeEach, afterEach, expect, test } from 'vitest';
import { steppingClock } from '#base';
import { ContainerLogs } from './container-logs.ts';
import { readLog } from './read-log.ts';
import { RotatingFile } from './rotating-file.ts';

const clock = steppingClock(Date.parse('2026-01-02T15:04:05Z'), 0);
let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'katasim-rotate-'))));
afterEach(() => rm(directory, { recursive: true }));

const never = (error: unknown): void => expect.unreachable(String(error));

test('a full file gets the time as its name, older ones are compressed, the oldest go', async () => {
  const file = new RotatingFile(join(directory, '0.log'), {
    maxBytes: 10,
    maxFiles: 3,
    clock,
    onError: never,
  });
  for (const text of ['one-------', 'two-------', 'three-----', 'four']) {
    await file.write(Buffer.from(text));
  }
  await file.close();
  expect((await readdir(directory)).sort()).toEqual([
    '0.log',
    '0.log.20260102-150406.gz',
    '0.log.20260102-150407',
  ]);
  const compressed = await readFile(join(directory, '0.log.20260102-150406.gz'));
  expect(gunzipSync(compressed).toString()).toBe('two-------');
  expect(await readFile(join(directory, '0.log'), 'utf8')).toBe('four');
});

test('a failed write is reported and the next one is tried', async () => {
  const errors: unknown[] = [];
  const file = new RotatingFile(join(directory, 'missing', '0.log'), {
    maxBytes: 10,
    maxFiles: 5,
    clock,
    onError: (error) => errors.push(error),
  });
  await file.write(Buffer.from('a'));
  await file.write(Buffer.from('b'));
  expect(errors).toHaveLength(2);
});

test('a follower goes on in the new file and misses no line', async () => {
  const logs = new ContainerLogs(directory, clock, { limits: { maxBytes: 200, maxFiles: 5 } });
  const { stdout } = logs.sinks('main');
  const over = new AbortController();
  const lines: string[] = [];
  const following = (async () => {
    const log = readLog(logs.pathOf('main'), {
      follow: true,
      signal: over.signal,
      ended: () => Promise.resolve(false),
    });
    for await (const { text } of log) {
      lines.push(text.toString().trim());
      if (lines.length < 20) await stdout(Buffer.from(`line ${lines.length}\n`));
      else over.abort();
    }
  })();
  await stdout(Buffer.from('line 0\n'));
  await following;
  await logs.close();
  expect(lines).toEqual(Array.from({ length: 20 }, (_, i) => `line ${i}`));
  expect((await readdir(join(directory, 'main'))).length).toBeGreaterThan(2);
});
