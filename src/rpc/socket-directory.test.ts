import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { makeSocketDirectory } from './socket-directory.ts';

const made: string[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const path of made.splice(0)) await rm(path, { recursive: true, force: true });
});

const shape = { prefix: 'ks-', longest: `pods/${'0'.repeat(64)}/agent.ttrpc` };

/** A TMPDIR of so many bytes. */
async function longTemporary(bytes: number): Promise<string> {
  const base = await mkdtemp(join(tmpdir(), 'katasim-'));
  made.push(base);
  const path = join(base, 'x'.repeat(bytes - base.length - 1));
  await mkdir(path);
  vi.stubEnv('TMPDIR', path);
  return path;
}

test('sockets go below TMPDIR as long as they fit, to the byte', async () => {
  const temporary = await longTemporary(60);
  const room = 103 - temporary.length - '/k-XXXXXX/'.length;
  const directory = await makeSocketDirectory({ prefix: 'k-', longest: 'x'.repeat(room) });
  expect(dirname(directory)).toBe(temporary);
  const other = await makeSocketDirectory({ prefix: 'k-', longest: 'x'.repeat(room + 1) });
  made.push(other);
  expect(dirname(other)).toBe('/tmp');
});

test('a folder that was asked for is not left, and the refusal names TMPDIR', async () => {
  const parent = await longTemporary(60);
  await expect(makeSocketDirectory({ ...shape, parent })).rejects.toMatchObject({
    code: 'RPC_NO_ROOM_FOR_SOCKETS',
    message: `${parent} is too long for unix sockets below it: 60 bytes, 11 fit`,
    hint: expect.stringContaining('TMPDIR') as string,
  });
});
